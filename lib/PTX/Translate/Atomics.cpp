// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Atomics. Only one thread runs at a time, and it is not interrupted: a load
// and a store are atomic.
#include "MemoryOrder.h"
#include "llvm/IR/Intrinsics.h"

using namespace sinter::ptx;
namespace Intrinsic = llvm::Intrinsic;

enum class AtomicCode {
  Add,
  Minimum,
  Maximum,
  And,
  Or,
  Xor,
  Exchange,
  CompareAndSwap,
  Increment,
  Decrement
};

static Value *minOrMax(Emitter &e, AtomicCode code, Type type, Value *old,
                       Value *operand) {
  bool isMax = code == AtomicCode::Maximum;
  Intrinsic::ID intrinsic =
      type.isFloat()    ? isMax ? Intrinsic::maxnum : Intrinsic::minnum
      : type.isSigned() ? isMax ? Intrinsic::smax : Intrinsic::smin
      : isMax           ? Intrinsic::umax
                        : Intrinsic::umin;
  return e.b.CreateBinaryIntrinsic(intrinsic, old, operand);
}

/// What is stored in the place of `old`, for one lane. Compare-and-swap has the
/// value to store as `other`.
static Value *update(Emitter &e, AtomicCode code, Type type, Value *old,
                     Value *operand, Value *other) {
  auto &b = e.b;
  llvm::Type *ir = old->getType();
  auto constant = [&](uint64_t value) {
    return llvm::ConstantInt::get(ir, value);
  };
  switch (code) {
  case AtomicCode::Add:
    return type.isFloat() ? b.CreateFAdd(old, operand)
                          : b.CreateAdd(old, operand);
  case AtomicCode::Minimum:
  case AtomicCode::Maximum:
    return minOrMax(e, code, type, old, operand);
  case AtomicCode::And:
    return b.CreateAnd(old, operand);
  case AtomicCode::Or:
    return b.CreateOr(old, operand);
  case AtomicCode::Xor:
    return b.CreateXor(old, operand);
  case AtomicCode::Exchange:
    return operand;
  case AtomicCode::CompareAndSwap:
    return b.CreateSelect(b.CreateICmpEQ(old, operand), other, old);
  case AtomicCode::Increment: // wraps to 0 at the bound
    return b.CreateSelect(b.CreateICmpUGE(old, operand), constant(0),
                          b.CreateAdd(old, constant(1)));
  case AtomicCode::Decrement: // wraps to the bound at 0
    return b.CreateSelect(b.CreateOr(b.CreateICmpEQ(old, constant(0)),
                                     b.CreateICmpUGT(old, operand)),
                          operand, b.CreateSub(old, constant(1)));
  }
  llvm_unreachable("a code of an atomic");
}

static std::optional<AtomicCode> atomicCode(Emitter &e) {
  static const std::pair<llvm::StringRef, AtomicCode> codes[] = {
      {"add", AtomicCode::Add},       {"min", AtomicCode::Minimum},
      {"max", AtomicCode::Maximum},   {"and", AtomicCode::And},
      {"or", AtomicCode::Or},         {"xor", AtomicCode::Xor},
      {"exch", AtomicCode::Exchange}, {"cas", AtomicCode::CompareAndSwap},
      {"inc", AtomicCode::Increment}, {"dec", AtomicCode::Decrement}};
  return e.choose<AtomicCode>(codes);
}

// atom d, [a], b{, c}; red [a], b
static void emitAtomic(Emitter &e) {
  auto &b = e.b;
  std::optional<AtomicCode> code = atomicCode(e);
  if (!code) {
    e.unsupported();
    return;
  }
  bool isReduction = e.instruction().opcode == "red";
  unsigned first = isReduction ? 0 : 1;
  Type type = e.lastType();
  Space space = e.space();
  unsigned flags = memoryFlags(e) | Access::Store | Access::Atomic;
  e.ignore({"noftz"});
  ignoreCacheHints(e);
  if (*code == AtomicCode::Exchange || *code == AtomicCode::CompareAndSwap)
    e.callVoid("poll", {e.thread});
  const Operand &target = e.operand(first);
  Value *pointer = e.pointer(target, space);
  e.check(pointer, type.bytes(), flags, e.spaceOf(target, space));
  unsigned width = type.width();
  Value *operand = e.bits(first + 1, width);
  bool isSwap = *code == AtomicCode::CompareAndSwap;
  Value *other = isSwap ? e.bits(first + 2, width) : nullptr;
  Value *old = b.CreateAlignedLoad(e.intType(width), pointer, llvm::Align(1));
  Value *result = llvm::ConstantInt::get(e.intType(width), 0);
  for (unsigned lane = 0; lane < type.lanes; ++lane) {
    auto part = [&](Value *bits) {
      return e.decode(e.extractLane(bits, type, lane), type.lane());
    };
    Value *updated = update(e, *code, type, part(old), part(operand), other);
    result = e.insertLane(result, e.encode(updated, type.lane()), type, lane);
  }
  b.CreateAlignedStore(result, pointer, llvm::Align(1));
  if (!isReduction)
    e.setBits(old, type.isSigned());
}

OpcodeTable sinter::ptx::atomicOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"atom", emitAtomic}, {"red", emitAtomic}};
  return table;
}
