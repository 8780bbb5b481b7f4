// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Floor division and remainder of one element: PyTorch's results, and no trap
// on any integers.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace sinter::nn {

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

} // namespace sinter::nn
