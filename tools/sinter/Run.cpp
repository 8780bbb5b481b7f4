// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter run`: compiles for the shapes of the inputs and calls an entry.
#include "Session.h"
#include "sinter/Driver/RunCommand.h"

namespace sinter::driver {

int run(const CommonOptions &common, const RunOptions &options) {
  CompilerOptions compilerOptions = common.compilerOptions();
  std::vector<RunInput> inputs = parseInputs(options.inputs);
  std::vector<NamedFile> files = {{"the model", common.file},
                                  {"--weights", options.weights}};
  for (const RunInput &input : inputs)
    files.push_back({"--input", input.file});
  checkOutputs(files, {{"-o", options.output}, {"--plot", options.plot}});
  for (const RunInput &input : inputs)
    if (input.name.empty())
      compilerOptions.unnamedInputShapes.push_back(input.shape);
    else
      compilerOptions.inputShapes[input.name] = input.shape;
  compilerOptions.skippedNotes =
      options.block.empty() ? SkippedNotes::OfCall : SkippedNotes::OfBlocks;
  if (common.entry.empty() && inputs.empty())
    checkFoldersOf(compilerOptions, /*ofTraining=*/false, options.block);
  Session session(compilerOptions, common.threads);
  if (wantsBlock(session.model(), common.entry, options)) {
    runBlock(session, common.dataFolder(), options);
    return Done;
  }
  runEntry(session, common.entry, inputs, options);
  return Done;
}

} // namespace sinter::driver
