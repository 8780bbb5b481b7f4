// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two loops of LLVM IR, made by the code generator that models go through.
#include "sinter/Execution/Roofline.h"
#include "sinter/Execution/JIT.h"
#include "sinter/Execution/ObjectEmission.h"
#include "sinter/Execution/TargetMachine.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include <chrono>
#include <vector>

using namespace llvm;

namespace {

// Two fma units of latency 4 need 8 accumulators; 16 leave room for others.
constexpr unsigned accumulators = 16;

/// Emits `name(pointer, count)`: a loop of `count` rounds over accumulators,
/// whose sum is stored at the pointer at the end so that nothing is dropped.
class LoopEmitter {
public:
  LoopEmitter(Module &module, StringRef name, unsigned vectorBytes)
      : builder(module.getContext()),
        vector(FixedVectorType::get(builder.getFloatTy(), vectorBytes / 4)) {
    auto *type = FunctionType::get(builder.getVoidTy(),
                                   {builder.getPtrTy(), builder.getInt64Ty()},
                                   /*isVarArg=*/false);
    function = Function::Create(type, Function::ExternalLinkage, name, module);
  }

  /// `step` gives the next value of accumulator number `i`.
  void emit(function_ref<Value *(IRBuilder<> &, Value *accumulator,
                                 Value *round, unsigned i)>
                step) {
    LLVMContext &context = function->getContext();
    auto *entry = BasicBlock::Create(context, "entry", function);
    auto *loop = BasicBlock::Create(context, "loop", function);
    auto *exit = BasicBlock::Create(context, "exit", function);
    builder.SetInsertPoint(entry);
    builder.CreateBr(loop);
    builder.SetInsertPoint(loop);
    PHINode *round = builder.CreatePHI(builder.getInt64Ty(), 2);
    round->addIncoming(builder.getInt64(0), entry);
    SmallVector<PHINode *> values;
    for (unsigned i = 0; i < accumulators; ++i) {
      values.push_back(builder.CreatePHI(vector, 2));
      // Different starts, or all accumulators would be one.
      values[i]->addIncoming(ConstantFP::get(vector, 1.0 + i), entry);
    }
    Value *sum = nullptr;
    for (unsigned i = 0; i < accumulators; ++i) {
      Value *next = step(builder, values[i], round, i);
      values[i]->addIncoming(next, loop);
      sums.push_back(next);
    }
    Value *following = builder.CreateAdd(round, builder.getInt64(1));
    round->addIncoming(following, loop);
    builder.CreateCondBr(builder.CreateICmpSLT(following, function->getArg(1)),
                         loop, exit);
    builder.SetInsertPoint(exit);
    for (Value *value : sums)
      sum = sum ? builder.CreateFAdd(sum, value) : value;
    builder.CreateAlignedStore(sum, function->getArg(0), Align(4));
    builder.CreateRetVoid();
  }

  Function *function;
  IRBuilder<> builder;
  FixedVectorType *vector;
  SmallVector<Value *> sums;
};

using Loop = void (*)(float *, int64_t);

/// Both loops, compiled for the host once.
struct Loops {
  std::unique_ptr<sinter::LoadedObject> object;
  Loop fma = nullptr, read = nullptr;
  unsigned vectorBytes = 0;
};

} // namespace

static void emitLoops(Module &module, unsigned vectorBytes) {
  LoopEmitter fma(module, "sinter_fma_loop", vectorBytes);
  fma.emit([&](IRBuilder<> &builder, Value *value, Value *, unsigned) {
    Value *factor = ConstantFP::get(value->getType(), 0.999);
    return builder.CreateIntrinsic(
        Intrinsic::fma, {value->getType()},
        {value, factor, ConstantFP::get(value->getType(), 1e-3)});
  });
  LoopEmitter read(module, "sinter_read_loop", vectorBytes);
  read.emit([&](IRBuilder<> &builder, Value *value, Value *round, unsigned i) {
    Value *index = builder.CreateAdd(
        builder.CreateMul(round, builder.getInt64(accumulators)),
        builder.getInt64(i));
    Value *address =
        builder.CreateGEP(value->getType(), read.function->getArg(0), index);
    return builder.CreateFAdd(
        value, builder.CreateAlignedLoad(value->getType(), address, Align(4)));
  });
}

static Expected<Loops> compileLoops() {
  auto machine = sinter::createTargetMachine();
  if (!machine)
    return machine.takeError();
  Loops loops;
  loops.vectorBytes = sinter::vectorBytesOf(**machine);
  LLVMContext context;
  Module module("roofline", context);
  emitLoops(module, loops.vectorBytes);
  SmallVector<char, 0> bytes;
  if (!sinter::compileToObject(module, **machine, bytes))
    return createStringError(inconvertibleErrorCode(), "no object code");
  auto object = sinter::loadObject(bytes);
  if (!object)
    return object.takeError();
  loops.object = std::move(*object);
  for (auto [name, loop] : {std::pair("sinter_fma_loop", &loops.fma),
                            std::pair("sinter_read_loop", &loops.read)}) {
    auto address = loops.object->lookup(name);
    if (!address)
      return address.takeError();
    *loop = reinterpret_cast<Loop>(*address);
  }
  return loops;
}

static const Loops &sharedLoops() {
  static const Loops loops = [] {
    auto compiled = compileLoops();
    if (compiled)
      return std::move(*compiled);
    logAllUnhandledErrors(compiled.takeError(), errs(), "bench: ");
    return Loops();
  }();
  return loops;
}

/// The shortest of some runs, in seconds: the others were disturbed.
static double bestTime(Loop loop, float *data, int64_t rounds, int runs) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int run = 0; run < runs; ++run) {
    auto start = Clock::now();
    loop(data, rounds);
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

double sinter::measureFmaRate() {
  const Loops &loops = sharedLoops();
  if (!loops.fma)
    return 0;
  std::vector<float> sum(loops.vectorBytes / 4);
  constexpr int64_t rounds = 500000;
  double operations = 2.0 * rounds * accumulators * loops.vectorBytes / 4;
  return operations / bestTime(loops.fma, sum.data(), rounds, /*runs=*/10);
}

double sinter::measureReadRate() {
  const Loops &loops = sharedLoops();
  if (!loops.read)
    return 0;
  // Larger than the last cache of common machines, small enough for any.
  constexpr int64_t bytes = int64_t(128) << 20;
  std::vector<float> data(bytes / 4, 1.0f);
  int64_t rounds = bytes / (accumulators * loops.vectorBytes);
  return bytes / bestTime(loops.read, data.data(), rounds, /*runs=*/4);
}
