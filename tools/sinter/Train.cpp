// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter train`: runs a train block.

#include "Session.h"
#include "sinter/Training/Interrupt.h"
#include "sinter/Training/Trainer.h"
#include <unistd.h>

namespace sinter::driver {

int train(const CommonOptions &common, const TrainOptions &options) {
  Session session(common.compilerOptions(), common.threads);
  InterruptGuard guard;
  TrainingOptions training;
  training.block = options.block;
  training.dataDirectory = common.dataFolder();
  training.save = options.save;
  training.resume = options.resume;
  training.init = options.init;
  if (options.seed >= 0)
    training.seed = options.seed;
  training.context = session.context();
  training.interrupt = &InterruptGuard::flag();
  ConsoleObserver observer(stdout, isatty(STDOUT_FILENO));
  TrainingResult result = sinter::train(session.model(), training, observer);
  return result.outcome == TrainingOutcome::Interrupted ? Interrupted : Done;
}

} // namespace sinter::driver
