// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations on bits.
#include "Emitter.h"
#include "llvm/IR/Intrinsics.h"

using namespace sinter::ptx;
namespace Intrinsic = llvm::Intrinsic;

static unsigned widthOf(Emitter &e) { return e.type().width(); }

static void emitLogic(Emitter &e) {
  unsigned width = widthOf(e);
  Value *x = e.bits(1, width), *y = e.bits(2, width);
  llvm::StringRef opcode = e.instruction().opcode;
  e.setBits(opcode == "and"  ? e.b.CreateAnd(x, y)
            : opcode == "or" ? e.b.CreateOr(x, y)
                             : e.b.CreateXor(x, y));
}

static void emitNot(Emitter &e) {
  Value *x = e.bits(1, widthOf(e));
  if (e.instruction().opcode == "not")
    e.setBits(e.b.CreateNot(x));
  else // cnot: whether all bits are zero
    e.setBits(e.b.CreateICmpEQ(x, llvm::ConstantInt::get(x->getType(), 0)));
}

/// shl and shr: distances are clamped to the width.
static void emitShift(Emitter &e) {
  auto &b = e.b;
  unsigned width = widthOf(e);
  auto *type = e.intType(width);
  bool isArithmetic = e.instruction().opcode == "shr" && e.type().isSigned();
  Value *x = e.bits(1, width), *distance = e.bits(2, 32);
  Value *tooFar = b.CreateICmpUGE(distance, b.getInt32(width));
  Value *amount = b.CreateZExtOrTrunc(
      b.CreateSelect(tooFar, b.getInt32(width - 1), distance), type);
  if (isArithmetic)
    return e.setBits(b.CreateAShr(x, amount), true);
  Value *shifted = e.instruction().opcode == "shl" ? b.CreateShl(x, amount)
                                                   : b.CreateLShr(x, amount);
  e.setBits(b.CreateSelect(tooFar, llvm::ConstantInt::get(type, 0), shifted));
}

/// A distance of 0 to 32 with .clamp, else its low five bits.
static Value *clampedDistance(Emitter &e, unsigned operand) {
  Value *distance = e.bits(operand, 32);
  bool clamp = e.has("clamp");
  e.ignore({"wrap"});
  return clamp ? e.b.CreateBinaryIntrinsic(Intrinsic::umin, distance,
                                           e.b.getInt32(32))
               : e.b.CreateAnd(distance, 31);
}

static Value *wide(Emitter &e, Value *value) {
  return e.b.CreateZExt(value, e.b.getInt64Ty());
}

/// shf: a shift of b:a of which one half remains.
static void emitFunnelShift(Emitter &e) {
  auto &b = e.b;
  widthOf(e);
  Value *pair = b.CreateOr(b.CreateShl(wide(e, e.bits(2, 32)), 32),
                           wide(e, e.bits(1, 32)));
  Value *distance = wide(e, clampedDistance(e, 3));
  bool isLeft = e.has("l");
  e.ignore({"r"});
  Value *result = isLeft ? b.CreateLShr(b.CreateShl(pair, distance), 32)
                         : b.CreateLShr(pair, distance);
  e.setBits(b.CreateTrunc(result, b.getInt32Ty()));
}

/// lop3: bit 4 a + 2 b + c of the table, for each bit.
static void emitLogic3(Emitter &e) {
  auto &b = e.b;
  unsigned width = widthOf(e);
  Value *inputs[] = {e.bits(1, width), e.bits(2, width), e.bits(3, width)};
  const Operand &table = e.operand(4);
  if (table.kind != Operand::Immediate) {
    e.fail(table.position, "expected a table of eight bits");
    return;
  }
  Value *result = llvm::ConstantInt::get(e.intType(width), 0);
  for (unsigned row = 0; row < 8; ++row) {
    if (!(table.bits >> row & 1))
      continue;
    Value *term = llvm::ConstantInt::getAllOnesValue(e.intType(width));
    for (unsigned i = 0; i < 3; ++i)
      term = b.CreateAnd(term, row >> (2 - i) & 1 ? inputs[i]
                                                  : b.CreateNot(inputs[i]));
    result = b.CreateOr(result, term);
  }
  e.setBits(result);
}

static Value *leadingZeros(Emitter &e, Value *x) {
  return e.b.CreateZExtOrTrunc(
      e.b.CreateBinaryIntrinsic(Intrinsic::ctlz, x, e.b.getFalse()),
      e.b.getInt32Ty());
}

static void emitCount(Emitter &e) {
  Value *x = e.bits(1, widthOf(e));
  llvm::StringRef opcode = e.instruction().opcode;
  if (opcode == "brev")
    e.setBits(e.b.CreateUnaryIntrinsic(Intrinsic::bitreverse, x));
  else if (opcode == "popc")
    e.setBits(e.b.CreateUnaryIntrinsic(Intrinsic::ctpop, x));
  else
    e.setBits(leadingZeros(e, x));
}

/// bfind: the highest bit that is not the sign, or all ones.
static void emitFindBit(Emitter &e) {
  auto &b = e.b;
  unsigned width = widthOf(e);
  Value *x = e.bits(1, width);
  if (e.type().isSigned())
    x = b.CreateXor(x, b.CreateAShr(x, width - 1));
  Value *zeros = leadingZeros(e, x);
  Value *found =
      e.has("shiftamt") ? zeros : b.CreateSub(b.getInt32(width - 1), zeros);
  Value *none = b.CreateICmpEQ(x, llvm::ConstantInt::get(x->getType(), 0));
  e.setBits(b.CreateSelect(none, b.getInt32(~0u), found));
}

/// A position or a length: eight bits, at most the width, twice as wide.
static Value *fieldBound(Emitter &e, unsigned operand, unsigned width) {
  Value *bound = e.b.CreateBinaryIntrinsic(
      Intrinsic::umin, e.b.CreateAnd(e.bits(operand, 32), 255),
      e.b.getInt32(width));
  return e.b.CreateZExt(bound, e.intType(2 * width));
}

/// bfe: a field, extended by zeros or by its sign. Bits above the operand are
/// its sign.
static void emitExtractField(Emitter &e) {
  auto &b = e.b;
  unsigned width = widthOf(e);
  auto *twice = e.intType(2 * width);
  bool isSigned = e.type().isSigned();
  Value *x = e.bits(1, width);
  Value *position = fieldBound(e, 2, width), *length = fieldBound(e, 3, width);
  Value *field = isSigned ? b.CreateAShr(b.CreateSExt(x, twice), position)
                          : b.CreateLShr(b.CreateZExt(x, twice), position);
  auto *zero = llvm::ConstantInt::get(twice, 0);
  Value *isEmpty = b.CreateICmpEQ(length, zero);
  Value *above = b.CreateSelect(
      isEmpty, zero,
      b.CreateSub(llvm::ConstantInt::get(twice, 2 * width), length));
  field = b.CreateShl(field, above);
  field = isSigned ? b.CreateAShr(field, above) : b.CreateLShr(field, above);
  e.setBits(
      b.CreateTrunc(b.CreateSelect(isEmpty, zero, field), e.intType(width)),
      isSigned);
}

/// bfi: b with a field replaced by the low bits of a.
static void emitInsertField(Emitter &e) {
  auto &b = e.b;
  unsigned width = widthOf(e);
  auto *twice = e.intType(2 * width);
  Value *x = b.CreateZExt(e.bits(1, width), twice);
  Value *into = b.CreateZExt(e.bits(2, width), twice);
  Value *position = fieldBound(e, 3, width), *length = fieldBound(e, 4, width);
  auto *one = llvm::ConstantInt::get(twice, 1);
  Value *mask =
      b.CreateShl(b.CreateSub(b.CreateShl(one, length), one), position);
  Value *result = b.CreateOr(b.CreateAnd(b.CreateShl(x, position), mask),
                             b.CreateAnd(into, b.CreateNot(mask)));
  e.setBits(b.CreateTrunc(result, e.intType(width)));
}

/// bmsk: `length` ones from `position` on.
static void emitMask(Emitter &e) {
  auto &b = e.b;
  widthOf(e);
  Value *position = wide(e, clampedDistance(e, 1));
  Value *length = wide(e, clampedDistance(e, 2));
  Value *ones = b.CreateSub(b.CreateShl(b.getInt64(1), length), b.getInt64(1));
  e.setBits(b.CreateTrunc(b.CreateShl(ones, position), b.getInt32Ty()));
}

/// szext: the low `length` bits, extended.
static void emitExtend(Emitter &e) {
  auto &b = e.b;
  bool isSigned = e.type().isSigned();
  Value *x = wide(e, e.bits(1, 32)), *length = wide(e, clampedDistance(e, 2));
  Value *isEmpty = b.CreateICmpEQ(length, b.getInt64(0));
  Value *above = b.CreateSelect(isEmpty, b.getInt64(0),
                                b.CreateSub(b.getInt64(64), length));
  Value *high = b.CreateShl(x, above);
  Value *result =
      isSigned ? b.CreateAShr(high, above) : b.CreateLShr(high, above);
  e.setBits(b.CreateTrunc(b.CreateSelect(isEmpty, b.getInt64(0), result),
                          b.getInt32Ty()));
}

static void emitFindNthSet(Emitter &e) {
  widthOf(e);
  e.setBits(e.call("findNthSet", e.b.getInt32Ty(),
                   {e.bits(1, 32), e.bits(2, 32), e.bits(3, 32)}, true));
}

static void emitPermute(Emitter &e) {
  static const std::pair<llvm::StringRef, PermuteCode> codes[] = {
      {"f4e", PermuteCode::Forward},
      {"b4e", PermuteCode::Backward},
      {"rc8", PermuteCode::ReplicateByte},
      {"ecl", PermuteCode::ClampLeft},
      {"ecr", PermuteCode::ClampRight},
      {"rc16", PermuteCode::ReplicateHalf}};
  widthOf(e);
  PermuteCode code = e.choose<PermuteCode>(codes).value_or(PermuteCode::Index);
  e.setBits(e.call("permuteBytes", e.b.getInt32Ty(),
                   {e.code(code), e.bits(1, 32), e.bits(2, 32), e.bits(3, 32)},
                   true));
}

OpcodeTable sinter::ptx::bitOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"and", emitLogic},       {"or", emitLogic},
      {"xor", emitLogic},       {"not", emitNot},
      {"cnot", emitNot},        {"shl", emitShift},
      {"shr", emitShift},       {"shf", emitFunnelShift},
      {"lop3", emitLogic3},     {"popc", emitCount},
      {"clz", emitCount},       {"brev", emitCount},
      {"bfind", emitFindBit},   {"bfe", emitExtractField},
      {"bfi", emitInsertField}, {"bmsk", emitMask},
      {"szext", emitExtend},    {"fns", emitFindNthSet},
      {"prmt", emitPermute}};
  return table;
}
