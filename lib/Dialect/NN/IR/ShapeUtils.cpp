// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shape rules that inference, gradients and capture share.

#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace sinter::nn {

std::optional<Shape> broadcastShapes(llvm::ArrayRef<int64_t> left,
                                     llvm::ArrayRef<int64_t> right) {
  if (left.size() < right.size())
    std::swap(left, right);
  Shape result(left);
  for (size_t i = 1; i <= right.size(); ++i) {
    int64_t &extent = result[left.size() - i];
    int64_t other = right[right.size() - i];
    if (extent == 1)
      extent = other;
    else if (other != 1 && other != extent)
      return std::nullopt;
  }
  return result;
}

bool broadcastsTo(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to) {
  std::optional<Shape> both = broadcastShapes(from, to);
  return both && llvm::ArrayRef<int64_t>(*both) == to;
}

Shape reducedShape(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> dims,
                   bool keepdim) {
  Shape result;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    if (!llvm::is_contained(dims, int64_t(dim)))
      result.push_back(extent);
    else if (keepdim)
      result.push_back(1);
  }
  return result;
}

bool isCountable(mlir::ShapedType type) {
  if (type.getRank() > maxRank)
    return false;
  int64_t count = 1;
  for (int64_t extent : type.getShape()) {
    if (extent < 0 || extent > maxElements / count)
      return false;
    count *= std::max<int64_t>(extent, 1);
  }
  return true;
}

int64_t byteSize(mlir::Type type) {
  auto shaped = mlir::cast<mlir::ShapedType>(type);
  int64_t bits = shaped.getElementType().getIntOrFloatBitWidth();
  return shaped.getNumElements() * llvm::divideCeil(bits, 8);
}

std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "[";
  llvm::interleaveComma(shape, os);
  os << "]";
  return text;
}

} // namespace sinter::nn
