// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter check`: compares what a model computes with golden numbers.

#include "Golden.h"
#include <fmt/format.h>

namespace sinter::driver {

/// The golden tensors for the parameters of `check`, in order.
static std::vector<const Tensor *> inputsOf(const Entry &entry,
                                            const Golden &golden) {
  std::vector<const Tensor *> inputs;
  for (const TensorSpec &spec : entry.instances.front().inputs) {
    const Tensor *tensor = nullptr;
    for (const char *prefix : {"", "input.", "target."})
      if (!tensor)
        tensor = golden.find(prefix + spec.name);
    inputs.push_back(tensor ? tensor : &golden.get("input." + spec.name));
  }
  return inputs;
}

/// Outputs and gradients of one function or of a module's forward.
static int checkFunction(const CommonOptions &common,
                         const CheckOptions &options) {
  Golden golden(options.golden, options.tolerance);
  CompilerOptions compilerOptions = common.compilerOptions();
  compilerOptions.check = true;
  compilerOptions.evalMode = options.eval;
  for (const std::string &name : golden.namesAfter("cotangent."))
    compilerOptions.cotangents.insert(name);
  Session session(compilerOptions, common.threads);
  const Entry &entry = session.entry("check");
  const StateTable &table = session.tableOf(entry);
  AlignedBuffer state = session.makeState(entry, 0);
  golden.loadInto(table, state);
  for (const Tensor &got :
       session.call(entry, state, inputsOf(entry, golden))) {
    golden.compare(got.spec.name, got);
    if (options.eval)
      golden.compare("eval." + got.spec.name, got);
  }
  for (const Segment &segment : table.segments)
    golden.compare("after.buffer." + segment.tensor.name,
                   loadSegment(state, segment));
  if (!options.eval && !golden.namesAfter("eval.output.").empty()) {
    const Entry &eval = session.entry("check_eval");
    for (const Tensor &got : session.call(eval, state, inputsOf(eval, golden)))
      golden.compare(got.spec.name, got);
  }
  return golden.finish();
}

/// An option that would have no effect is a mistake.
static void checkOptions(const CommonOptions &common,
                         const CheckOptions &options) {
  auto refuse = [&](std::initializer_list<const char *> names,
                    const char *what) {
    for (const char *name : names)
      if (common.given.count(name))
        throw UsageError(fmt::format("{}: expected {}", name, what));
  };
  if (options.golden.empty())
    refuse({"--tolerance", "--steps"}, "--golden=FILE with it");
  if (options.golden.empty() && !options.gradients)
    refuse({"--eval"}, "--golden=FILE or --gradients with it");
  if (options.gradients)
    refuse({"--golden", "--bisect"}, "no --gradients with it");
  if (!options.golden.empty())
    refuse({"--bisect", "--seed"}, "no --golden with it");
}

int check(const CommonOptions &common, const CheckOptions &options) {
  checkOptions(common, options);
  if (options.gradients)
    return checkGradients(common, options);
  if (options.golden.empty())
    return options.bisect ? bisect(common, options.seed)
                          : checkAgreement(common, options.seed);
  return options.steps ? checkTraining(common, options)
                       : checkFunction(common, options);
}

} // namespace sinter::driver
