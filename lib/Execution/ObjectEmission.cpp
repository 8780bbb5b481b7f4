// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's optimizer and code generator on a module of the LLVM dialect.
#include "sinter/Execution/ObjectEmission.h"
#include "VerifyObject.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "sinter/Execution/LineTables.h"
#include "sinter/Execution/TargetMachine.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/DeadStoreElimination.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/GVN.h"
#include "llvm/Transforms/Scalar/IndVarSimplify.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include "llvm/Transforms/Scalar/LoopStrengthReduce.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

using namespace llvm;

void sinter::registerLLVMTranslation(mlir::DialectRegistry &registry) {
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

/// What clang would write on each function for this target. Wide vectors are
/// named: the code holds them already, and LLVM must not split them.
static void setTargetAttributes(Module &module, const TargetMachine &machine) {
  std::string width = std::to_string(sinter::vectorBytesOf(machine) * 8);
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr(Attribute::NoUnwind);
  }
}

/// Cleans up loops that are vectorised and unrolled already. The loop and SLP
/// vectorizers, the unroller and the inliner of the stock pipeline cost most of
/// its time and find nothing here.
static FunctionPassManager cleanUpPipeline() {
  FunctionPassManager passes;
  passes.addPass(SROAPass(SROAOptions::ModifyCFG));
  passes.addPass(EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(InstCombinePass());
  passes.addPass(SimplifyCFGPass());
  LoopPassManager loops;
  loops.addPass(LoopRotatePass());
  loops.addPass(LICMPass(LICMOptions()));
  passes.addPass(createFunctionToLoopPassAdaptor(std::move(loops),
                                                 /*UseMemorySSA=*/true));
  passes.addPass(GVNPass());
  passes.addPass(DSEPass());
  passes.addPass(InstCombinePass());
  passes.addPass(SimplifyCFGPass());
  return passes;
}

static void optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  ModulePassManager passes;
  passes.addPass(GlobalDCEPass());
  passes.addPass(createModuleToFunctionPassAdaptor(cleanUpPipeline()));
  passes.run(module, modules);
}

static bool generate(Module &module, TargetMachine &machine,
                     raw_pwrite_stream &stream, CodeGenFileType type) {
  module.setDataLayout(machine.createDataLayout());
  module.setTargetTriple(machine.getTargetTriple().str());
  setTargetAttributes(module, machine);
  optimize(module, machine);
  sinter::completeLineTables(module);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return false;
  passes.run(module);
  return true;
}

bool sinter::compileToObject(Module &module, TargetMachine &machine,
                             SmallVectorImpl<char> &object) {
  raw_svector_ostream stream(object);
  return generate(module, machine, stream, CodeGenFileType::ObjectFile);
}

/// Makes everything but the functions named private, so that what they do not
/// need goes.
static void internalizeOthers(Module &module,
                              const std::vector<std::string> &names) {
  for (GlobalObject &object : module.global_objects())
    if (!object.isDeclaration() && !is_contained(names, object.getName()))
      object.setLinkage(GlobalValue::InternalLinkage);
}

/// Checks what LLVM requires beyond its dialect; an error stands at the
/// function that is wrong.
static mlir::LogicalResult verifyTranslated(mlir::ModuleOp module,
                                            const Module &translated) {
  std::string why;
  raw_string_ostream stream(why);
  auto fail = [&](mlir::Operation *at) {
    return at->emitError("expected code that LLVM accepts, but it says: ")
           << StringRef(why).split('\n').first;
  };
  for (const Function &function : translated)
    if (verifyFunction(function, &stream)) {
      auto *at = module.lookupSymbol(function.getName());
      return fail(at ? at : module.getOperation());
    }
  return verifyModule(translated, &stream) ? fail(module) : mlir::success();
}

static mlir::LogicalResult emit(mlir::ModuleOp module, TargetMachine &machine,
                                raw_pwrite_stream &stream, CodeGenFileType type,
                                const std::vector<std::string> *only) {
  LLVMContext context;
  // The name ends up in the object: it must not depend on where we run.
  std::unique_ptr<Module> translated = mlir::translateModuleToLLVMIR(
      module, context, module.getName().value_or("sinter"),
      /*disableVerification=*/true);
  if (!translated || failed(verifyTranslated(module, *translated)))
    return mlir::failure();
  if (only)
    internalizeOthers(*translated, *only);
  if (!generate(*translated, machine, stream, type))
    return module.emitError("the target ")
           << machine.getTargetTriple().str() << " cannot emit such a file";
  return mlir::success();
}

mlir::FailureOr<SmallVector<char, 0>>
sinter::emitObject(mlir::ModuleOp module, TargetMachine &machine,
                   const std::vector<std::string> *only) {
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  if (failed(
          emit(module, machine, stream, CodeGenFileType::ObjectFile, only)) ||
      failed(verifyObject(module, bytes)))
    return mlir::failure();
  return bytes;
}

mlir::FailureOr<std::string> sinter::emitAssembly(mlir::ModuleOp module,
                                                  TargetMachine &machine) {
  SmallVector<char, 0> text;
  raw_svector_ostream stream(text);
  if (failed(emit(module, machine, stream, CodeGenFileType::AssemblyFile,
                  /*only=*/nullptr)))
    return mlir::failure();
  return std::string(text.begin(), text.end());
}
