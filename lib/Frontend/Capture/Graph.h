// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for tensors, their types and the builder of nn ops.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_GRAPH_H
#define SINTER_LIB_FRONTEND_CAPTURE_GRAPH_H

#include "sinter/Dialect/NN/IR/Builders.h"
#include <optional>

namespace sinter::capturing {

using Tensor = mlir::Value;
using nn::Shape;

inline mlir::RankedTensorType typeOf(Tensor tensor) {
  return nn::tensorType(tensor);
}
inline llvm::ArrayRef<int64_t> shapeOf(Tensor tensor) {
  return typeOf(tensor).getShape();
}
inline int64_t rankOf(Tensor tensor) { return typeOf(tensor).getRank(); }
inline mlir::Type elementOf(Tensor tensor) {
  return typeOf(tensor).getElementType();
}
inline bool isFloat(Tensor tensor) {
  return mlir::isa<mlir::FloatType>(elementOf(tensor));
}
inline bool isBool(Tensor tensor) { return elementOf(tensor).isInteger(1); }
/// Whether it may index: i64 or i32.
inline bool isIndex(Tensor tensor) {
  return elementOf(tensor).isInteger(64) || elementOf(tensor).isInteger(32);
}

using nn::allDims;
using nn::broadcastShapes;

/// What functions and layers are composed with.
using Graph = nn::TensorBuilder;

/// Checks at run time that indices are in [first, limit) or `ignored`. `what`
/// they are ("labels") is for messages.
nn::CheckIndexOp checkIndices(Graph &graph, Tensor indices,
                              llvm::StringRef what, int64_t limit,
                              int64_t first = 0,
                              std::optional<int64_t> ignored = std::nullopt);

} // namespace sinter::capturing
#endif
