// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A `for` whose steps are alike is one nn.scan: its body is captured once, with
// a step that stands for all.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_LOOP_H
#define SINTER_LIB_FRONTEND_CAPTURE_LOOP_H

#include "Interpreter.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"
#include "llvm/ADT/MapVector.h"

namespace sinter::capturing {

/// The body of a loop while it is captured for all steps at once. Ops are built
/// in the body and read values from outside as they are; create() makes them
/// operands of the scan.
class LoopBody {
public:
  /// `outside` builds before the loop, in the body of the loop `around` it or,
  /// if that is null, in none.
  LoopBody(const Graph &outside, LoopBody *around, int64_t steps)
      : outside(outside), around(around), steps(steps),
        scan(outside.location, steps, /*reverse=*/false) {}

  bool isInside(Tensor value) { return value.getParentBlock() == &scan.body(); }
  /// The step as an i64 of rank 0, in the body.
  Tensor timeOf(Graph &graph, LoopTime time);
  /// `x` at the index `time` of a dim, which goes; null if an index is out of
  /// range, if indices count from both ends, or if x depends on the step.
  Tensor sliceAt(Tensor x, int64_t dim, LoopTime time);
  /// The same tensor, built before the loop; null if it depends on the step.
  Tensor hoist(Tensor x);
  /// What `sliceAt` and `hoist` know so far, and a return to that.
  LoopBodyMark mark() const { return {slices.size(), hoisted.size()}; }
  void rollBack(LoopBodyMark mark) {
    slices.resize(mark.slices);
    while (hoisted.size() > mark.hoisted)
      hoisted.pop_back();
  }
  /// The scan, built by `outside`: all that the body reads becomes an operand.
  nn::ScanOp create();

  Graph outside;
  LoopBody *const around;
  const int64_t steps;
  int64_t errorsBefore = 0; ///< of the session: with more the attempt fails
  /// Names of this frame: those from outside that the body binds, but not yet
  /// in this step, those of them that the step has read, and what it has bound.
  const Frame *frame = nullptr;
  std::set<std::string> unbound, carried, boundNames;
  nn::ScanBuilder scan;

private:
  Tensor inside(Tensor value);
  void hoistOp(Tensor value, mlir::Operation *op);
  Tensor outsideOf(Tensor value) {
    return isInside(value) ? hoisted.lookup(value) : value;
  }
  std::vector<std::pair<unsigned, nn::CheckIndexOp>> takeChecks();

  struct Slice {
    Tensor x;
    int64_t dim;
    LoopTime time;
    Tensor slice;
  };
  std::vector<Slice> slices;
  /// Values of the body by what is the same before it; null where they depend
  /// on the step.
  llvm::MapVector<Tensor, Tensor> hoisted;
  llvm::DenseMap<Tensor, Tensor> constants; ///< of outside, by copies
};

/// One `for` while it runs.
class ForLoop {
public:
  ForLoop(Interpreter &in, const ast::ForStmt &stmt, int64_t begin,
          int64_t end);
  /// Runs all steps; gives what they yield.
  Value run();

private:
  /// What became of an attempt to capture one body for many steps.
  enum class Outcome : uint8_t {
    Captured,
    NamesChange,  ///< in kind or type from the step before
    StateChanges, ///< of segments that are now in `changedState`
    StepsDiffer   ///< in more than values of tensors
  };

  void runStep(int64_t number);
  Outcome captureRest(int64_t first);
  DrawTime drawTime(int64_t step, Tensor inner, Graph &graph) const;
  void countDraws();
  Value result();
  Value collected(std::vector<Value> &items, Tensor rest);

  Interpreter &in;
  const ast::ForStmt &stmt;
  const int64_t begin, end;
  const std::set<std::string> bound; ///< names that the body binds
  const DrawTime outerTime;
  /// How often each place of the program had drawn before, and has after the
  /// steps so far: all steps draw by the same ids.
  std::map<std::string, int64_t> drawsBefore, drawsAfter;
  std::vector<std::string> changedState;
  /// Of each position of `yield`: what single steps gave, then the others.
  std::vector<std::vector<Value>> yields;
  std::vector<Tensor> stacked;

  friend class BodyCapture;
};

/// The names that a block binds.
std::set<std::string> namesBoundIn(const ast::Block &block);
/// Whether the function reads the name outside of the block.
bool isReadOutside(Session &session, const ast::FunctionDecl &function,
                   const ast::Block &block, llvm::StringRef name);

} // namespace sinter::capturing
#endif
