// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One nn.gradient, for passes that expand some of them.
#ifndef SINTER_DIALECT_NN_TRANSFORMS_EXPANDGRADIENT_H
#define SINTER_DIALECT_NN_TRANSFORMS_EXPANDGRADIENT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// Replaces `op` by the ops that compute it. Those before it in its block must
/// be expanded. Fails after a located error per op without a gradient.
mlir::LogicalResult expandGradient(GradientOp op);

/// Whether a gradient of `output` flows into each of `wrt`, values of the entry
/// block of `function`, which may lack its terminator: autodiff is run on a
/// copy. Fails without an error where an op on the way has no gradient.
mlir::FailureOr<llvm::SmallVector<bool>>
findReached(mlir::func::FuncOp function, mlir::Value output,
            mlir::ValueRange wrt);

} // namespace sinter::nn
#endif
