// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation of blocks and of ops with bodies. Knows
// interfaces, no dialect.
#ifndef SINTER_AUTODIFF_DIFFERENTIATE_H
#define SINTER_AUTODIFF_DIFFERENTIATE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace sinter {

/// The ops that gradients of `output` with respect to `wrt` go through, in
/// program order, with a rule or without. All values are of one block.
llvm::SmallVector<mlir::Operation *> findGradientPath(mlir::Value output,
                                                      mlir::ValueRange wrt);

/// Builds at the insertion point of `builder` the gradients of `output` with
/// respect to `wrt`, given the gradient `seed` of the output itself (of its
/// type). `output` and `wrt` must be values of the builder's block that
/// dominate the insertion point. A value that `output` does not depend on gets
/// a zero. Contributions to a value are added in reverse order of its uses.
///
/// Fails if an op on a path from `wrt` to `output` is neither differentiable
/// nor declared NotDifferentiable; all such ops are reported, each at its
/// location, before anything is built.
llvm::FailureOr<llvm::SmallVector<mlir::Value>>
differentiate(mlir::OpBuilder &builder, mlir::Value output, mlir::Value seed,
              mlir::ValueRange wrt);

/// The same for several outputs, each with the gradient that flows into it or
/// null; null where nothing flows into a variable.
llvm::FailureOr<llvm::SmallVector<mlir::Value>>
differentiateValues(mlir::OpBuilder &builder, mlir::ValueRange outputs,
                    llvm::ArrayRef<mlir::Value> seeds, mlir::ValueRange wrt);

} // namespace sinter
#endif
