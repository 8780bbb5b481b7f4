// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generics with broadcasting and the constants they need.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace sinter::nn {

NumberKind numberKind(Type elementType) {
  if (isa<FloatType>(elementType))
    return NumberKind::Float;
  if (elementType.isInteger(1))
    return NumberKind::Bool;
  return elementType.isUnsignedInteger() ? NumberKind::Unsigned
                                         : NumberKind::Signed;
}

Type signlessType(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  return integer ? IntegerType::get(type.getContext(), integer.getWidth())
                 : type;
}

RankedTensorType loweredType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape(),
                               signlessType(tensor.getElementType()));
}

Value floatConstant(OpBuilder &builder, Location location, Type type,
                    double value) {
  return builder.create<arith::ConstantOp>(location,
                                           builder.getFloatAttr(type, value));
}

Value integerConstant(OpBuilder &builder, Location location, Type type,
                      int64_t value) {
  return builder.create<arith::ConstantOp>(location,
                                           builder.getIntegerAttr(type, value));
}

Value numberConstant(OpBuilder &builder, Location location, Type type,
                     double value) {
  if (isa<FloatType>(type))
    return floatConstant(builder, location, type, value);
  return integerConstant(builder, location, type,
                         type.isInteger(1) ? value != 0
                                           : static_cast<int64_t>(value));
}

Value emptyTensor(OpBuilder &builder, Location location,
                  RankedTensorType type) {
  return builder.create<tensor::EmptyOp>(location, type.getShape(),
                                         type.getElementType());
}

Value filledTensor(OpBuilder &builder, Location location, RankedTensorType type,
                   Value scalar) {
  Value empty = emptyTensor(builder, location, type);
  return builder.create<linalg::FillOp>(location, scalar, empty).getResult(0);
}

AffineMap broadcastMap(MLIRContext *context, ArrayRef<int64_t> shape,
                       ArrayRef<int64_t> extents, unsigned loops) {
  SmallVector<AffineExpr> indices;
  size_t missing = extents.size() - shape.size();
  for (auto [position, extent] : llvm::enumerate(shape)) {
    bool repeats = extent == 1 && extents[missing + position] != 1;
    indices.push_back(repeats ? getAffineConstantExpr(0, context)
                              : getAffineDimExpr(missing + position, context));
  }
  return AffineMap::get(loops, 0, indices, context);
}

/// The scalar of a constant splat, or null.
static TypedAttr splatScalar(Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)))
    return {};
  return cast<TypedAttr>(splat.getSplatValue<Attribute>());
}

Value buildParallel(OpBuilder &builder, Location location,
                    RankedTensorType result, ValueRange operands,
                    ArrayRef<AffineMap> maps, ScalarBody body) {
  SmallVector<TypedAttr> scalars;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> readingMaps;
  for (auto [operand, map] : llvm::zip_equal(operands, maps)) {
    scalars.push_back(splatScalar(operand));
    if (scalars.back())
      continue;
    inputs.push_back(operand);
    readingMaps.push_back(map);
  }
  readingMaps.push_back(builder.getMultiDimIdentityMap(result.getRank()));
  SmallVector<utils::IteratorType> iterators(result.getRank(),
                                             utils::IteratorType::parallel);
  Value empty = emptyTensor(builder, location, result);
  auto generic = builder.create<linalg::GenericOp>(
      location, result, inputs, empty, readingMaps, iterators,
      [&](OpBuilder &inner, Location innerLocation, ValueRange elements) {
        SmallVector<Value> values;
        for (TypedAttr scalar : scalars) {
          values.push_back(
              scalar ? inner.create<arith::ConstantOp>(innerLocation, scalar)
                           .getResult()
                     : elements.front());
          elements = scalar ? elements : elements.drop_front();
        }
        inner.create<linalg::YieldOp>(innerLocation,
                                      body(inner, innerLocation, values));
      });
  return generic.getResult(0);
}

Value buildElementwise(OpBuilder &builder, Location location,
                       RankedTensorType result, ValueRange operands,
                       ScalarBody body) {
  SmallVector<AffineMap> maps;
  for (Value operand : operands)
    maps.push_back(broadcastMap(builder.getContext(), shapeOf(operand),
                                result.getShape(), result.getRank()));
  return buildParallel(builder, location, result, operands, maps, body);
}

SmallVector<Value> loopIndices(OpBuilder &builder, Location location,
                               int64_t rank) {
  SmallVector<Value> indices;
  for (int64_t dim = 0; dim < rank; ++dim)
    indices.push_back(builder.create<linalg::IndexOp>(location, dim));
  return indices;
}

} // namespace sinter::nn
