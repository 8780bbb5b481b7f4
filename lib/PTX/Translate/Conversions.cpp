// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mov and cvt.
#include "Emitter.h"
#include "llvm/IR/Intrinsics.h"

using namespace sinter::ptx;
namespace Intrinsic = llvm::Intrinsic;

static void emitMove(Emitter &e) {
  e.setBits(e.bits(1, e.type().width()), e.type().isSigned());
}

static llvm::APInt leastOf(Type type, unsigned width) {
  return type.isSigned() ? llvm::APInt::getSignedMinValue(type.bits).sext(width)
                         : llvm::APInt(width, 0);
}
static llvm::APInt greatestOf(Type type, unsigned width) {
  return type.isSigned() ? llvm::APInt::getSignedMaxValue(type.bits).sext(width)
                         : llvm::APInt::getMaxValue(type.bits).zext(width);
}

/// The nearest value of `to` to an integer of type `from`.
static Value *saturate(Emitter &e, Value *bits, Type from, Type to) {
  unsigned width = std::max(from.bits, to.bits) + 2;
  auto *wide = e.intType(width);
  Value *value =
      from.isSigned() ? e.b.CreateSExt(bits, wide) : e.b.CreateZExt(bits, wide);
  value = e.b.CreateBinaryIntrinsic(
      Intrinsic::smax, value, llvm::ConstantInt::get(wide, leastOf(to, width)));
  value = e.b.CreateBinaryIntrinsic(
      Intrinsic::smin, value,
      llvm::ConstantInt::get(wide, greatestOf(to, width)));
  return e.b.CreateTrunc(value, e.intType(to.bits));
}

static void integerToInteger(Emitter &e, Type to, Type from) {
  Value *bits = e.bits(1, from.bits);
  if (e.has("sat"))
    bits = saturate(e, bits, from, to);
  else
    bits = from.isSigned() ? e.b.CreateSExtOrTrunc(bits, e.intType(to.bits))
                           : e.b.CreateZExtOrTrunc(bits, e.intType(to.bits));
  e.setBits(bits, to.isSigned());
}

static void integerToFloat(Emitter &e, Type to, Type from) {
  auto &b = e.b;
  bool isSigned = from.isSigned();
  Value *bits = e.bits(1, from.bits);
  Rounding mode = e.rounding();
  // f64 holds integers of up to 53 bits, which encode rounds once.
  bool viaDouble = to.bits == 64 || (to.bits == 16 && from.bits <= 32);
  llvm::Type *ir = viaDouble ? b.getDoubleTy() : b.getFloatTy();
  Value *value;
  if (to.bits == 16 && from.bits == 64) { // beyond 2^53 all are infinite
    value = isSigned ? b.CreateSIToFP(bits, b.getDoubleTy())
                     : b.CreateUIToFP(bits, b.getDoubleTy());
  } else if (mode != Rounding::NearestEven && to.bits != 16) {
    std::string name = isSigned ? "signedTo" : "unsignedTo";
    Value *wide = isSigned ? b.CreateSExt(bits, b.getInt64Ty())
                           : b.CreateZExt(bits, b.getInt64Ty());
    value = e.call(name + (to.bits == 64 ? "F64" : "F32"), ir,
                   {e.code(mode), wide}, true);
  } else {
    value = isSigned ? b.CreateSIToFP(bits, ir) : b.CreateUIToFP(bits, ir);
  }
  if (e.has("sat"))
    value = e.clampToUnit(value);
  e.set(value, to, mode);
}

/// Saturates. NaN becomes 0, or the highest bit alone where 64 bits are
/// involved.
static void floatToInteger(Emitter &e, Type to, Type from, Value *value) {
  auto &b = e.b;
  e.ignore({"sat"});
  Value *bits = b.CreateIntrinsic(
      to.isSigned() ? Intrinsic::fptosi_sat : Intrinsic::fptoui_sat,
      {e.intType(to.bits), value->getType()}, {value});
  if (from.bits == 64 || to.bits == 64)
    bits = b.CreateSelect(
        b.CreateFCmpUNO(value, value),
        llvm::ConstantInt::get(e.intType(to.bits),
                               llvm::APInt::getSignedMinValue(to.bits)),
        bits);
  e.setBits(bits, to.isSigned());
}

/// A float in the host's type of `to`; `encode` rounds to 16 bits.
static Value *resizeFloat(Emitter &e, Value *value, Type to, Rounding mode) {
  auto &b = e.b;
  bool isDouble = value->getType()->isDoubleTy();
  if (to.bits == 64)
    return b.CreateFPExt(value, b.getDoubleTy());
  if (to.bits != 32 || !isDouble)
    return value;
  if (mode == Rounding::NearestEven)
    return b.CreateFPTrunc(value, b.getFloatTy());
  return e.call("narrowF64", b.getFloatTy(), {e.code(mode), value}, true);
}

static Value *relu(Emitter &e, Value *value) {
  return e.b.CreateBinaryIntrinsic(Intrinsic::maximum, value,
                                   llvm::ConstantFP::get(value->getType(), 0));
}

static void fromFloat(Emitter &e, Type to, Type from) {
  static const std::pair<llvm::StringRef, Intrinsic::ID> integral[] = {
      {"rni", Intrinsic::roundeven},
      {"rzi", Intrinsic::trunc},
      {"rmi", Intrinsic::floor},
      {"rpi", Intrinsic::ceil}};
  Rounding mode = e.rounding();
  bool ftz = e.has("ftz");
  Value *value = e.value(1, from);
  if (ftz && from.bits == 32)
    value = e.flush(value, from);
  if (auto intrinsic = e.choose<Intrinsic::ID>(integral))
    value = e.b.CreateUnaryIntrinsic(*intrinsic, value);
  if (!to.isFloat())
    return floatToInteger(e, to, from, value);
  value = resizeFloat(e, value, to, mode);
  if (ftz && to.bits == 32)
    value = e.flush(value, to);
  if (e.has("sat"))
    value = e.clampToUnit(value);
  if (e.has("relu"))
    value = relu(e, value);
  e.set(value, to, mode);
}

/// cvt.rna.tf32.f32: 10 bits of mantissa; ties go away from zero, with .rn to
/// even.
static void toTF32(Emitter &e, Type from) {
  auto &b = e.b;
  bool isAway = e.has("rna");
  e.ignore({"satfinite"});
  Rounding mode = e.rounding();
  Value *bits = e.bits(1, from.bits);
  Value *odd = b.CreateAnd(b.CreateLShr(bits, 13), 1);
  Value *add = isAway                   ? b.getInt32(0x1000)
               : mode == Rounding::Zero ? b.getInt32(0)
                                        : b.CreateAdd(b.getInt32(0xFFF), odd);
  Value *rounded = b.CreateAnd(b.CreateAdd(bits, add), ~uint64_t(0x1FFF));
  Value *value = e.decode(bits, {Type::Float, 32});
  Value *result = b.CreateSelect(b.CreateFCmpUNO(value, value),
                                 b.getInt32(0x7FFFFFFF), rounded);
  if (e.has("relu"))
    result = b.CreateSelect(
        b.CreateFCmpOLT(value, llvm::ConstantFP::get(value->getType(), 0)),
        b.getInt32(0), result);
  e.setBits(result);
}

/// The bits of a float in eight bits.
static Value *encode8(Emitter &e, Value *value, Type to) {
  return e.call(to.kind == Type::E4M3 ? "toE4M3" : "toE5M2", e.b.getInt8Ty(),
                {value}, true);
}

/// cvt.rn.f16x2.f32 d, a, b: a becomes the upper half.
static void twoToPacked(Emitter &e, Type to, Type from) {
  Rounding mode = e.rounding();
  bool isRelu = e.has("relu"), isSmall = to.bits == 8;
  e.ignore({"satfinite"});
  Value *bits = llvm::ConstantInt::get(e.intType(to.width()), 0);
  for (unsigned lane = 0; lane < 2; ++lane) {
    Value *value = e.value(2 - lane, from);
    if (isRelu)
      value = relu(e, value);
    Value *part =
        isSmall ? encode8(e, value, to) : e.encode(value, to.lane(), mode);
    bits = e.insertLane(bits, part, to, lane);
  }
  e.setBits(bits);
}

/// Between f16x2 and pairs of eight bits.
static void packedToPacked(Emitter &e, Type to, Type from) {
  Value *packed = e.bits(1, from.width());
  Value *bits = llvm::ConstantInt::get(e.intType(to.width()), 0);
  bool isRelu = e.has("relu");
  e.ignore({"rn", "satfinite"});
  for (unsigned lane = 0; lane < 2; ++lane) {
    Value *part = e.extractLane(packed, from, lane);
    Value *value = from.bits == 8 ? e.call(from.kind == Type::E4M3 ? "fromE4M3"
                                                                   : "fromE5M2",
                                           e.b.getFloatTy(), {part}, true)
                                  : e.decode(part, from.lane());
    if (isRelu)
      value = relu(e, value);
    part = to.bits == 8 ? encode8(e, value, to) : e.encode(value, to.lane());
    bits = e.insertLane(bits, part, to, lane);
  }
  e.setBits(bits);
}

/// cvt.pack.sat.s8.s32.b32 d, a, b, c: a and b, saturated, below the low part
/// of c.
static void packIntegers(Emitter &e) {
  auto &b = e.b;
  Type to = e.type(0), from = e.type(1);
  e.ignore({"sat"});
  auto part = [&](unsigned operand) {
    return b.CreateZExt(saturate(e, e.bits(operand, 32), from, to),
                        b.getInt32Ty());
  };
  Value *bits = b.CreateOr(b.CreateShl(part(1), to.bits), part(2));
  if (e.operandCount() > 3) {
    e.type(2);
    bits = b.CreateOr(bits, b.CreateShl(e.bits(3, 32), 2 * to.bits));
  }
  e.setBits(bits);
}

static void emitConvert(Emitter &e) {
  if (e.has("pack"))
    return packIntegers(e);
  Type to = e.type(0), from = e.type(1);
  if (to.lanes == 2)
    return from.lanes == 2 ? packedToPacked(e, to, from)
                           : twoToPacked(e, to, from);
  if (to.kind == Type::TF32)
    return toTF32(e, from);
  if (from.isFloat())
    return fromFloat(e, to, from);
  return to.isFloat() ? integerToFloat(e, to, from)
                      : integerToInteger(e, to, from);
}

OpcodeTable sinter::ptx::conversionOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"mov", emitMove}, {"cvt", emitConvert}};
  return table;
}
