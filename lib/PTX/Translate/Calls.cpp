// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the machine, addresses, and the checks of accesses.
#include "Emitter.h"

using namespace sinter::ptx;

Value *Emitter::call(llvm::StringRef name, llvm::Type *result,
                     llvm::ArrayRef<Value *> arguments, bool isPure) {
  llvm::SmallVector<llvm::Type *> parameters;
  for (Value *argument : arguments)
    parameters.push_back(argument->getType());
  llvm::FunctionCallee callee = context.ir.getOrInsertFunction(
      ("machine." + name).str(),
      llvm::FunctionType::get(result, parameters, false));
  auto *declaration = llvm::cast<llvm::Function>(callee.getCallee());
  declaration->addFnAttr(llvm::Attribute::NoUnwind);
  if (isPure) {
    declaration->setMemoryEffects(llvm::MemoryEffects::none());
    declaration->addFnAttr(llvm::Attribute::WillReturn);
  }
  return b.CreateCall(callee, arguments);
}

Place *Emitter::placeRecord() {
  if (currentPlace)
    return currentPlace;
  context.records.places.push_back(
      {context.syntax.name + ":" + std::to_string(current->position.line) +
           ":" + std::to_string(current->position.column),
       current->spelling(), context.syntax.sourceText(current->location)});
  currentPlace = &context.records.places.back();
  context.machine.addPlace(*currentPlace);
  return currentPlace;
}

Value *Emitter::hostPointer(const void *pointer) {
  return b.CreateIntToPtr(b.getInt64(reinterpret_cast<uint64_t>(pointer)),
                          b.getPtrTy());
}

Value *Emitter::place() { return hostPointer(placeRecord()); }

/// A field that does not change while the thread runs.
Value *Emitter::threadField(size_t offset, llvm::Type *type) {
  llvm::LoadInst *load = b.CreateLoad(
      type, b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), thread, offset));
  load->setMetadata(llvm::LLVMContext::MD_invariant_load,
                    llvm::MDNode::get(b.getContext(), {}));
  return load;
}

Value *Emitter::sharedPointer() {
  return threadField(offsetof(Thread, shared), b.getPtrTy());
}

Space Emitter::space() {
  static const std::pair<llvm::StringRef, Space> names[] = {
      {"shared", Space::Shared},
      {"shared::cta", Space::Shared},
      {"shared::cluster", Space::Shared},
      {"global", Space::Global},
      {"local", Space::Local},
      {"const", Space::Constant},
      {"param", Space::Parameter},
      {"param::entry", Space::Parameter},
      {"param::func", Space::Parameter}};
  return choose<Space>(names).value_or(Space::Generic);
}

Space Emitter::spaceOf(const Operand &operand, Space space) {
  if (space != Space::Generic)
    return space;
  const Reference &reference = operand.reference;
  if (reference.variable >= 0) {
    Space own = function.variables[reference.variable].space;
    return own == Space::Register ? Space::Generic : own;
  }
  auto found = context.variables.find(reference.name);
  return found == context.variables.end() ? Space::Generic
                                          : found->second->space;
}

Value *Emitter::pointer(const Operand &operand, Space space) {
  if (operand.kind != Operand::Address) {
    fail(operand.position, "expected an address in brackets");
    return llvm::PoisonValue::get(b.getPtrTy());
  }
  const Reference &reference = operand.reference;
  Value *base = b.getInt64(0);
  if (reference.variable >= 0 && memory[reference.variable])
    return b.CreateConstInBoundsGEP1_64(
        b.getInt8Ty(), memory[reference.variable], operand.offset);
  if (!reference.name.empty()) {
    Operand name = operand;
    name.kind = Operand::Name;
    name.offset = 0;
    name.elements.clear();
    base = nameBits(name, 64);
  }
  if (spaceOf(operand, space) == Space::Shared)
    return b.CreateGEP(b.getInt8Ty(), sharedPointer(),
                       b.CreateAdd(base, b.getInt64(operand.offset)));
  return b.CreateGEP(b.getInt8Ty(), b.CreateIntToPtr(base, b.getPtrTy()),
                     b.getInt64(operand.offset));
}

Value *Emitter::accessRecord(unsigned bytes, unsigned flags, Space space) {
  context.records.accesses.push_back(
      {placeRecord(), uint8_t(bytes), uint8_t(flags), space});
  return hostPointer(&context.records.accesses.back());
}

Value *Emitter::checkStrongLoad(Value *pointer, unsigned bytes, unsigned flags,
                                Space space) {
  if (!context.checked || space == Space::Parameter)
    return pointer;
  return call("strongLoad", b.getPtrTy(),
              {thread, pointer, accessRecord(bytes, flags, space)});
}

void Emitter::check(Value *pointer, unsigned bytes, unsigned flags,
                    Space space) {
  if (!context.checked || space == Space::Parameter)
    return;
  Value *access = accessRecord(bytes, flags, space);
  if (space == Space::Shared && !flags && bytes <= 16)
    return checkFast(pointer, bytes, access);
  callVoid("access", {thread, pointer, access});
}

/// A load of shared memory is fine if all stamps behind the window say so for
/// this tick, to all or to this warp.
void Emitter::checkFast(Value *pointer, unsigned bytes, Value *access) {
  auto *i32 = b.getInt32Ty(), *i64 = b.getInt64Ty();
  auto *weights = llvm::MDBuilder(b.getContext()).createBranchWeights(100, 1);
  llvm::BasicBlock *look = newBlock("look"), *slow = newBlock("slow"),
                   *fine = newBlock("fine");
  Value *address = b.CreatePtrToInt(pointer, i64);
  Value *offset = b.CreateSub(address, b.CreatePtrToInt(sharedPointer(), i64));
  Value *inside = b.CreateAnd(
      b.CreateICmpULT(offset, b.getInt64(sharedWindow - 16)),
      b.CreateICmpEQ(b.CreateAnd(offset, bytes - 1), b.getInt64(0)));
  b.CreateCondBr(inside, look, slow, weights);
  b.SetInsertPoint(look);
  unsigned count = std::max(1u, bytes / 4);
  Value *stamps = b.CreateIntToPtr(
      b.CreateAdd(b.CreateAnd(address, ~uint64_t(3)), b.getInt64(sharedWindow)),
      b.getPtrTy());
  Value *tick = b.CreateLoad(i32, hostPointer(&context.machine.tick));
  Value *own = b.CreateAdd(tick, threadField(offsetof(Thread, warpStamp), i32));
  auto *vector = llvm::FixedVectorType::get(i32, count);
  Value *found = b.CreateAlignedLoad(vector, stamps, llvm::Align(4));
  Value *known = b.CreateAndReduce(
      b.CreateOr(b.CreateICmpEQ(found, b.CreateVectorSplat(count, tick)),
                 b.CreateICmpEQ(found, b.CreateVectorSplat(count, own))));
  b.CreateCondBr(known, fine, slow, weights);
  b.SetInsertPoint(slow);
  callVoid("access", {thread, pointer, access});
  b.CreateBr(fine);
  b.SetInsertPoint(fine);
}
