// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each method is one op of arith or math, or a short idiom of them.
#include "MathBuilder.h"

using namespace mlir;
using sinter::MathBuilder;

static bool isDouble(Value value) {
  return getElementTypeOrSelf(value).getIntOrFloatBitWidth() == 64;
}

Type MathBuilder::typeOf(Type element) const {
  if (auto vector = dyn_cast<VectorType>(shape))
    return vector.cloneWith(std::nullopt, element);
  return element;
}

static Value constant(OpBuilder &builder, Location loc, Type type,
                      TypedAttr value) {
  if (auto vector = dyn_cast<VectorType>(type))
    value = SplatElementsAttr::get(vector, value);
  return builder.create<arith::ConstantOp>(loc, value);
}

Value MathBuilder::number(double value, Value like) {
  Type element = getElementTypeOrSelf(like);
  return constant(builder, loc, typeOf(element),
                  builder.getFloatAttr(element, value));
}

Value MathBuilder::integer(int64_t value, Value like) {
  Type element = getElementTypeOrSelf(like);
  return constant(builder, loc, typeOf(element),
                  builder.getIntegerAttr(element, value));
}

Value MathBuilder::add(Value a, Value b) {
  return builder.create<arith::AddFOp>(loc, a, b);
}
Value MathBuilder::sub(Value a, Value b) {
  return builder.create<arith::SubFOp>(loc, a, b);
}
Value MathBuilder::mul(Value a, Value b) {
  return builder.create<arith::MulFOp>(loc, a, b);
}
Value MathBuilder::div(Value a, Value b) {
  return builder.create<arith::DivFOp>(loc, a, b);
}
Value MathBuilder::fma(Value a, Value b, Value c) {
  return builder.create<math::FmaOp>(loc, a, b, c);
}
Value MathBuilder::fma(Value a, double b, Value c) {
  return fma(a, number(b, a), c);
}
Value MathBuilder::abs(Value a) { return builder.create<math::AbsFOp>(loc, a); }
Value MathBuilder::neg(Value a) {
  return builder.create<arith::NegFOp>(loc, a);
}
Value MathBuilder::copySign(Value magnitude, Value sign) {
  return builder.create<math::CopySignOp>(loc, magnitude, sign);
}

Value MathBuilder::polynomial(Value x, ArrayRef<double> coefficients) {
  Value result = number(coefficients.back(), x);
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    result = fma(result, x, number(coefficient, x));
  return result;
}

Value MathBuilder::addInt(Value a, Value b) {
  return builder.create<arith::AddIOp>(loc, a, b);
}
Value MathBuilder::subInt(Value a, Value b) {
  return builder.create<arith::SubIOp>(loc, a, b);
}
Value MathBuilder::andInt(Value a, Value b) {
  return builder.create<arith::AndIOp>(loc, a, b);
}
Value MathBuilder::shiftLeft(Value a, int64_t bits) {
  return builder.create<arith::ShLIOp>(loc, a, integer(bits, a));
}
Value MathBuilder::shiftRight(Value a, int64_t bits) {
  return builder.create<arith::ShRSIOp>(loc, a, integer(bits, a));
}

Value MathBuilder::compare(Compare predicate, Value a, Value b) {
  return builder.create<arith::CmpFOp>(loc, predicate, a, b);
}
Value MathBuilder::compare(Compare predicate, Value a, double b) {
  return compare(predicate, a, number(b, a));
}
Value MathBuilder::both(Value a, Value b) {
  return builder.create<arith::AndIOp>(loc, a, b);
}
Value MathBuilder::select(Value condition, Value a, Value b) {
  return builder.create<arith::SelectOp>(loc, condition, a, b);
}
Value MathBuilder::select(Value condition, double a, Value b) {
  return select(condition, number(a, b), b);
}

// Ordered comparisons are false for NaN, which therefore passes.
Value MathBuilder::atLeast(Value x, double low) {
  return select(compare(Compare::OLT, x, low), low, x);
}
Value MathBuilder::atMost(Value x, double high) {
  return select(compare(Compare::OGT, x, high), high, x);
}
Value MathBuilder::clamp(Value x, double low, double high) {
  return atMost(atLeast(x, low), high);
}

Value MathBuilder::bits(Value floating) {
  Type element =
      isDouble(floating) ? builder.getI64Type() : builder.getI32Type();
  return builder.create<arith::BitcastOp>(loc, typeOf(element), floating);
}
Value MathBuilder::fromBits(Value integer) {
  Type element =
      isDouble(integer) ? builder.getF64Type() : builder.getF32Type();
  return builder.create<arith::BitcastOp>(loc, typeOf(element), integer);
}
Value MathBuilder::toDouble(Value x) {
  return builder.create<arith::ExtFOp>(loc, typeOf(builder.getF64Type()), x);
}
Value MathBuilder::toFloat(Value x) {
  return builder.create<arith::TruncFOp>(loc, typeOf(builder.getF32Type()), x);
}
Value MathBuilder::intToFloat(Value x) {
  Type element = isDouble(x) ? builder.getF64Type() : builder.getF32Type();
  return builder.create<arith::SIToFPOp>(loc, typeOf(element), x);
}

std::pair<Value, Value> MathBuilder::roundToInt(Value x) {
  // 1.5 * 2^p leaves no bit for a fraction: the sum is rounded to an integer,
  // which stands in the low bits.
  double magic = isDouble(x) ? 0x1.8p52 : 0x1.8p23;
  Value shifted = add(x, number(magic, x));
  Value rounded = sub(shifted, number(magic, x));
  return {rounded, bits(shifted)};
}

Value MathBuilder::powerOfTwo(Value n) {
  bool wide = isDouble(n);
  return fromBits(
      shiftLeft(addInt(n, integer(wide ? 1023 : 127, n)), wide ? 52 : 23));
}
