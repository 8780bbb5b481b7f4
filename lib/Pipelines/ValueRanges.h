// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The numbers that integers of a region can be: what shows that an index stays
// inside of what it indexes.
#ifndef SINTER_LIB_PIPELINES_VALUERANGES_H
#define SINTER_LIB_PIPELINES_VALUERANGES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"

namespace sinter {

/// Ranges of the integers in the body of a generic, found in one pass from its
/// first op to its last.
class ValueRanges {
public:
  explicit ValueRanges(mlir::linalg::GenericOp generic);

  /// The range of an integer or index; that of its type where nothing is known.
  mlir::ConstantIntRanges of(mlir::Value value) const;

  /// Whether a division by `divisor` never traps: it is not 0, and for numbers
  /// with sign not -1 either, or a select puts another number in their place.
  bool isSafeDivisor(mlir::Value divisor, bool isSigned) const;

private:
  void visit(mlir::Operation &op, llvm::ArrayRef<int64_t> loops);
  mlir::ConstantIntRanges ofSelect(mlir::Value condition, mlir::Value whenTrue,
                                   mlir::Value whenFalse) const;
  mlir::ConstantIntRanges refine(mlir::Value condition,
                                 mlir::Value value) const;

  llvm::DenseMap<mlir::Value, mlir::ConstantIntRanges> known;
};

/// From `low` to `high`, both included.
struct Interval {
  int64_t low, high;

  bool isWithin(int64_t first, int64_t last) const {
    return first <= low && high <= last;
  }
};

/// The range of an affine expression of dims, each from 0 to its extent - 1;
/// nothing if a number overflows or the expression is of another kind.
std::optional<Interval> rangeOfExpr(mlir::AffineExpr expr,
                                    llvm::ArrayRef<int64_t> extents);

} // namespace sinter

#endif
