// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that name bytes of their operand: outside of kernels they cost nothing.
#ifndef SINTER_DIALECT_NN_IR_VIEWS_H
#define SINTER_DIALECT_NN_IR_VIEWS_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// Whether a scan stores a history in the order of time, not of the steps: a
/// reverse scan whose history is only read in that order, by nn.reverse.
bool isStoredInTime(mlir::Value history);

/// Whether the result of `op` is a range of bytes of its operand: nn.reshape,
/// an nn.slice of consecutive elements, and the nn.reverse of a history
/// that is stored in the order of time.
bool isView(mlir::Operation *op);

/// Whether a reshape only adds or drops dimensions of extent 1.
bool isUnitReshape(ReshapeOp op);

/// Where the result of a view starts in its operand, in bytes.
int64_t viewOffset(mlir::Operation *view);

} // namespace sinter::nn
#endif
