// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of indices at run time.
#include "Graph.h"

namespace sinter::capturing {

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
