// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Barriers, fences and mbarriers.
#include "Emitter.h"

using namespace sinter::ptx;

// bar{.sync} a{, b}; bar.arrive a, b; bar.red.op d, a{, b}, p
static void emitBarrier(Emitter &e) {
  auto &b = e.b;
  if (e.has("warp")) { // bar.warp.sync mask
    e.ignore({"sync"});
    return e.callVoid("syncWarp", {e.thread, e.place(), e.bits(0, 32)});
  }
  if (e.has("cluster")) {
    e.unsupported();
    return;
  }
  bool isReduction = e.has("red");
  static const std::pair<llvm::StringRef, BarrierCode> codes[] = {
      {"arrive", BarrierCode::Arrive},
      {"popc", BarrierCode::CountOnes},
      {"and", BarrierCode::All},
      {"or", BarrierCode::Any},
      {"sync", BarrierCode::Sync}};
  BarrierCode code = e.choose<BarrierCode>(codes).value_or(BarrierCode::Sync);
  bool aligned = e.instruction().opcode == "bar";
  aligned |= e.has("aligned");
  e.ignore({"cta"});
  unsigned first = isReduction, last = e.operandCount() - isReduction;
  Value *number = first < last ? e.bits(first, 32) : b.getInt32(0);
  Value *count = first + 1 < last ? e.bits(first + 1, 32) : b.getInt32(0);
  Value *predicate = b.getInt32(0);
  if (isReduction) {
    e.type();
    predicate = b.CreateZExt(e.bits(last, 1), b.getInt32Ty());
  }
  Value *result = e.call("barrier", b.getInt32Ty(),
                         {e.thread, e.place(), e.code(code), number, count,
                          predicate, b.getInt32(aligned)});
  if (isReduction)
    e.setBits(code == BarrierCode::CountOnes
                  ? result
                  : b.CreateTrunc(result, b.getInt1Ty()));
}

/// All fences are as strong as the strongest.
static void emitFence(Emitter &e) {
  e.ignore({"cta", "cluster", "gl", "gpu", "sys", "sc", "acq_rel", "acquire",
            "release", "sync_restrict::shared::cta", "proxy", "alias", "async",
            "mbarrier_init", "async::global", "async.shared::cta"});
  e.ignorePrefix("shared::");
  e.ignore({"global"});
  e.callVoid("fence", {e.thread});
}

/// Finds the operand in brackets: the mbarrier.
static unsigned addressOperand(Emitter &e) {
  for (unsigned i = 0; i < e.operandCount(); ++i)
    if (e.instruction().operands[i].kind == Operand::Address)
      return i;
  e.fail("expected an address in brackets");
  return 0;
}

static void emitArrive(Emitter &e, bool drop, Value *barrier, unsigned at) {
  auto &b = e.b;
  bool expects = e.has("expect_tx");
  e.ignore({"release", "relaxed", "noComplete"});
  Value *operand = e.operandCount() > at + 1 ? e.bits(at + 1, 32) : nullptr;
  Value *count = expects || !operand ? b.getInt32(1) : operand;
  Value *bytes = expects && operand ? operand : b.getInt32(0);
  Value *phase =
      e.call("arriveAtBarrier", b.getInt64Ty(),
             {e.thread, e.place(), barrier, count, bytes, b.getInt32(drop)});
  if (at)
    e.setBits(phase);
}

static void emitTestWait(Emitter &e, bool mayWait, Value *barrier) {
  auto &b = e.b;
  e.ignore({"acquire", "relaxed"});
  Value *parity = e.has("parity")
                      ? e.bits(2, 32)
                      : b.CreateTrunc(e.bits(2, 64), b.getInt32Ty());
  if (e.operandCount() > 3)
    e.operand(3); // how long it may wait
  Value *result =
      e.call("testBarrier", b.getInt32Ty(),
             {e.thread, e.place(), barrier, parity, b.getInt32(mayWait)});
  e.setBits(b.CreateTrunc(result, b.getInt1Ty()));
}

static void emitMemoryBarrier(Emitter &e) {
  e.type();
  Space space = e.space();
  e.ignore({"cta", "cluster"});
  unsigned at = addressOperand(e);
  Value *barrier = e.pointer(e.operand(at), space);
  if (e.has("init"))
    e.callVoid("initBarrier", {e.thread, e.place(), barrier, e.bits(1, 32)});
  else if (e.has("inval"))
    e.callVoid("invalidateBarrier", {e.thread, e.place(), barrier});
  else if (e.has("arrive"))
    emitArrive(e, false, barrier, at);
  else if (e.has("arrive_drop"))
    emitArrive(e, true, barrier, at);
  else if (e.has("expect_tx"))
    e.callVoid("expectBytes", {e.thread, e.place(), barrier, e.bits(1, 32)});
  else if (e.has("complete_tx"))
    e.callVoid("completeBytes", {e.thread, e.place(), barrier, e.bits(1, 32)});
  else if (e.has("test_wait"))
    emitTestWait(e, false, barrier);
  else if (e.has("try_wait"))
    emitTestWait(e, true, barrier);
  else
    e.unsupported();
}

OpcodeTable sinter::ptx::synchronisationOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"bar", emitBarrier},
      {"barrier", emitBarrier},
      {"membar", emitFence},
      {"fence", emitFence},
      {"mbarrier", emitMemoryBarrier}};
  return table;
}
