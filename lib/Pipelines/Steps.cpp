// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pipelines as text, pass by pass, so that they can be cut and joined.

#include "sinter/Pipelines/Steps.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace sinter;

/// Text is parsed with the passes that are registered.
static void registerPipelinePasses() {
  static const bool once = [] {
    registerPasses();
    registerPass([] { return memref::createExpandStridedMetadataPass(); });
    registerPass([] { return createLowerAffinePass(); });
    registerPass([] { return createConvertSCFToCFPass(); });
    registerPass([] { return createReconcileUnrealizedCastsPass(); });
    return true;
  }();
  (void)once;
}

/// Splits "a{x=1,2},b" at the commas outside of brackets.
static SmallVector<StringRef> splitPasses(StringRef text) {
  SmallVector<StringRef> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) {
      depth += StringRef("({[").contains(text[i]);
      depth -= StringRef(")}]").contains(text[i]);
      if (depth || text[i] != ',')
        continue;
    }
    if (i > begin)
      parts.push_back(text.slice(begin, i));
    begin = i + 1;
  }
  return parts;
}

static StringRef nameOfPass(StringRef text) {
  return text.take_until([](char c) { return c == '{'; });
}

/// Appends the passes of `pass`, which may stand for several on functions.
static void appendSteps(Pass &pass, Phase phase, std::vector<Step> &steps) {
  std::string text;
  llvm::raw_string_ostream os(text);
  pass.printAsTextualPipeline(os);
  const size_t open = text.find_first_of("({");
  if (open == std::string::npos || text[open] == '{') {
    steps.push_back({phase, nameOfPass(text).str(), text});
    return;
  }
  std::string anchor = text.substr(0, open);
  StringRef nested = StringRef(text).slice(open + 1, text.size() - 1);
  for (StringRef part : splitPasses(nested))
    steps.push_back(
        {phase, nameOfPass(part).str(), anchor + "(" + part.str() + ")"});
}

std::vector<Step> sinter::listSteps(MLIRContext *context, Phase from, Phase to,
                                    const PipelineOptions &options) {
  std::vector<Step> steps;
  for (unsigned phase = unsigned(from) + 1;
       phase <= unsigned(to) && phase <= unsigned(Phase::Llvm); ++phase) {
    PassManager manager(context, ModuleOp::getOperationName());
    buildPhasePipeline(manager, Phase(phase), options);
    std::vector<Step> ofPhase;
    for (Pass &pass : manager.getPasses())
      appendSteps(pass, Phase(phase), ofPhase);
    for (Step &step : ofPhase) {
      bool isPlace = step.pass == options.insertAfter;
      steps.push_back(std::move(step));
      if (isPlace)
        steps.push_back(
            {Phase(phase), nameOfPass(options.insert).str(), options.insert});
    }
  }
  return steps;
}

LogicalResult
sinter::runSteps(ModuleOp module, ArrayRef<Step> steps,
                 llvm::function_ref<void(Phase, ModuleOp)> afterPhase) {
  registerPipelinePasses();
  for (auto [i, step] : llvm::enumerate(steps)) {
    PassManager manager(module.getContext(), ModuleOp::getOperationName());
    manager.enableVerifier(false);
    if (failed(parsePassPipeline(step.text, manager)) ||
        failed(manager.run(module)))
      return failure();
    bool isLast = i + 1 == steps.size() || steps[i + 1].phase != step.phase;
    if (!isLast)
      continue;
    if (failed(verify(module)))
      return failure();
    if (afterPhase)
      afterPhase(step.phase, module);
  }
  return success();
}

/// What -O0 still runs after `done`: the phases to come and, of the phase that
/// was left in the middle, the passes after the last one that was run.
static std::vector<Step> remainingSteps(MLIRContext *context, Phase from,
                                        ArrayRef<Step> done, bool isPhaseOver,
                                        PipelineOptions options) {
  options.optimize = false;
  options.insertAfter.clear();
  Phase current = done.empty() ? from : done.back().phase;
  std::vector<Step> rest;
  if (!isPhaseOver) {
    std::vector<Step> all =
        listSteps(context, Phase(unsigned(current) - 1), current, options);
    size_t next = 0;
    for (const Step &step : done)
      if (step.phase == current)
        for (size_t i = next; i < all.size(); ++i)
          if (all[i].pass == step.pass) {
            next = i + 1;
            break;
          }
    rest.assign(all.begin() + next, all.end());
  }
  for (Step &step : listSteps(context, current, Phase::Llvm, options))
    rest.push_back(std::move(step));
  llvm::erase_if(rest, [](const Step &step) {
    return StringRef(step.pass).contains("verify");
  });
  for (Step &step : rest)
    if (step.pass == "sinter-reference-loops")
      step.text = "sinter-reference-loops{bounded-scratch=false}";
  return rest;
}

LogicalResult
sinter::runSnapshot(ModuleOp module, Phase from, size_t count,
                    const PipelineOptions &options,
                    llvm::function_ref<void(Phase, ModuleOp)> afterPhase) {
  PipelineOptions effective = prepareModule(module, options);
  MLIRContext *context = module.getContext();
  std::vector<Step> all = listSteps(context, from, Phase::Llvm, effective);
  ArrayRef<Step> done = ArrayRef<Step>(all).take_front(count);
  bool isPhaseOver = done.size() == all.size() || done.empty() ||
                     all[done.size()].phase != done.back().phase;
  std::vector<Step> steps(done.begin(), done.end());
  for (Step &step : remainingSteps(context, from, done, isPhaseOver, effective))
    steps.push_back(std::move(step));
  return runSteps(module, steps, afterPhase);
}
