// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes of tensors that fit.
#include "Graph.h"
#include "llvm/Support/MathExtras.h"

namespace sinter::capturing {

std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  // Below 2^48 elements every byte offset fits in 64 bits.
  for (int64_t extent : shape)
    if (extent < 0 || llvm::MulOverflow(count, extent, count) ||
        count > (int64_t(1) << 48))
      return std::nullopt;
  return count;
}

nn::CheckIndexOp checkIndices(Graph &graph, Tensor indices,
                              llvm::StringRef what, int64_t limit,
                              int64_t first, std::optional<int64_t> ignored) {
  auto attribute = [&](std::optional<int64_t> value) {
    return value ? graph.builder.getI64IntegerAttr(*value)
                 : mlir::IntegerAttr();
  };
  return graph.create<nn::CheckIndexOp>(
      indices, first ? attribute(first) : mlir::IntegerAttr(), attribute(limit),
      attribute(ignored), /*descending=*/mlir::UnitAttr(),
      graph.builder.getStringAttr(what), /*input=*/mlir::StringAttr(),
      /*part=*/mlir::UnitAttr());
}

} // namespace sinter::capturing
