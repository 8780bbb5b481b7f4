// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What lanes of a warp do together.
#include "Emitter.h"

using namespace sinter::ptx;

/// Writes the low 32 bits to the first target and bit 32 to the second.
static void setPair(Emitter &e, Value *result) {
  auto &b = e.b;
  const Operand &target = e.operand(0);
  bool isPair = target.kind == Operand::Pair;
  e.setBits(isPair ? target.elements[0] : target,
            b.CreateTrunc(result, b.getInt32Ty()));
  if (isPair)
    e.setBits(target.elements[1],
              b.CreateTrunc(b.CreateLShr(result, 32), b.getInt1Ty()));
}

/// Forms without .sync are gone from new chips.
static bool isSync(Emitter &e) {
  if (e.has("sync"))
    return true;
  e.unsupported();
  return false;
}

static void emitShuffle(Emitter &e) {
  static const std::pair<llvm::StringRef, ShuffleCode> codes[] = {
      {"idx", ShuffleCode::Index},
      {"up", ShuffleCode::Up},
      {"down", ShuffleCode::Down},
      {"bfly", ShuffleCode::Butterfly}};
  auto code = e.choose<ShuffleCode>(codes);
  if (!isSync(e) || !code) {
    e.unsupported();
    return;
  }
  e.type();
  setPair(e, e.call("shuffle", e.b.getInt64Ty(),
                    {e.thread, e.place(), e.code(*code), e.bits(4, 32),
                     e.bits(1, 32), e.bits(2, 32), e.bits(3, 32)}));
}

static void emitVote(Emitter &e) {
  static const std::pair<llvm::StringRef, VoteCode> codes[] = {
      {"all", VoteCode::All},
      {"any", VoteCode::Any},
      {"uni", VoteCode::Uniform},
      {"ballot", VoteCode::Ballot}};
  auto code = e.choose<VoteCode>(codes);
  if (!isSync(e) || !code) {
    e.unsupported();
    return;
  }
  bool isMask = e.type().kind != Type::Predicate;
  Value *predicate = e.b.CreateZExt(e.bits(1, 1), e.b.getInt32Ty());
  Value *result =
      e.call("vote", e.b.getInt32Ty(),
             {e.thread, e.place(), e.code(*code), e.bits(2, 32), predicate});
  e.setBits(isMask ? result : e.b.CreateTrunc(result, e.b.getInt1Ty()));
}

static void emitMatch(Emitter &e) {
  if (!isSync(e))
    return;
  bool isAll = e.has("all");
  e.ignore({"any"});
  Value *value = e.b.CreateZExt(e.bits(1, e.type().bits), e.b.getInt64Ty());
  setPair(e, e.call("match", e.b.getInt64Ty(),
                    {e.thread, e.place(), e.b.getInt32(isAll), e.bits(2, 32),
                     value}));
}

static void emitReduce(Emitter &e) {
  bool isSigned = e.type().isSigned();
  const std::pair<llvm::StringRef, ReduceCode> codes[] = {
      {"add", ReduceCode::Add},
      {"min",
       isSigned ? ReduceCode::MinimumSigned : ReduceCode::MinimumUnsigned},
      {"max",
       isSigned ? ReduceCode::MaximumSigned : ReduceCode::MaximumUnsigned},
      {"and", ReduceCode::And},
      {"or", ReduceCode::Or},
      {"xor", ReduceCode::Xor}};
  auto code = e.choose<ReduceCode>(codes);
  if (!isSync(e) || !code || e.type().isFloat()) {
    e.unsupported();
    return;
  }
  e.setBits(e.call(
      "reduce", e.b.getInt32Ty(),
      {e.thread, e.place(), e.code(*code), e.bits(2, 32), e.bits(1, 32)}));
}

/// The weakest answer: of no other lane it is known that it runs with this one.
static void emitActiveMask(Emitter &e) {
  e.type();
  e.setBits(e.b.CreateShl(e.b.getInt32(1), e.threadField(offsetof(Thread, lane),
                                                         e.b.getInt32Ty())));
}

static void emitElect(Emitter &e) {
  if (isSync(e))
    setPair(e, e.call("electLane", e.b.getInt64Ty(),
                      {e.thread, e.place(), e.bits(1, 32)}));
}

OpcodeTable sinter::ptx::warpOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"shfl", emitShuffle},          {"vote", emitVote},
      {"match", emitMatch},           {"redux", emitReduce},
      {"activemask", emitActiveMask}, {"elect", emitElect}};
  return table;
}
