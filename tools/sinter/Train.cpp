// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter train`: compiles and runs a train block.
#include "Session.h"
#include "sinter/Driver/TrainCommand.h"

namespace sinter::driver {

int train(const CommonOptions &common, const TrainOptions &options) {
  checkOutputs({{"the model", common.file}, {"--init", options.init}},
               {{"--save", options.save}, {"--plot", options.plot}});
  if (!options.init.empty() && !options.resume.empty())
    throw UsageError("--init: expected no --resume with it, which brings the "
                     "weights");
  CompilerOptions compilerOptions = common.compilerOptions();
  compilerOptions.skippedNotes = SkippedNotes::OfBlocks;
  checkFoldersOf(compilerOptions, /*ofTraining=*/true, options.block);
  Session session(compilerOptions, /*threads=*/1);
  return trainBlock(session.model(), common, common.dataFolder(), options);
}

} // namespace sinter::driver
