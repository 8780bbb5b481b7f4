// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads, stores and addresses.
#include "MemoryOrder.h"

using namespace sinter::ptx;

unsigned sinter::ptx::memoryFlags(Emitter &e) {
  static const std::pair<llvm::StringRef, unsigned> orders[] = {
      {"volatile", Access::Strong},
      {"relaxed", Access::Strong},
      {"mmio", Access::Strong},
      {"acquire", Access::Strong | Access::Acquire},
      {"release", Access::Strong | Access::Release},
      {"acq_rel", Access::Strong | Access::Acquire | Access::Release}};
  e.ignore({"weak", "cta", "cluster", "gpu", "sys"});
  return e.choose<unsigned>(orders).value_or(0);
}

unsigned sinter::ptx::vectorLength(Emitter &e) {
  static const std::pair<llvm::StringRef, unsigned> lengths[] = {
      {"v2", 2}, {"v4", 4}, {"v8", 8}};
  return e.choose<unsigned>(lengths).value_or(1);
}

void sinter::ptx::ignoreCacheHints(Emitter &e) {
  e.ignore({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  // The policy is one more operand.
  if (e.has("L2::cache_hint"))
    e.operand(e.operandCount() - 1);
  e.ignorePrefix("L1::");
  e.ignorePrefix("L2::");
}

/// Whether the operand is a list of as many elements as the vector has.
static bool checkElements(Emitter &e, const Operand &list, unsigned length) {
  if (length == 1 ||
      (list.kind == Operand::Vector && list.elements.size() == length))
    return true;
  e.fail(list.position,
         "expected " + llvm::Twine(length) + " operands in braces");
  return false;
}

static void emitLoad(Emitter &e) {
  auto &b = e.b;
  Type type = e.lastType();
  Space space = e.space();
  unsigned length = vectorLength(e), flags = memoryFlags(e);
  if (e.has("nc"))
    flags |= Access::NonCoherent;
  ignoreCacheHints(e);
  const Operand &target = e.operand(0);
  if (!checkElements(e, target, length))
    return;
  if (flags & Access::Strong) // whoever waits for another lets it run
    e.callVoid("poll", {e.thread});
  const Operand &source = e.operand(1);
  Value *pointer = e.pointer(source, space);
  bool isVolatile = flags & Access::Strong;
  unsigned bytes = length * type.bytes();
  if (isVolatile)
    pointer =
        e.checkStrongLoad(pointer, bytes, flags, e.spaceOf(source, space));
  else
    e.check(pointer, bytes, flags, e.spaceOf(source, space));
  llvm::SmallVector<Value *> values;
  for (unsigned i = 0; i < length; ++i) {
    Value *element =
        b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), pointer, i * type.bytes());
    values.push_back(b.CreateAlignedLoad(e.intType(8 * type.bytes()), element,
                                         llvm::Align(1), isVolatile));
  }
  for (unsigned i = 0; i < length; ++i)
    e.setBits(length > 1 ? target.elements[i] : target, values[i],
              type.isSigned());
}

static void emitStore(Emitter &e) {
  auto &b = e.b;
  Type type = e.lastType();
  Space space = e.space();
  unsigned length = vectorLength(e), flags = memoryFlags(e) | Access::Store;
  ignoreCacheHints(e);
  const Operand &target = e.operand(0), &source = e.operand(1);
  if (!checkElements(e, source, length))
    return;
  llvm::SmallVector<Value *> values;
  for (unsigned i = 0; i < length; ++i)
    values.push_back(
        e.bits(length > 1 ? source.elements[i] : source, 8 * type.bytes()));
  Value *pointer = e.pointer(target, space);
  e.check(pointer, length * type.bytes(), flags, e.spaceOf(target, space));
  for (unsigned i = 0; i < length; ++i)
    b.CreateAlignedStore(
        values[i],
        b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), pointer, i * type.bytes()),
        llvm::Align(1), (flags & Access::Strong) != 0);
}

/// cvta: a generic address of shared memory is the host's, one in the window an
/// offset. Other addresses are the same.
static void emitConvertAddress(Emitter &e) {
  auto &b = e.b;
  unsigned width = e.type().bits;
  bool toSpace = e.has("to");
  Space space = e.space();
  Value *address = b.CreateZExtOrTrunc(e.bits(1, width), b.getInt64Ty());
  if (e.spaceOf(e.operand(1), space) == Space::Shared) {
    Value *base = b.CreatePtrToInt(e.sharedPointer(), b.getInt64Ty());
    address = toSpace ? b.CreateSub(address, base) : b.CreateAdd(address, base);
  }
  e.setBits(b.CreateZExtOrTrunc(address, e.intType(width)));
}

static void emitIsInSpace(Emitter &e) {
  Space space = e.space();
  SpaceCode code = space == Space::Shared   ? SpaceCode::Shared
                   : space == Space::Local  ? SpaceCode::Local
                   : space == Space::Global ? SpaceCode::Global
                                            : SpaceCode::Constant;
  Value *address = e.b.CreateIntToPtr(e.bits(1, 64), e.b.getPtrTy());
  Value *result =
      e.call("isInSpace", e.b.getInt32Ty(), {e.thread, e.code(code), address});
  e.setBits(e.b.CreateTrunc(result, e.b.getInt1Ty()));
}

/// prefetch and the like change no value.
static void emitHint(Emitter &e) {
  e.space();
  ignoreCacheHints(e);
  e.ignore({"L1", "L2", "tensormap"});
  for (unsigned i = 0; i < e.operandCount(); ++i)
    e.operand(i);
}

static void emitCreatePolicy(Emitter &e) {
  e.ignore({"fractional", "range"});
  ignoreCacheHints(e);
  e.space();
  for (unsigned i = 1; i < e.operandCount(); ++i)
    e.operand(i);
  e.type();
  e.setBits(e.b.getInt64(0));
}

/// mapa: clusters have one block, whose shared memory is the thread's own.
static void emitMapAddress(Emitter &e) {
  e.space();
  e.operand(2);
  e.setBits(e.bits(1, e.type().bits));
}

OpcodeTable sinter::ptx::memoryOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"ld", emitLoad},
      {"ldu", emitLoad},
      {"st", emitStore},
      {"cvta", emitConvertAddress},
      {"isspacep", emitIsInSpace},
      {"prefetch", emitHint},
      {"prefetchu", emitHint},
      {"applypriority", emitHint},
      {"createpolicy", emitCreatePolicy},
      {"mapa", emitMapAddress}};
  return table;
}
