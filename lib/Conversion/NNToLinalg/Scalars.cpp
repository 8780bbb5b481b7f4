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
  Value rest = builder.create<arith::SelectOp>(location, below, minusOne,
                                               value); // 0 and NaN stay
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

namespace {
/// Quotient and remainder toward zero of integers that cannot trap.
struct IntegerDivision {
  Value quotient, remainder, isZero, isMinusOne;
};
} // namespace

static IntegerDivision divideIntegers(OpBuilder &builder, Location location,
                                      NumberKind kind, Value left,
                                      Value right) {
  Type type = right.getType();
  Value one = integerConstant(builder, location, type, 1),
        zero = integerConstant(builder, location, type, 0);
  IntegerDivision result;
  result.isZero = builder.create<arith::CmpIOp>(
      location, arith::CmpIPredicate::eq, right, zero);
  Value unsafe = result.isZero;
  if (kind == NumberKind::Signed) {
    Value minusOne = integerConstant(builder, location, type, -1);
    result.isMinusOne = builder.create<arith::CmpIOp>(
        location, arith::CmpIPredicate::eq, right, minusOne);
    unsafe = builder.create<arith::OrIOp>(location, unsafe, result.isMinusOne);
  }
  Value divisor = builder.create<arith::SelectOp>(location, unsafe, one, right);
  if (kind == NumberKind::Signed) {
    result.quotient = builder.create<arith::DivSIOp>(location, left, divisor);
    result.remainder = builder.create<arith::RemSIOp>(location, left, divisor);
  } else {
    result.quotient = builder.create<arith::DivUIOp>(location, left, divisor);
    result.remainder = builder.create<arith::RemUIOp>(location, left, divisor);
  }
  return result;
}

/// Whether a remainder toward zero is not 0 and has not the divisor's sign:
/// then the floor is one lower.
static Value needsAdjustment(OpBuilder &builder, Location location,
                             NumberKind kind, Value remainder, Value divisor) {
  Value zero = numberConstant(builder, location, divisor.getType(), 0);
  Value notZero = compareScalar(builder, location, kind, ComparePredicate::ne,
                                remainder, zero);
  Value below = compareScalar(builder, location, kind, ComparePredicate::lt,
                              remainder, zero);
  Value divisorBelow = compareScalar(builder, location, kind,
                                     ComparePredicate::lt, divisor, zero);
  Value differ = builder.create<arith::XOrIOp>(location, below, divisorBelow);
  return builder.create<arith::AndIOp>(location, notZero, differ);
}

static Value floorDivideIntegers(OpBuilder &builder, Location location,
                                 NumberKind kind, Value left, Value right) {
  IntegerDivision division =
      divideIntegers(builder, location, kind, left, right);
  Value zero = integerConstant(builder, location, right.getType(), 0);
  Value floor = division.quotient;
  if (kind == NumberKind::Signed) {
    Value one = integerConstant(builder, location, right.getType(), 1);
    Value lower = builder.create<arith::SubIOp>(location, floor, one);
    Value adjust =
        needsAdjustment(builder, location, kind, division.remainder, right);
    floor = builder.create<arith::SelectOp>(location, adjust, lower, floor);
    Value negated = builder.create<arith::SubIOp>(location, zero, left);
    floor = builder.create<arith::SelectOp>(location, division.isMinusOne,
                                            negated, floor);
  }
  return builder.create<arith::SelectOp>(location, division.isZero, zero,
                                         floor);
}

/// PyTorch's order of operations: the quotient from the exact remainder,
/// rounded to the nearest integer below.
static Value floorDivideFloats(OpBuilder &builder, Location location,
                               Value left, Value right) {
  Type type = left.getType();
  auto constant = [&](double value) {
    return floatConstant(builder, location, type, value);
  };
  Value remainder = builder.create<arith::RemFOp>(location, left, right);
  Value difference = builder.create<arith::SubFOp>(location, left, remainder);
  Value quotient = builder.create<arith::DivFOp>(location, difference, right);
  Value lower = builder.create<arith::SubFOp>(location, quotient, constant(1));
  Value adjust =
      needsAdjustment(builder, location, NumberKind::Float, remainder, right);
  quotient = builder.create<arith::SelectOp>(location, adjust, lower, quotient);
  Value floor = builder.create<math::FloorOp>(location, quotient);
  Value above = builder.create<arith::AddFOp>(location, floor, constant(1));
  Value rest = builder.create<arith::SubFOp>(location, quotient, floor);
  Value far = builder.create<arith::CmpFOp>(location, arith::CmpFPredicate::OGT,
                                            rest, constant(0.5));
  floor = builder.create<arith::SelectOp>(location, far, above, floor);
  Value exact = builder.create<arith::DivFOp>(location, left, right);
  Value signedZero =
      builder.create<math::CopySignOp>(location, constant(0), exact);
  Value isZero = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::OEQ, quotient, constant(0));
  floor = builder.create<arith::SelectOp>(location, isZero, signedZero, floor);
  Value byZero = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::OEQ, right, constant(0));
  return builder.create<arith::SelectOp>(location, byZero, exact, floor);
}

Value floorDivideScalar(OpBuilder &builder, Location location, NumberKind kind,
                        Value left, Value right) {
  return kind == NumberKind::Float
             ? floorDivideFloats(builder, location, left, right)
             : floorDivideIntegers(builder, location, kind, left, right);
}

Value remainderScalar(OpBuilder &builder, Location location, NumberKind kind,
                      Value left, Value right) {
  if (kind == NumberKind::Float) {
    Value remainder = builder.create<arith::RemFOp>(location, left, right);
    Value adjusted = builder.create<arith::AddFOp>(location, remainder, right);
    Value adjust = needsAdjustment(builder, location, kind, remainder, right);
    return builder.create<arith::SelectOp>(location, adjust, adjusted,
                                           remainder);
  }
  // The divisor 1 that stands for 0 and -1 leaves no remainder.
  Value remainder =
      divideIntegers(builder, location, kind, left, right).remainder;
  if (kind != NumberKind::Signed)
    return remainder;
  Value adjusted = builder.create<arith::AddIOp>(location, remainder, right);
  Value adjust = needsAdjustment(builder, location, kind, remainder, right);
  return builder.create<arith::SelectOp>(location, adjust, adjusted, remainder);
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
