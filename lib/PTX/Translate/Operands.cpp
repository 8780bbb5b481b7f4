// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operands: registers, immediates, vectors; and the values in them.
#include "Emitter.h"
#include "llvm/IR/Intrinsics.h"

using namespace sinter::ptx;

/// The type of a register's slot: with floats as such there are fewer casts.
static llvm::Type *slotType(llvm::LLVMContext &context, Type type) {
  if (type.kind == Type::Float && type.lanes == 1 && type.bits == 32)
    return llvm::Type::getFloatTy(context);
  if (type.kind == Type::Float && type.bits == 64)
    return llvm::Type::getDoubleTy(context);
  return llvm::Type::getIntNTy(context, type.width());
}

/// The slot of a register, or null for what is none. It is all ones at entry,
/// which is NaN.
llvm::AllocaInst *Emitter::registerSlot(const Operand &operand) {
  const Reference &reference = operand.reference;
  if (operand.kind != Operand::Name || reference.variable < 0)
    return nullptr;
  const Variable &variable = function.variables[reference.variable];
  if (variable.space != Space::Register)
    return nullptr;
  if (variable.vector > 1 && operand.component < 0) {
    fail(operand.position, "vector register '" + reference.name +
                               "' as a whole is not supported");
    return nullptr;
  }
  uint64_t key = uint64_t(reference.variable) << 40 |
                 uint64_t(reference.element) << 8 | (operand.component + 1);
  llvm::AllocaInst *&slot = registers[key];
  if (slot)
    return slot;
  llvm::BasicBlock &entry = ir->getEntryBlock();
  llvm::IRBuilder<> builder(&entry, entry.begin());
  llvm::Type *type = slotType(b.getContext(), variable.type);
  slot = builder.CreateAlloca(type);
  auto *ones = llvm::ConstantInt::getAllOnesValue(
      builder.getIntNTy(type->getPrimitiveSizeInBits()));
  builder.CreateStore(builder.CreateBitCast(ones, type), slot);
  return slot;
}

unsigned Emitter::registerWidth(const Operand &operand) {
  llvm::AllocaInst *slot = registerSlot(operand);
  return slot ? slot->getAllocatedType()->getPrimitiveSizeInBits() : 0;
}

/// The address that a variable or a function is named by, or null.
Value *Emitter::address(const Reference &reference) {
  const Variable *variable = nullptr;
  if (reference.variable >= 0) {
    variable = &function.variables[reference.variable];
    if (Value *pointer = memory[reference.variable])
      return b.CreatePtrToInt(pointer, b.getInt64Ty());
  } else if (auto found = context.variables.find(reference.name);
             found != context.variables.end()) {
    variable = found->second;
  }
  if (variable && variable->space == Space::Shared)
    return variable->isExternal
               ? b.CreateZExt(threadField(offsetof(Thread, dynamicShared),
                                          b.getInt32Ty()),
                              b.getInt64Ty())
               : b.getInt64(context.layout.offset(*variable));
  if (auto found = context.globals.find(reference.name);
      variable && found != context.globals.end())
    return b.getInt64(found->second.address);
  if (llvm::Function *callee = context.ir.getFunction(irName(reference.name)))
    return b.CreatePtrToInt(callee, b.getInt64Ty());
  return nullptr;
}

Value *Emitter::nameBits(const Operand &operand, unsigned width) {
  Value *result;
  if (llvm::AllocaInst *slot = registerSlot(operand)) {
    llvm::Type *type = slot->getAllocatedType();
    result = b.CreateBitCast(b.CreateLoad(type, slot),
                             intType(type->getPrimitiveSizeInBits()));
  } else if (Value *found = address(operand.reference)) {
    result = found;
  } else {
    result = specialRegister(operand);
  }
  if (operand.negated)
    result = b.CreateNot(result);
  if (operand.offset)
    result = b.CreateAdd(result, llvm::ConstantInt::get(result->getType(),
                                                        operand.offset, true));
  return b.CreateZExtOrTrunc(result, intType(width));
}

Value *Emitter::bits(const Operand &operand, unsigned width) {
  auto *type = intType(width);
  switch (operand.kind) {
  case Operand::Immediate: {
    uint64_t value = operand.bits;
    if (operand.isDecimal && width == 32)
      value = llvm::bit_cast<uint32_t>(float(llvm::bit_cast<double>(value)));
    return llvm::ConstantInt::get(type,
                                  llvm::APInt(64, value).sextOrTrunc(width));
  }
  case Operand::Vector: { // the first element is the lowest
    unsigned part = width / operand.elements.size();
    Value *result = llvm::ConstantInt::get(type, 0);
    for (auto [i, element] : llvm::enumerate(operand.elements))
      result = b.CreateOr(
          result,
          b.CreateShl(b.CreateZExt(bits(element, part), type), i * part));
    return result;
  }
  case Operand::Name:
    return nameBits(operand, width);
  default:
    fail(operand.position, "expected an operand that can be read");
    return llvm::PoisonValue::get(type);
  }
}

void Emitter::setBits(const Operand &target, Value *bits, bool isSigned) {
  if (target.kind == Operand::Discard)
    return;
  if (target.kind == Operand::Vector) {
    unsigned width = bits->getType()->getIntegerBitWidth();
    unsigned part = width / target.elements.size();
    for (auto [i, element] : llvm::enumerate(target.elements))
      setBits(element,
              b.CreateTrunc(b.CreateLShr(bits, i * part), intType(part)));
    return;
  }
  llvm::AllocaInst *slot = registerSlot(target);
  if (!slot) {
    fail(target.position, "expected a register to write to");
    return;
  }
  llvm::Type *type = slot->getAllocatedType();
  auto *asBits = intType(type->getPrimitiveSizeInBits());
  bits = isSigned ? b.CreateSExtOrTrunc(bits, asBits)
                  : b.CreateZExtOrTrunc(bits, asBits);
  b.CreateStore(b.CreateBitCast(bits, type), slot);
}

Value *Emitter::decode(Value *bits, Type type) {
  if (type.lanes > 1)
    return bits;
  switch (type.kind) {
  case Type::Float:
    if (type.bits == 16)
      return b.CreateFPExt(b.CreateBitCast(bits, b.getHalfTy()),
                           b.getFloatTy());
    return b.CreateBitCast(bits,
                           type.bits == 64 ? b.getDoubleTy() : b.getFloatTy());
  case Type::BFloat:
    return b.CreateBitCast(b.CreateShl(b.CreateZExt(bits, b.getInt32Ty()), 16),
                           b.getFloatTy());
  case Type::TF32:
    return b.CreateBitCast(bits, b.getFloatTy());
  default:
    return bits;
  }
}

Value *Emitter::encode(Value *value, Type type, Rounding rounding) {
  llvm::Type *from = value->getType();
  if (!from->isFloatingPointTy())
    return value;
  bool isHalf = type.kind == Type::Float && type.bits == 16;
  if (isHalf || type.kind == Type::BFloat) {
    if (isHalf && from->isFloatTy() && rounding == Rounding::NearestEven)
      return b.CreateBitCast(b.CreateFPTrunc(value, b.getHalfTy()),
                             b.getInt16Ty());
    return call(isHalf ? "toHalf" : "toBFloat", b.getInt16Ty(),
                {code(rounding), b.CreateFPExt(value, b.getDoubleTy())}, true);
  }
  return b.CreateBitCast(value, intType(from->getPrimitiveSizeInBits()));
}

Value *Emitter::extractLane(Value *bits, Type type, unsigned lane) {
  return b.CreateTrunc(b.CreateLShr(bits, lane * type.bits),
                       intType(type.bits));
}

Value *Emitter::insertLane(Value *bits, Value *lane, Type type,
                           unsigned index) {
  return b.CreateOr(bits, b.CreateShl(b.CreateZExt(lane, bits->getType()),
                                      index * type.bits));
}

void Emitter::mapLanes(
    Type type, unsigned inputs,
    llvm::function_ref<Value *(llvm::ArrayRef<Value *>)> function) {
  llvm::SmallVector<Value *> packed, values(inputs);
  for (unsigned i = 0; i < inputs; ++i)
    packed.push_back(bits(1 + i, type.width()));
  Value *result = llvm::ConstantInt::get(intType(type.width()), 0);
  Type one = type.lane();
  for (unsigned lane = 0; lane < type.lanes; ++lane) {
    for (unsigned i = 0; i < inputs; ++i)
      values[i] = decode(extractLane(packed[i], type, lane), one);
    result = insertLane(result, encode(function(values), one), type, lane);
  }
  setBits(result, type.isSigned());
}

/// .ftz: subnormal numbers become zero of their sign.
Value *Emitter::flush(Value *value, Type type) {
  double smallest =
      type.kind == Type::Float && type.bits == 16 ? 0x1p-14 : 0x1p-126;
  llvm::Type *ir = value->getType();
  Value *magnitude = b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, value);
  Value *zero = b.CreateBinaryIntrinsic(llvm::Intrinsic::copysign,
                                        llvm::ConstantFP::get(ir, 0), value);
  return b.CreateSelect(
      b.CreateFCmpOLT(magnitude, llvm::ConstantFP::get(ir, smallest)), zero,
      value);
}

/// .sat: within 0 and 1; NaN becomes 0.
Value *Emitter::clampToUnit(Value *value) {
  llvm::Type *ir = value->getType();
  auto *zero = llvm::ConstantFP::get(ir, 0),
       *one = llvm::ConstantFP::get(ir, 1);
  value = b.CreateSelect(b.CreateFCmpOGT(value, zero), value, zero);
  return b.CreateSelect(b.CreateFCmpOLT(value, one), value, one);
}
