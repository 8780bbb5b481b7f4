// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the options of `train` to the training loop.
#include "sinter/Driver/TrainCommand.h"
#include "LossCurves.h"
#include "sinter/Training/Interrupt.h"
#include "sinter/Training/Trainer.h"
#include <optional>
#include <unistd.h>

namespace sinter::driver {

int trainBlock(const ModelSession &session, const std::string &dataDirectory,
               const TrainOptions &options) {
  InterruptGuard guard;
  TrainingOptions training;
  training.block = options.block;
  training.dataDirectory = dataDirectory;
  training.save = options.save;
  training.resume = options.resume;
  training.init = options.init;
  if (options.seed >= 0)
    training.seed = options.seed;
  training.context = session.context();
  training.interrupt = &InterruptGuard::flag();
  ConsoleObserver console(stdout, isatty(STDOUT_FILENO),
                          options.exact ? LossFormat::Hexadecimal
                                        : LossFormat::Rounded);
  std::optional<Picture> picture;
  if (!options.plot.empty())
    picture.emplace(options.plot);
  LossCurves curves(console);
  TrainingObserver &observer =
      picture ? static_cast<TrainingObserver &>(curves) : console;
  TrainingResult result = sinter::train(session.model(), training, observer);
  if (picture)
    picture->draw(curves.title(), curves.panels());
  return result.outcome == TrainingOutcome::Interrupted ? Interrupted : Done;
}

} // namespace sinter::driver
