// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short ways to build nn ops.

#include "sinter/Dialect/NN/IR/Builders.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// `number` as an attribute of a float or integer type.
static Attribute numberOf(Type type, double number) {
  if (isa<FloatType>(type))
    return FloatAttr::get(type, number);
  auto integer = cast<IntegerType>(type);
  if (integer.getWidth() == 1)
    return IntegerAttr::get(type, number != 0);
  return IntegerAttr::get(
      type, APInt(integer.getWidth(),
                  static_cast<uint64_t>(static_cast<int64_t>(number)),
                  /*isSigned=*/true));
}

RankedTensorType nn::tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Shape nn::allDims(int64_t rank) {
  return llvm::to_vector<6>(llvm::seq<int64_t>(0, rank));
}

bool nn::isSplat(Operation *op) {
  auto constant = dyn_cast_or_null<ConstantOp>(op);
  return constant && isa<SplatElementsAttr>(constant.getValue());
}

/// Elements of `x` that are combined into one over `dims`.
static int64_t countOver(Value x, ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= tensorType(x).getDimSize(dim);
  return count;
}

Value TensorBuilder::splat(double number, RankedTensorType type) {
  ElementsAttr value =
      SplatElementsAttr::get(type, numberOf(type.getElementType(), number));
  return create<ConstantOp>(type, value);
}

Value TensorBuilder::integer(int64_t number, Type elementType) {
  if (isa<FloatType>(elementType))
    return scalar(static_cast<double>(number), elementType);
  if (elementType.isInteger(1))
    number = number != 0;
  return create<ConstantOp>(DenseElementsAttr::get(
      type({}, elementType), Attribute(IntegerAttr::get(elementType, number))));
}

Value TensorBuilder::iota(ArrayRef<int64_t> shape, int64_t dim,
                          Type elementType) {
  return create<IotaOp>(
      type(shape, elementType ? elementType : builder.getI64Type()), dim);
}

Value TensorBuilder::cast(Value x, Type elementType) {
  if (tensorType(x).getElementType() == elementType)
    return x;
  return create<CastOp>(type(tensorType(x).getShape(), elementType), x);
}

Value TensorBuilder::mean(Value x, ArrayRef<int64_t> dims, bool keepdim) {
  Type element = tensorType(x).getElementType();
  if (element.getIntOrFloatBitWidth() < 32) // too narrow for a large count
    x = cast(x, builder.getF32Type());
  Value total = sum(x, dims, keepdim);
  return cast(div(total, static_cast<double>(countOver(x, dims))), element);
}

Value TensorBuilder::variance(Value x, Value meanKept, ArrayRef<int64_t> dims,
                              double correction, bool keepdim) {
  Value deviation = sub(x, meanKept);
  // As PyTorch: fewer elements than the correction give NaN or infinity.
  double divisor = std::max(0.0, countOver(x, dims) - correction);
  return div(sum(mul(deviation, deviation), dims, keepdim), divisor);
}

Value TensorBuilder::sumTo(Value x, RankedTensorType type) {
  ArrayRef<int64_t> from = tensorType(x).getShape(), to = type.getShape();
  int64_t leading = from.size() - to.size();
  Shape dims;
  for (int64_t dim = 0; dim < int64_t(from.size()); ++dim)
    if (dim < leading || (to[dim - leading] == 1 && from[dim] != 1))
      dims.push_back(dim);
  return reshape(dims.empty() ? x : sum(x, dims), to);
}

Value TensorBuilder::reshape(Value x, ArrayRef<int64_t> shape) {
  if (tensorType(x).getShape() == shape)
    return x;
  return create<ReshapeOp>(tensorType(x).clone(shape), x);
}

Value TensorBuilder::broadcast(Value x, ArrayRef<int64_t> shape) {
  if (tensorType(x).getShape() == shape)
    return x;
  return create<BroadcastOp>(tensorType(x).clone(shape), x);
}

Value TensorBuilder::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (permutation == ArrayRef<int64_t>(allDims(tensorType(x).getRank())))
    return x;
  return create<TransposeOp>(x, permutation);
}

Value TensorBuilder::swap(Value x, int64_t first, int64_t second) {
  Shape permutation = allDims(tensorType(x).getRank());
  std::swap(permutation[first], permutation[second]);
  return transpose(x, permutation);
}

Value TensorBuilder::slice(Value x, int64_t dim, int64_t begin, int64_t end,
                           int64_t stride) {
  Shape limits(tensorType(x).getShape());
  Shape starts(limits.size(), 0), strides(limits.size(), 1);
  if (begin == 0 && end == limits[dim] && stride == 1)
    return x;
  starts[dim] = begin;
  limits[dim] = end;
  strides[dim] = stride;
  return create<SliceOp>(x, starts, limits, strides);
}

Value TensorBuilder::concat(ArrayRef<Value> parts, int64_t dim) {
  if (parts.size() == 1)
    return parts.front();
  return create<ConcatOp>(ValueRange(parts), uint64_t(dim));
}

Value TensorBuilder::unsqueeze(Value x, int64_t dim) {
  Shape shape(tensorType(x).getShape());
  shape.insert(shape.begin() + dim, 1);
  return reshape(x, shape);
}

Value TensorBuilder::squeeze(Value x, int64_t dim) {
  Shape shape(tensorType(x).getShape());
  shape.erase(shape.begin() + dim);
  return reshape(x, shape);
}

Value TensorBuilder::restoreDims(Value x, ArrayRef<int64_t> shape,
                                 ArrayRef<int64_t> dims) {
  return reshape(x, reducedShape(shape, dims, /*keepdim=*/true));
}
