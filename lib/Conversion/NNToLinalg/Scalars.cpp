// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on one element, by PyTorch's rules, for every kind of number.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace sinter::nn {

static bool isUnsigned(NumberKind kind) {
  return kind == NumberKind::Unsigned || kind == NumberKind::Bool;
}

/// Float to integer: truncation. Narrow unsigned results go through 64 bits, so
/// that a negative number wraps around.
static Value castFromFloat(OpBuilder &builder, Location location, Value value,
                           Type to) {
  Type target = signlessType(to);
  if (to.isInteger(1)) {
    Value zero = floatConstant(builder, location, value.getType(), 0.0);
    return builder.create<arith::CmpFOp>(location, arith::CmpFPredicate::UNE,
                                         value, zero);
  }
  if (!to.isUnsignedInteger() || target.getIntOrFloatBitWidth() == 64)
    return builder.create<arith::FPToSIOp>(location, target, value);
  Value wide =
      builder.create<arith::FPToSIOp>(location, builder.getI64Type(), value);
  return builder.create<arith::TruncIOp>(location, target, wide);
}

static Value castBetweenFloats(OpBuilder &builder, Location location,
                               Value value, Type to) {
  unsigned from = value.getType().getIntOrFloatBitWidth(),
           width = to.getIntOrFloatBitWidth();
  if (value.getType() == to)
    return value;
  if (from == width) { // f16 and bf16: neither holds the other's numbers
    value =
        builder.create<arith::ExtFOp>(location, builder.getF32Type(), value);
    return builder.create<arith::TruncFOp>(location, to, value);
  }
  if (from < width)
    return builder.create<arith::ExtFOp>(location, to, value);
  return builder.create<arith::TruncFOp>(location, to, value);
}

static Value castBetweenIntegers(OpBuilder &builder, Location location,
                                 Value value, NumberKind kind, Type to) {
  Type target = signlessType(to);
  if (to.isInteger(1)) {
    Value zero = integerConstant(builder, location, value.getType(), 0);
    return builder.create<arith::CmpIOp>(location, arith::CmpIPredicate::ne,
                                         value, zero);
  }
  unsigned from = value.getType().getIntOrFloatBitWidth(),
           width = target.getIntOrFloatBitWidth();
  if (from == width)
    return value;
  if (from > width)
    return builder.create<arith::TruncIOp>(location, target, value);
  if (isUnsigned(kind))
    return builder.create<arith::ExtUIOp>(location, target, value);
  return builder.create<arith::ExtSIOp>(location, target, value);
}

Value castScalar(OpBuilder &builder, Location location, Value value, Type from,
                 Type to) {
  NumberKind kind = numberKind(from);
  if (from == to)
    return value;
  if (kind == NumberKind::Float)
    return isa<FloatType>(to) ? castBetweenFloats(builder, location, value, to)
                              : castFromFloat(builder, location, value, to);
  if (!isa<FloatType>(to))
    return castBetweenIntegers(builder, location, value, kind, to);
  if (isUnsigned(kind))
    return builder.create<arith::UIToFPOp>(location, to, value);
  return builder.create<arith::SIToFPOp>(location, to, value);
}

Value compareScalar(OpBuilder &builder, Location location, NumberKind kind,
                    ComparePredicate predicate, Value left, Value right) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  static constexpr F floats[] = {F::OEQ, F::UNE, F::OLT,
                                 F::OLE, F::OGT, F::OGE};
  static constexpr I signedIntegers[] = {I::eq,  I::ne,  I::slt,
                                         I::sle, I::sgt, I::sge};
  static constexpr I unsignedIntegers[] = {I::eq,  I::ne,  I::ult,
                                           I::ule, I::ugt, I::uge};
  auto index = static_cast<size_t>(predicate);
  if (kind == NumberKind::Float)
    return builder.create<arith::CmpFOp>(location, floats[index], left, right);
  I integers =
      isUnsigned(kind) ? unsignedIntegers[index] : signedIntegers[index];
  return builder.create<arith::CmpIOp>(location, integers, left, right);
}

Value signScalar(OpBuilder &builder, Location location, NumberKind kind,
                 Value value) {
  Type type = value.getType();
  if (kind == NumberKind::Bool)
    return value;
  Value zero = numberConstant(builder, location, type, 0),
        one = numberConstant(builder, location, type, 1);
  Value above =
      compareScalar(builder, location, kind, ComparePredicate::gt, value, zero);
  if (kind == NumberKind::Unsigned)
    return builder.create<arith::SelectOp>(location, above, one, zero);
  Value minusOne = numberConstant(builder, location, type, -1);
  Value below =
      compareScalar(builder, location, kind, ComparePredicate::lt, value, zero);
  Value rest = builder.create<arith::SelectOp>(location, below, minusOne, zero);
  return builder.create<arith::SelectOp>(location, above, one, rest);
}

Value absScalar(OpBuilder &builder, Location location, NumberKind kind,
                Value value) {
  if (kind == NumberKind::Float)
    return builder.create<math::AbsFOp>(location, value);
  return isUnsigned(kind)
             ? value
             : builder.create<math::AbsIOp>(location, value).getResult();
}

template <typename Float, typename Signed, typename Unsigned, typename Bool>
static Value buildByKind(OpBuilder &builder, Location location, NumberKind kind,
                         Value left, Value right) {
  switch (kind) {
  case NumberKind::Float:
    return builder.create<Float>(location, left, right);
  case NumberKind::Signed:
    return builder.create<Signed>(location, left, right);
  case NumberKind::Unsigned:
    return builder.create<Unsigned>(location, left, right);
  case NumberKind::Bool:
    return builder.create<Bool>(location, left, right);
  }
  llvm_unreachable("all kinds of numbers are handled");
}

Value arithmeticScalar(OpBuilder &builder, Location location,
                       Arithmetic arithmetic, NumberKind kind, Value left,
                       Value right) {
  using namespace mlir::arith;
  switch (arithmetic) {
  case Arithmetic::Add:
    return buildByKind<AddFOp, AddIOp, AddIOp, OrIOp>(builder, location, kind,
                                                      left, right);
  case Arithmetic::Multiply:
    return buildByKind<MulFOp, MulIOp, MulIOp, AndIOp>(builder, location, kind,
                                                       left, right);
  case Arithmetic::Maximum:
    return buildByKind<MaximumFOp, MaxSIOp, MaxUIOp, OrIOp>(builder, location,
                                                            kind, left, right);
  case Arithmetic::Minimum:
    return buildByKind<MinimumFOp, MinSIOp, MinUIOp, AndIOp>(builder, location,
                                                             kind, left, right);
  }
  llvm_unreachable("all arithmetic is handled");
}

Value neutralScalar(OpBuilder &builder, Location location,
                    Arithmetic arithmetic, NumberKind kind, Type type) {
  if (arithmetic == Arithmetic::Add || arithmetic == Arithmetic::Multiply)
    return numberConstant(builder, location, type,
                          arithmetic == Arithmetic::Multiply);
  bool maximum = arithmetic == Arithmetic::Maximum;
  if (auto floatType = dyn_cast<FloatType>(type)) {
    APFloat infinity =
        APFloat::getInf(floatType.getFloatSemantics(), /*Negative=*/maximum);
    return builder.create<arith::ConstantOp>(
        location, builder.getFloatAttr(type, infinity));
  }
  unsigned width = type.getIntOrFloatBitWidth();
  APInt extreme =
      isUnsigned(kind)
          ? (maximum ? APInt::getZero(width) : APInt::getAllOnes(width))
          : (maximum ? APInt::getSignedMinValue(width)
                     : APInt::getSignedMaxValue(width));
  return builder.create<arith::ConstantOp>(
      location, builder.getIntegerAttr(type, extreme));
}

} // namespace sinter::nn
