// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One nn.gradient, for passes that expand some of them.
#ifndef SINTER_DIALECT_NN_TRANSFORMS_EXPANDGRADIENT_H
#define SINTER_DIALECT_NN_TRANSFORMS_EXPANDGRADIENT_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// Replaces `op` by the ops that compute it. Those before it in its block must
/// be expanded. Fails after a located error per op without a gradient.
mlir::LogicalResult expandGradient(GradientOp op);

} // namespace sinter::nn
#endif
