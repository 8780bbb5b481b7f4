// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a reduction does with two partial results, for those that may be split
// among accumulators and lanes.

#ifndef SINTER_LIB_CODEGEN_CPU_REDUCTION_H
#define SINTER_LIB_CODEGEN_CPU_REDUCTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace sinter::cpu {

/// `accumulator op contribution` with an associative, commutative op.
struct Combiner {
  mlir::Operation *op;
  mlir::Value contribution; ///< a value of the region
  mlir::TypedAttr neutral;  ///< leaves the other operand as it is

  /// How a reduction combines result number `result`; nullopt if it is no
  /// combination of the kinds that are known (an arg-reduction, say).
  static std::optional<Combiner> match(mlir::linalg::GenericOp generic,
                                       unsigned result);

  /// Emits the combination of two values, scalars or vectors of any length.
  mlir::Value combine(mlir::OpBuilder &builder, mlir::Value lhs,
                      mlir::Value rhs) const;
  /// Emits the combination of all lanes, as a tree of fixed shape.
  mlir::Value combineLanes(mlir::OpBuilder &builder, mlir::Value lanes) const;
  /// Whether `init` is known to be full of the neutral element.
  bool isNeutral(mlir::Value init) const;
};

/// Whether a result of a generic has an element for each iteration of its
/// sequential loops.
bool isCumulation(mlir::linalg::GenericOp op, unsigned result);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_REDUCTION_H
