// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops on tensors whose dimensions are stored in another order.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_STOREDORDER_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_STOREDORDER_H

#include "sinter/Dialect/NN/IR/Builders.h"

namespace sinter::nn {

/// A tensor that is `value` with its dimensions in another order: its dimension
/// i is dimension order[i] of `value`, the permutation of the nn.transpose that
/// makes it.
struct Stored {
  mlir::Value value;
  llvm::SmallVector<int64_t> order;
};

/// `value` with its dimensions in another order; a reshape where that moves no
/// element.
mlir::Value reorder(TensorBuilder &builder, mlir::Value value,
                    llvm::ArrayRef<int64_t> order);

/// The result of `op`, of which operand number `from` is `source`, computed in
/// the order in which that is stored. Nothing if the op, or this way to store
/// its operand, is none of those that keep dimensions apart.
std::optional<Stored> buildInOrder(TensorBuilder &builder, mlir::Operation *op,
                                   unsigned from, const Stored &source);

} // namespace sinter::nn
#endif
