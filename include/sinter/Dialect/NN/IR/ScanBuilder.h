// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds and rebuilds nn.scan ops, whose operands and results grow while the
// body is written.
#ifndef SINTER_DIALECT_NN_IR_SCANBUILDER_H
#define SINTER_DIALECT_NN_IR_SCANBUILDER_H

#include "mlir/IR/PatternMatch.h"
#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// One scan under construction. Its body is a block of its own until create().
class ScanBuilder {
public:
  /// `lengths` may be null.
  ScanBuilder(mlir::Location location, int64_t steps, bool reverse,
              mlir::Value lengths = {});
  /// Takes the body of `scan`, which the caller erases after create(): results
  /// keep their order, new ones of each kind come after the old ones.
  ScanBuilder(ScanOp scan, mlir::RewriterBase &rewriter);
  ScanBuilder(const ScanBuilder &) = delete;
  ScanBuilder &operator=(const ScanBuilder &) = delete;

  /// Each gives the argument of the body. `x` has the time axis first.
  mlir::Value time() const { return timeArgument; }
  mlir::Value addCarry(mlir::Value init);
  mlir::Value addX(mlir::Value x);
  mlir::Value addInvariant(mlir::Value invariant);

  /// Where ops of the body go.
  mlir::OpBuilder atEnd() {
    mlir::OpBuilder builder(location.getContext());
    builder.setInsertionPointToEnd(block);
    return builder;
  }
  mlir::OpBuilder atStart() {
    mlir::OpBuilder builder(location.getContext());
    builder.setInsertionPointToStart(block);
    return builder;
  }
  mlir::Block &body() { return *block; }

  /// The lengths, which the op will not have; null if there are none.
  mlir::Value takeLengths() { return std::exchange(lengths, {}); }

  /// What a step gives: the carries in the order of addCarry; the others give
  /// their position among the results of their kind.
  void setCarry(unsigned position, mlir::Value next);
  unsigned addY(mlir::Value y);
  unsigned addSum(mlir::Value addend);

  /// Replaces a value of the body, also where a step gives it.
  void replace(mlir::Value value, mlir::Value replacement);
  /// Whether a step gives the value.
  bool isGiven(mlir::Value value) const;

  /// Erases the ops that nothing needs which a step gives.
  void eraseDeadOps(mlir::RewriterBase &rewriter);

  struct Argument {
    mlir::Value outside; ///< operand of the scan
    mlir::Value inside;  ///< argument of the body
  };
  std::vector<Argument> carries, xs, invariants;
  std::vector<mlir::Value> nextCarries, ys, sums;

  /// The op, at the insertion point. Arguments that the body does not use are
  /// dropped, but carries.
  ScanOp create(mlir::OpBuilder &builder);
  /// The same in the place of `scan`, whose body was taken; its results, the
  /// first of each kind, are replaced.
  ScanOp replace(ScanOp scan, mlir::RewriterBase &rewriter);

private:
  mlir::Value addArgument(std::vector<Argument> &list, mlir::Value outside,
                          mlir::Type type);
  void dropUnused(std::vector<Argument> &list);
  /// Moves the ops to `target`, whose arguments are in the op's order.
  void moveBody(mlir::Block &target);

  mlir::Location location;
  int64_t steps;
  bool reverse;
  mlir::Value lengths;
  mlir::NamedAttrList attributes;
  mlir::Region region;
  mlir::Block *block;
  mlir::Value timeArgument;
};

/// The type of `count` tensors of a type, stacked along a new dimension 0.
mlir::RankedTensorType stackedType(mlir::Type type, int64_t count);
/// The type of one of the tensors that are stacked along dimension 0.
mlir::RankedTensorType sliceType(mlir::Type type);

} // namespace sinter::nn
#endif
