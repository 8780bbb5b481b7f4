// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Building of nn ops from shapes that were checked before.
#include "Graph.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

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

std::optional<Shape> broadcastOf(llvm::ArrayRef<int64_t> left,
                                 llvm::ArrayRef<int64_t> right) {
  if (left.size() < right.size())
    std::swap(left, right);
  Shape shape(left);
  size_t offset = left.size() - right.size();
  for (auto [i, extent] : llvm::enumerate(right)) {
    int64_t &result = shape[offset + i];
    if (result == 1)
      result = extent;
    else if (extent != 1 && extent != result)
      return std::nullopt;
  }
  return shape;
}

Shape allDims(int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

Tensor Graph::splat(double value, RankedTensorType type) {
  Attribute element;
  if (auto number = dyn_cast<FloatType>(type.getElementType()))
    element = FloatAttr::get(number, value);
  else
    element = IntegerAttr::get(type.getElementType(), int64_t(value));
  return make<nn::ConstantOp>(DenseElementsAttr::get(type, element));
}

Tensor Graph::integer(int64_t value, Type element) {
  if (isa<FloatType>(element))
    return number(value, element);
  return make<nn::ConstantOp>(DenseElementsAttr::get(
      type({}, element), Attribute(IntegerAttr::get(element, value))));
}

Tensor Graph::iota(llvm::ArrayRef<int64_t> shape, int64_t dim) {
  return make<nn::IotaOp>(type(shape, builder.getI64Type()), dim);
}

Tensor Graph::cast(Tensor x, Type element) {
  if (elementOf(x) == element)
    return x;
  return make<nn::CastOp>(type(shapeOf(x), element), x);
}

Tensor Graph::reshape(Tensor x, llvm::ArrayRef<int64_t> shape) {
  if (shapeOf(x) == shape)
    return x;
  return make<nn::ReshapeOp>(type(shape, elementOf(x)), x);
}

Tensor Graph::broadcast(Tensor x, llvm::ArrayRef<int64_t> shape) {
  if (shapeOf(x) == shape)
    return x;
  return make<nn::BroadcastOp>(type(shape, elementOf(x)), x);
}

Tensor Graph::transpose(Tensor x, llvm::ArrayRef<int64_t> permutation) {
  if (permutation == llvm::ArrayRef<int64_t>(allDims(rankOf(x))))
    return x;
  return make<nn::TransposeOp>(x, permutation);
}

Tensor Graph::swap(Tensor x, int64_t first, int64_t second) {
  Shape permutation = allDims(rankOf(x));
  std::swap(permutation[first], permutation[second]);
  return transpose(x, permutation);
}

Tensor Graph::unsqueeze(Tensor x, int64_t dim) {
  Shape shape(shapeOf(x));
  shape.insert(shape.begin() + dim, 1);
  return reshape(x, shape);
}

Tensor Graph::squeeze(Tensor x, int64_t dim) {
  Shape shape(shapeOf(x));
  shape.erase(shape.begin() + dim);
  return reshape(x, shape);
}

Tensor Graph::slice(Tensor x, int64_t dim, int64_t begin, int64_t end,
                    int64_t stride) {
  Shape starts(rankOf(x), 0), limits(shapeOf(x)), strides(rankOf(x), 1);
  if (begin == 0 && end == limits[dim] && stride == 1)
    return x;
  starts[dim] = begin;
  limits[dim] = end;
  strides[dim] = stride;
  return make<nn::SliceOp>(x, starts, limits, strides);
}

Tensor Graph::concat(llvm::ArrayRef<Tensor> parts, int64_t dim) {
  if (parts.size() == 1)
    return parts.front();
  return make<nn::ConcatOp>(ValueRange(parts), uint64_t(dim));
}

Tensor Graph::reverse(Tensor x, llvm::ArrayRef<int64_t> dims) {
  return make<nn::ReverseOp>(x, dims);
}

Tensor Graph::sum(Tensor x, llvm::ArrayRef<int64_t> dims, bool keepdim) {
  return make<nn::SumOp>(x, dims, keepdim);
}

static int64_t countOver(Tensor x, llvm::ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= shapeOf(x)[dim];
  return count;
}

Tensor Graph::mean(Tensor x, llvm::ArrayRef<int64_t> dims, bool keepdim) {
  return div(sum(x, dims, keepdim), double(countOver(x, dims)));
}

Tensor Graph::variance(Tensor x, Tensor meanKept, llvm::ArrayRef<int64_t> dims,
                       double correction, bool keepdim) {
  Tensor deviation = sub(x, meanKept);
  // As PyTorch: fewer elements than the correction give NaN or infinity.
  double divisor = std::max(0.0, countOver(x, dims) - correction);
  return div(sum(mul(deviation, deviation), dims, keepdim), divisor);
}

Tensor Graph::matmul(Tensor a, Tensor b) {
  bool isRow = rankOf(a) == 1, isColumn = rankOf(b) == 1;
  if (isRow)
    a = unsqueeze(a, 0);
  if (isColumn)
    b = unsqueeze(b, 1);
  Tensor product = make<nn::MatmulOp>(a, b, false, false);
  if (isColumn)
    product = squeeze(product, rankOf(product) - 1);
  if (isRow)
    product = squeeze(product, rankOf(product) - (isColumn ? 1 : 2));
  return product;
}

} // namespace sinter::capturing
