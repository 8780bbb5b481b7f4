// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shape rules that inference, gradients and capture share.
#ifndef SINTER_DIALECT_NN_IR_SHAPEUTILS_H
#define SINTER_DIALECT_NN_IR_SHAPEUTILS_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace sinter::nn {

using Shape = llvm::SmallVector<int64_t>;

/// The shape to which both broadcast, aligned at their last dimensions as in
/// PyTorch; nullopt if there is none.
std::optional<Shape> broadcastShapes(llvm::ArrayRef<int64_t> left,
                                     llvm::ArrayRef<int64_t> right);

/// Whether `from` broadcasts to exactly `to`.
bool broadcastsTo(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

/// `shape` without the dimensions `dims`, or with 1 in their places.
Shape reducedShape(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> dims,
                   bool keepdim);

/// The most dimensions of a tensor, as in PyTorch, and its most elements.
constexpr int64_t maxRank = 64, maxElements = int64_t(1) << 40;

/// Whether the type has no more dimensions and elements than that, empty
/// dimensions aside: sums of the bytes of such tensors fit in 64 bits.
bool isCountable(mlir::ShapedType type);

/// Bytes of a tensor or buffer of a countable type; a bool takes one.
int64_t byteSize(mlir::Type type);

/// "[64, 10]", for messages.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

} // namespace sinter::nn
#endif
