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

/// Emits `name(pointer, rounds, period)`: a loop of `rounds` rounds over
/// accumulators, whose sum is stored at the pointer at the end so that nothing
/// is dropped. The place of a round counts from 0 to the period again and
/// again.
class LoopEmitter {
public:
  LoopEmitter(Module &module, StringRef name, unsigned vectorBytes)
      : builder(module.getContext()),
        vector(FixedVectorType::get(builder.getFloatTy(), vectorBytes / 4)) {
    auto *type = FunctionType::get(
        builder.getVoidTy(),
        {builder.getPtrTy(), builder.getInt64Ty(), builder.getInt64Ty()},
        /*isVarArg=*/false);
    function = Function::Create(type, Function::ExternalLinkage, name, module);
  }

  /// `step` gives the next value of accumulator number `i`.
  void emit(function_ref<Value *(IRBuilder<> &, Value *accumulator,
                                 Value *place, unsigned i)>
                step) {
    LLVMContext &context = function->getContext();
    auto *entry = BasicBlock::Create(context, "entry", function);
    auto *loop = BasicBlock::Create(context, "loop", function);
    auto *exit = BasicBlock::Create(context, "exit", function);
    builder.SetInsertPoint(entry);
    builder.CreateBr(loop);
    builder.SetInsertPoint(loop);
    PHINode *round = builder.CreatePHI(builder.getInt64Ty(), 2);
    PHINode *place = builder.CreatePHI(builder.getInt64Ty(), 2);
    round->addIncoming(builder.getInt64(0), entry);
    place->addIncoming(builder.getInt64(0), entry);
    SmallVector<PHINode *> values;
    for (unsigned i = 0; i < accumulators; ++i) {
      values.push_back(builder.CreatePHI(vector, 2));
      // Different starts, or all accumulators would be one.
      values[i]->addIncoming(ConstantFP::get(vector, 1.0 + i), entry);
    }
    Value *sum = nullptr;
    for (unsigned i = 0; i < accumulators; ++i) {
      Value *next = step(builder, values[i], place, i);
      values[i]->addIncoming(next, loop);
      sums.push_back(next);
    }
    Value *following = builder.CreateAdd(round, builder.getInt64(1));
    round->addIncoming(following, loop);
    Value *neighbour = builder.CreateAdd(place, builder.getInt64(1));
    place->addIncoming(builder.CreateSelect(
                           builder.CreateICmpEQ(neighbour, function->getArg(2)),
                           builder.getInt64(0), neighbour),
                       loop);
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

using Loop = void (*)(float *, int64_t, int64_t);

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
  read.emit([&](IRBuilder<> &builder, Value *value, Value *place, unsigned i) {
    // One address a round, so that the others are constant offsets from it.
    Value *row = builder.CreateGEP(
        value->getType(), read.function->getArg(0),
        builder.CreateMul(place, builder.getInt64(accumulators)));
    Value *address =
        builder.CreateGEP(value->getType(), row, builder.getInt64(i));
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

/// Elements that a round of the reading loop reads.
static int64_t elementsPerRound(const Loops &loops) {
  return accumulators * loops.vectorBytes / 4;
}

static int64_t threadsOf(const sinter_ctx &context) {
  return context.parallel_for ? std::max(context.threads, 1) : 1;
}

sinter::Roofline::Roofline(const sinter_ctx &context) : context(context) {
  reserve(elementsPerRound(sharedLoops()) * threadsOf(context));
}

void sinter::Roofline::reserve(size_t elements) {
  constexpr size_t line = SINTER_ALIGNMENT / sizeof(float);
  if (memory.size() < elements + line)
    memory.resize(elements + line, 1.0f);
  data = reinterpret_cast<float *>(
      alignAddr(memory.data(), Align(SINTER_ALIGNMENT)));
}

double sinter::Roofline::run(Loop loop, int64_t rounds, int64_t period) {
  using Clock = std::chrono::steady_clock;
  auto body = [&](int64_t begin, int64_t end) {
    for (int64_t thread = begin; thread < end; ++thread)
      loop(data + thread * period * elementsPerRound(sharedLoops()), rounds,
           period);
  };
  auto start = Clock::now();
  if (threadsOf(context) == 1)
    body(0, 1);
  else
    context.parallel_for(
        context.user, threadsOf(context),
        [](void *arg, int64_t begin, int64_t end) {
          (*static_cast<decltype(body) *>(arg))(begin, end);
        },
        &body);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double sinter::Roofline::measureFmaRate() {
  const Loops &loops = sharedLoops();
  if (!loops.fma)
    return 0;
  constexpr int64_t rounds = 125000;
  double operations =
      2.0 * rounds * elementsPerRound(loops) * threadsOf(context);
  return operations / run(loops.fma, rounds, 1);
}

double sinter::Roofline::measureReadRate(int64_t bytes) {
  const Loops &loops = sharedLoops();
  if (!loops.read)
    return 0;
  constexpr int64_t mostBytes = int64_t(128) << 20, sampleBytes = 4 << 20;
  int64_t roundBytes = 4 * elementsPerRound(loops) * threadsOf(context);
  // Some rounds at least, or the loop would wait for what it wrote.
  int64_t period =
      std::max<int64_t>(std::min(bytes, mostBytes) / roundBytes, 4);
  reserve(period * roundBytes / 4);
  int64_t passes = std::max<int64_t>(sampleBytes / (period * roundBytes), 1);
  run(loops.read, period, period); // into the caches
  double read = double(passes) * period * roundBytes;
  return read / run(loops.read, passes * period, period);
}
