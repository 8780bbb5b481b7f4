// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code on demand for "the value of a tensor at an index": a fused producer
// becomes code at its use and never memory.

#ifndef SINTER_LIB_CODEGEN_CPU_EVALUATOR_H
#define SINTER_LIB_CODEGEN_CPU_EVALUATOR_H

#include "IndexSpace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace sinter::cpu {

/// Emits values of tensors at indexes. A value at a uniform index is a scalar,
/// at a varying one a vector of `lanes` elements or, where it does not depend
/// on the lane, a scalar too. What was emitted is remembered as long as it
/// dominates the insertion point.
class Evaluator {
public:
  using LoopBody =
      llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(
          mlir::AffineExpr iv, mlir::ValueRange carried)>;

  /// Values of one evaluation of a region: block arguments given from outside
  /// (accumulators) and what was already emitted.
  struct Frame {
    Frame() = default;
    Frame(mlir::linalg::GenericOp op, Index iteration)
        : op(op), iteration(std::move(iteration)) {}

    mlir::linalg::GenericOp op;
    Index iteration;
    llvm::DenseMap<mlir::Value, mlir::Value> values;
  };

  Evaluator(mlir::OpBuilder &builder, mlir::func::FuncOp kernel, int64_t lanes);

  mlir::OpBuilder &getBuilder() { return builder; }
  IndexSpace &getSpace() { return space; }
  int64_t getLanes() const { return space.getLanes(); }

  /// The value of `tensor` at `index`.
  mlir::FailureOr<mlir::Value> evaluate(mlir::Value tensor,
                                        llvm::ArrayRef<mlir::AffineExpr> index);
  /// The value that `value`, in the region of `frame`, has in its iteration.
  mlir::FailureOr<mlir::Value> evaluateInRegion(Frame &frame,
                                                mlir::Value value);
  /// Makes `value` the value of `tensor` at `index` while it dominates.
  void bind(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> index,
            mlir::Value value);

  /// Writes `value` to `buffer[index]`; lanes outside the mask are not written.
  mlir::LogicalResult store(mlir::Value value, mlir::Value buffer,
                            llvm::ArrayRef<mlir::AffineExpr> index,
                            mlir::Location loc);
  /// Reads `buffer[index]`; lanes outside the mask are not read.
  mlir::FailureOr<mlir::Value> load(mlir::Value buffer,
                                    llvm::ArrayRef<mlir::AffineExpr> index,
                                    mlir::Location loc);

  /// Emits a loop from `lower` to `upper` and returns what it carries at its
  /// end. A loop that is known to run once or never is no loop. `range` bounds
  /// the induction variable, `multiple` divides it.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  emitLoop(mlir::Location loc, mlir::Value lower, mlir::Value upper,
           int64_t step, Range range, mlir::ValueRange carried, LoopBody body,
           int64_t multiple = 1);
  /// The same from 0 to `extent` in steps of one.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  emitLoop(mlir::Location loc, int64_t extent, mlir::ValueRange carried,
           LoopBody body);

  /// The lanes that are in use; null for all.
  mlir::Value getMask() const { return mask; }
  void setMask(mlir::Value newMask) { mask = newMask; }
  /// Restricts the lanes to the first `count`; all of them if there are so
  /// many.
  void setActiveLanes(int64_t count);

  mlir::Value toLanes(mlir::Value value);
  /// The lanes of `value` that `lanes` has, and zeros.
  mlir::Value selectOrZero(mlir::Value lanes, mlir::Value value,
                           mlir::Location loc);
  bool isLanes(mlir::Value value) const {
    return mlir::isa<mlir::VectorType>(value.getType());
  }
  mlir::VectorType getLanesType(mlir::Type element) const {
    return mlir::VectorType::get(getLanes(), element);
  }
  /// A scalar constant of a float or integer type.
  mlir::Value getScalar(mlir::Type type, double value);
  /// Loads and computed operations so far: a measure for the size of a body.
  int64_t getEmittedCount() const { return emittedCount; }

  void pushScope();
  void popScope();

private:
  using Key = std::pair<mlir::Value, mlir::AffineMap>;
  using Loaded = mlir::FailureOr<mlir::Value>;

  Key getKey(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> index) const;
  Loaded evaluateOp(mlir::Operation *op, mlir::Value tensor,
                    llvm::ArrayRef<mlir::AffineExpr> index);
  Loaded evaluateGeneric(mlir::linalg::GenericOp op, unsigned result,
                         llvm::ArrayRef<mlir::AffineExpr> index);
  Loaded evaluateReduction(mlir::linalg::GenericOp op, unsigned result,
                           llvm::ArrayRef<mlir::AffineExpr> index);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  emitReductionLoops(Frame &frame, llvm::ArrayRef<unsigned> dims,
                     mlir::ValueRange accumulators, bool varies);
  Loaded evaluateConstant(mlir::Operation *op,
                          llvm::ArrayRef<mlir::AffineExpr> index);
  mlir::Value getGlobal(mlir::arith::ConstantOp op,
                        mlir::DenseElementsAttr elements);
  Loaded evaluateArgument(Frame &frame, mlir::BlockArgument argument);
  Loaded evaluateExtract(Frame &frame, mlir::Operation *op);
  std::optional<bool> decideCondition(Frame &frame, mlir::Value condition);
  Loaded evaluateSelect(Frame &frame, mlir::arith::SelectOp op);
  Loaded evaluateSide(Frame &frame, mlir::Value side, mlir::Value lanes,
                      llvm::ArrayRef<Fact> facts);
  Loaded cloneOp(Frame &frame, mlir::Operation *op, unsigned result);
  mlir::Value guardDivisor(mlir::Operation *op, mlir::Value divisor);

  Loaded loadLanes(mlir::Value buffer, llvm::ArrayRef<mlir::AffineExpr> index,
                   mlir::Location loc);
  Loaded gather(mlir::Value buffer, mlir::AffineExpr linear,
                mlir::VectorType type, mlir::Location loc);
  mlir::Value loadPart(mlir::Value buffer, llvm::ArrayRef<mlir::Value> at,
                       mlir::Value partMask, mlir::VectorType type,
                       mlir::Location loc);
  mlir::Value loadShuffled(mlir::Value buffer, mlir::AffineExpr linear,
                           mlir::VectorType type, mlir::Location loc);
  mlir::LogicalResult storeLanes(mlir::Value value, mlir::Value buffer,
                                 llvm::ArrayRef<mlir::AffineExpr> index,
                                 mlir::Location loc);
  void scatter(mlir::Value value, mlir::Value buffer, mlir::AffineExpr linear,
               mlir::Location loc);
  mlir::Value getBytes(mlir::Value buffer);
  mlir::Value getFlat(mlir::Value buffer);
  mlir::Value getOffsets(int64_t stride);
  mlir::Value getFullMask();
  /// A mask of the first `count` lanes.
  mlir::Value getMaskOfFirst(int64_t count);

  mlir::OpBuilder &builder;
  mlir::func::FuncOp kernel;
  IndexSpace space;
  mlir::Value mask;
  int64_t sideDepth = 0; ///< nested sides of choices: nothing is read unmasked
  int64_t emittedCount = 0;
  llvm::SmallVector<llvm::DenseMap<Key, mlir::Value>> memory;
  llvm::DenseMap<mlir::Value, mlir::Value> flatViews, byteViews;
  llvm::DenseMap<mlir::Operation *, mlir::Value> globals;
  llvm::DenseMap<int64_t, mlir::Value> masks;
};

/// Keeps what is emitted in a nested block from being reused after it.
class EvaluatorScope {
public:
  explicit EvaluatorScope(Evaluator &evaluator)
      : evaluator(evaluator), guard(evaluator.getBuilder()),
        mask(evaluator.getMask()) {
    evaluator.pushScope();
  }
  ~EvaluatorScope() {
    evaluator.popScope();
    evaluator.setMask(mask);
  }

private:
  Evaluator &evaluator;
  mlir::OpBuilder::InsertionGuard guard;
  mlir::Value mask;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_EVALUATOR_H
