// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads are scalar code that is run as often as there are threads: vectors
// are made of neighbours (loads of .v4), not of loops.
#include "Compile.h"
#include "Machine/Machine.h"
#include "Machine/Values.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include <cmath>
#include <cstring>

using namespace sinter::ptx;

static void optimise(llvm::Module &module, llvm::TargetMachine &target) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&target, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
      .run(module, modules);
}

#ifdef __FLT16_MANT_DIG__
/// Conversions of halves are calls where the host has no instructions.
static float extendHalf(_Float16 value) {
  return decodeFloat(llvm::bit_cast<uint16_t>(value), halfFormat);
}
static _Float16 truncateToHalf(float value) {
  return llvm::bit_cast<_Float16>(uint16_t(encodeFloat(value, halfFormat)));
}
#endif

/// Functions of the host that code may call, beside those of the machine.
static llvm::ArrayRef<RuntimeFunction> hostFunctions() {
  using Unary = float (*)(float);
  static const RuntimeFunction functions[] = {
      {"machine.sinf", reinterpret_cast<void *>(static_cast<Unary>(sinf))},
      {"machine.cosf", reinterpret_cast<void *>(static_cast<Unary>(cosf))},
      {"machine.exp2f", reinterpret_cast<void *>(static_cast<Unary>(exp2f))},
      {"machine.log2f", reinterpret_cast<void *>(static_cast<Unary>(log2f))},
      {"machine.tanhf", reinterpret_cast<void *>(static_cast<Unary>(tanhf))},
      {"fmaf", reinterpret_cast<void *>(fmaf)},
      {"fma", reinterpret_cast<void *>(
                  static_cast<double (*)(double, double, double)>(fma))},
      {"floorf", reinterpret_cast<void *>(static_cast<Unary>(floorf))},
      {"ceilf", reinterpret_cast<void *>(static_cast<Unary>(ceilf))},
      {"truncf", reinterpret_cast<void *>(static_cast<Unary>(truncf))},
#ifdef __FLT16_MANT_DIG__
      {"__extendhfsf2", reinterpret_cast<void *>(extendHalf)},
      {"__truncsfhf2", reinterpret_cast<void *>(truncateToHalf)},
#endif
      {"memcpy", reinterpret_cast<void *>(memcpy)},
      {"memset", reinterpret_cast<void *>(memset)},
      {"memmove", reinterpret_cast<void *>(memmove)}};
  return functions;
}

static llvm::orc::SymbolMap symbols(llvm::orc::LLJIT &jit) {
  llvm::orc::SymbolMap result;
  auto add = [&](const llvm::Twine &name, void *address) {
    result[jit.mangleAndIntern(name.str())] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  for (const RuntimeFunction &function : hostFunctions())
    add(function.name, function.address);
  for (llvm::ArrayRef<RuntimeFunction> family :
       {controlFunctions(), barrierFunctions(), warpFunctions(),
        copyFunctions(), memoryBarrierFunctions(), matrixFunctions(),
        valueFunctions()})
    for (const RuntimeFunction &function : family)
      add(llvm::Twine("machine.") + function.name, function.address);
  return result;
}

llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
sinter::ptx::compile(std::unique_ptr<llvm::Module> ir,
                     std::unique_ptr<llvm::LLVMContext> context) {
  static const bool isReady = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)isReady;
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host.takeError();
  auto target = host->createTargetMachine();
  if (!target)
    return target.takeError();
  ir->setTargetTriple((*target)->getTargetTriple().str());
  ir->setDataLayout((*target)->createDataLayout());
  // Without the features of the host, halves become calls.
  for (llvm::Function &function : *ir) {
    function.addFnAttr("target-cpu", (*target)->getTargetCPU());
    function.addFnAttr("target-features", (*target)->getTargetFeatureString());
  }
  optimise(*ir, **target);
  auto jit = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(std::move(*host))
                 .create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = (*jit)->getMainJITDylib().define(
          llvm::orc::absoluteSymbols(symbols(**jit))))
    return error;
  if (llvm::Error error = (*jit)->addIRModule(
          llvm::orc::ThreadSafeModule(std::move(ir), std::move(context))))
    return error;
  return jit;
}
