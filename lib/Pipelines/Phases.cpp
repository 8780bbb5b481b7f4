// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What runs in each phase, in order.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include "sinter/CodeGen/CPU/Passes.h"
#include "sinter/Conversion/Passes.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "sinter/Pipelines/ModelTable.h"
#include "sinter/Pipelines/Passes.h"
#include "sinter/Pipelines/Pipelines.h"
#include "sinter/Pipelines/Steps.h"

using namespace mlir;
using namespace sinter;

static constexpr StringLiteral phases[] = {
    "source", "graph", "grad", "fused", "kernels",
    "linalg", "loops", "llvm", "asm",   "obj"};

StringRef sinter::nameOf(Phase phase) { return phases[unsigned(phase)]; }

std::optional<Phase> sinter::phaseNamed(StringRef name) {
  for (auto [number, phase] : llvm::enumerate(phases))
    if (phase == name)
      return Phase(number);
  return std::nullopt;
}

PipelineOptions sinter::prepareModule(ModuleOp module,
                                      const PipelineOptions &options) {
  PipelineOptions result = options;
  Builder builder(module.getContext());
  auto text = [&](StringRef name, std::string &value) {
    if (auto known = module->getAttrOfType<StringAttr>(name))
      value = known.str();
    else if (!value.empty())
      module->setAttr(name, builder.getStringAttr(value));
  };
  text("nn.target", result.target);
  text("nn.cpu", result.cpu);
  text("nn.features", result.features);
  auto flag = [&](StringRef name, bool &value) {
    if (auto known = module->getAttrOfType<BoolAttr>(name))
      value = known.getValue();
    else
      module->setAttr(name, builder.getBoolAttr(value));
  };
  flag("nn.fold", result.fold);
  flag("nn.optimize", result.optimize);
  if (auto known = module->getAttrOfType<IntegerAttr>("nn.vector_bytes"))
    result.vectorBytes = known.getInt();
  else
    module->setAttr("nn.vector_bytes",
                    builder.getI64IntegerAttr(result.vectorBytes));
  return result;
}

static void buildFused(OpPassManager &manager, const PipelineOptions &options) {
  // While layers are single ops.
  if (options.fold)
    manager.addPass(nn::createNNFoldBatchNorms());
  OpPassManager &functions = manager.nest<func::FuncOp>();
  // While scatters and updates are single ops.
  if (options.optimize)
    functions.addPass(nn::createNNSplitUpdates());
  functions.addPass(nn::createNNDecompose());
  functions.addPass(nn::createNNExpandLengths());
  // Brings transpositions into flags, which orienting takes out again where it
  // pays: in this order, and no simplification afterwards.
  functions.addPass(nn::createNNSimplify());
  if (options.optimize) {
    functions.addPass(nn::createNNMoveOutOfScans());
    nn::NNChooseLayoutsOptions layouts;
    layouts.vectorBytes = options.vectorBytes;
    functions.addPass(nn::createNNChooseLayouts(layouts));
    functions.addPass(nn::createNNSimplify());
  }
  functions.addPass(nn::createNNExpandSums());
  if (options.optimize) {
    functions.addPass(nn::createNNJoinPads());
    functions.addPass(nn::createNNFuseLstmGates());
    // Before layouts are chosen: those of a prepared state cost nothing.
    manager.addPass(nn::createNNClonePrepared());
  }
  OpPassManager &instances = manager.nest<func::FuncOp>();
  if (options.optimize) {
    nn::NNOrientContractionsOptions orientation;
    orientation.vectorBytes = options.vectorBytes;
    instances.addPass(nn::createNNOrientContractions(orientation));
    // What orienting made of weights is made once for all steps.
    instances.addPass(nn::createNNMoveOutOfScans());
    instances.addPass(nn::createNNSplitReductions());
  }
  // After the last pass that asks scans for values of all steps.
  instances.addPass(nn::createNNShareHistories());
  if (options.optimize)
    instances.addPass(createCSEPass());
  // Before kernels form: none is made of both parameters and inputs. Without
  // optimization too, for modules that were optimized up to here.
  manager.addPass(nn::createNNHoistPreparation());
  nn::NNFuseOptions fusion;
  fusion.merge = options.optimize;
  fusion.remarks = options.remarks;
  manager.addNestedPass<func::FuncOp>(nn::createNNSplitConcats());
  manager.addNestedPass<func::FuncOp>(nn::createNNFuse(fusion));
  manager.addPass(createVerifyFused());
}

static void buildKernels(OpPassManager &manager,
                         const PipelineOptions &options) {
  nn::NNOutlineKernelsOptions outlining;
  // The reference loops of a kernel do not split.
  outlining.singleTile = !options.optimize;
  manager.addPass(nn::createNNOutlineKernels(outlining));
  manager.addPass(nn::createNNPlanMemory());
  manager.addPass(createVerifyKernels());
}

static void buildLoops(OpPassManager &manager, const PipelineOptions &options) {
  if (options.optimize) {
    EmitLoopsOptions emission;
    emission.vectorBytes = options.vectorBytes;
    manager.addPass(createEmitLoops(emission));
  } else {
    ReferenceLoopsOptions reference;
    reference.wideSums = options.wideSums;
    manager.addPass(createReferenceLoops(reference));
  }
  manager.addPass(createVerifyLoops());
}

static void buildLlvm(OpPassManager &manager, const PipelineOptions &options) {
  // Entries first: they name kernels, whose signatures the lowering changes.
  manager.addPass(createLowerEntries());
  LLVMLoweringOptions lowering;
  lowering.expandMath = options.optimize;
  lowering.fma = options.fma;
  buildLowerToLLVMPipeline(manager, lowering);
}

void sinter::buildPhasePipeline(OpPassManager &manager, Phase phase,
                                const PipelineOptions &options) {
  switch (phase) {
  case Phase::Graph:
    manager.addPass(createVerifyInterface());
    manager.addPass(createVerifyGraph());
    if (options.isolateGradients)
      manager.addPass(nn::createNNIsolateGradients());
    return;
  case Phase::Grad:
    if (options.optimize)
      manager.addNestedPass<func::FuncOp>(nn::createNNPoolFirst());
    manager.addNestedPass<func::FuncOp>(nn::createNNExpandGradients());
    manager.addNestedPass<func::FuncOp>(nn::createNNSimplify());
    manager.addPass(createVerifyGrad());
    return;
  case Phase::Fused:
    return buildFused(manager, options);
  case Phase::Kernels:
    return buildKernels(manager, options);
  case Phase::Linalg:
    manager.addNestedPass<func::FuncOp>(nn::createNNToLinalg());
    manager.addPass(createVerifyLinalg());
    return;
  case Phase::Loops:
    return buildLoops(manager, options);
  case Phase::Llvm:
    return buildLlvm(manager, options);
  case Phase::Source:
  case Phase::Asm:
  case Phase::Obj:
    return; // text and bytes, not IR
  }
}

/// The verifiers of a phase alone. Entries stay as they are from kernels to
/// loops.
static void buildVerifiers(OpPassManager &manager, Phase phase) {
  if (phase < Phase::Llvm)
    manager.addPass(createVerifyInterface());
  VerifyKernelsOptions schedule;
  schedule.primitives = phase == Phase::Kernels;
  switch (phase) {
  case Phase::Graph:
    manager.addPass(createVerifyGraph());
    return;
  case Phase::Grad:
    manager.addPass(createVerifyGrad());
    return;
  case Phase::Fused:
    manager.addPass(createVerifyFused());
    return;
  case Phase::Kernels:
    manager.addPass(createVerifyKernels(schedule));
    return;
  case Phase::Linalg:
    manager.addPass(createVerifyKernels(schedule));
    manager.addPass(createVerifyLinalg());
    return;
  case Phase::Loops:
    manager.addPass(createVerifyKernels(schedule));
    manager.addPass(createVerifyLoops());
    return;
  case Phase::Llvm:
    manager.addPass(createVerifyLLVM());
    return;
  case Phase::Source:
  case Phase::Asm:
  case Phase::Obj:
    return; // text and bytes, not IR
  }
}

LogicalResult sinter::verifyPhase(ModuleOp module, Phase phase) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  buildVerifiers(manager, phase);
  if (failed(manager.run(module)))
    return failure();
  // Functions without an interface of their own have to be those described.
  return success(phase < Phase::Llvm || succeeded(readModelTable(module)));
}

LogicalResult
sinter::runPhases(ModuleOp module, Phase from, Phase to,
                  const PipelineOptions &options,
                  llvm::function_ref<void(Phase, ModuleOp)> afterPhase) {
  PipelineOptions effective = prepareModule(module, options);
  if (!options.insertAfter.empty())
    return runSteps(module, listSteps(module.getContext(), from, to, effective),
                    afterPhase);
  for (unsigned phase = unsigned(from) + 1;
       phase <= unsigned(to) && phase <= unsigned(Phase::Llvm); ++phase) {
    PassManager manager(module.getContext(), ModuleOp::getOperationName());
    // Once per phase is enough; between the passes of one it costs more than
    // the passes.
    manager.enableVerifier(false);
    buildPhasePipeline(manager, Phase(phase), effective);
    if (failed(manager.run(module)) || failed(verify(module)))
      return failure();
    if (afterPhase)
      afterPhase(Phase(phase), module);
  }
  return success();
}
