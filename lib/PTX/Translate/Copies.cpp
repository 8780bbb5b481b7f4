// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cp.async. Copies of the bulk and tensor kinds are not there yet.
#include "MemoryOrder.h"

using namespace sinter::ptx;

// cp.async.ca.shared.global [d], [s], size{, bytes to read | ignore}
static void emitCopy(Emitter &e) {
  auto &b = e.b;
  e.ignore({"shared", "shared::cta", "global", "ca", "cg"});
  bool hasHint = e.has("L2::cache_hint");
  ignoreCacheHints(e);
  Value *target = e.pointer(e.operand(0), Space::Shared);
  Value *source = e.pointer(e.operand(1), Space::Global);
  const Operand &size = e.operand(2);
  if (size.kind != Operand::Immediate ||
      (size.bits != 4 && size.bits != 8 && size.bits != 16)) {
    e.fail(size.position, "expected a size of 4, 8 or 16 bytes");
    return;
  }
  Value *bytes = b.getInt32(size.bits), *copied = bytes;
  if (e.operandCount() - hasHint > 3) {
    const Operand &last = e.operand(3);
    copied = e.registerWidth(last) == 1
                 ? b.CreateSelect(e.bits(last, 1), b.getInt32(0), bytes)
                 : e.bits(last, 32);
  }
  e.callVoid("copyAsync", {e.thread, e.place(), target, source, bytes, copied});
}

static void emitCopyFamily(Emitter &e) {
  auto &b = e.b;
  bool isBulk = e.has("bulk");
  if (!e.has("async") || isBulk) {
    e.fail("instruction '" + e.instruction().spelling() +
           "' is not supported yet");
    return;
  }
  if (e.has("commit_group"))
    return e.callVoid("commitCopies", {e.thread});
  if (e.has("wait_group"))
    return e.callVoid("waitForCopies", {e.thread, e.bits(0, 32)});
  if (e.has("wait_all"))
    return e.callVoid("waitForAllCopies", {e.thread});
  if (!e.has("mbarrier"))
    return emitCopy(e);
  e.ignore({"arrive"});
  e.type();
  bool isExpected = e.has("noinc");
  Value *barrier = e.pointer(e.operand(0), e.space());
  e.callVoid("arriveWithCopies",
             {e.thread, e.place(), barrier, b.getInt32(isExpected)});
}

OpcodeTable sinter::ptx::copyOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"cp", emitCopyFamily}};
  return table;
}
