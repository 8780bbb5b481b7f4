// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Extended precision: add.cc and its like, whose carry is a register of its
// own.
#include "Arithmetic.h"

using namespace sinter::ptx;

/// a + b with the carry. A difference is a + ~b + 1: the flag is a carry there
/// too and not a borrow, as hardware has it.
static void emitWithCarry(Emitter &e, Value *x, Value *y, bool isDifference) {
  auto &b = e.b;
  unsigned width = e.type().bits;
  auto *wide = e.intType(width + 2);
  bool usesCarry = e.instruction().opcode.back() == 'c';
  if (isDifference)
    y = b.CreateNot(y);
  Value *first = usesCarry
                     ? b.CreateZExt(b.CreateLoad(b.getInt1Ty(), e.carry), wide)
                     : llvm::ConstantInt::get(wide, isDifference);
  Value *sum = b.CreateAdd(
      b.CreateAdd(b.CreateZExt(x, wide), b.CreateZExt(y, wide)), first);
  e.setBits(b.CreateTrunc(sum, e.intType(width)));
  if (e.has("cc"))
    b.CreateStore(b.CreateTrunc(b.CreateLShr(sum, width), b.getInt1Ty()),
                  e.carry);
}

static void emitSum(Emitter &e) {
  if (e.instruction().opcode.back() != 'c' && !e.has("cc"))
    return emitAddOrSubtract(e);
  unsigned width = e.type().bits;
  emitWithCarry(e, e.bits(1, width), e.bits(2, width),
                e.instruction().opcode[0] == 's');
}

static void emitMad(Emitter &e) {
  if (e.instruction().opcode.back() != 'c' && !e.has("cc"))
    return emitMultiplyAdd(e);
  emitWithCarry(e, emitProduct(e, e.type()), e.bits(3, e.type().bits), false);
}

OpcodeTable sinter::ptx::carryOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"add", emitSum},  {"sub", emitSum}, {"addc", emitSum},
      {"subc", emitSum}, {"mad", emitMad}, {"madc", emitMad}};
  return table;
}
