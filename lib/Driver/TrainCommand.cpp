// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the options of `train` to the training loop.
#include "sinter/Driver/TrainCommand.h"
#include "LossCurves.h"
#include "TensorBoard.h"
#include "sinter/Runtime/ThreadPool.h"
#include "sinter/Training/Interrupt.h"
#include "sinter/Training/Trainer.h"
#include <optional>
#include <thread>
#include <unistd.h>

namespace sinter::driver {

int trainBlock(const Model &model, const ExecutionOptions &execution,
               const std::string &dataDirectory, const TrainOptions &options) {
  int cores = int(std::thread::hardware_concurrency());
  ThreadPool pool(execution.threads ? execution.threads : cores);
  sinter_ctx context = pool.context();
  InterruptGuard guard;
  TrainingOptions training;
  training.block = options.block;
  training.dataDirectory = dataDirectory;
  training.save = options.save;
  training.resume = options.resume;
  training.init = options.init;
  if (options.seed >= 0)
    training.seed = options.seed;
  training.context = &context;
  training.choosesThreads = execution.threads == 0;
  training.interrupt = &InterruptGuard::flag();
  ConsoleObserver console(stdout, isatty(STDOUT_FILENO),
                          options.exact ? LossFormat::Hexadecimal
                                        : LossFormat::Rounded);
  std::optional<Picture> picture;
  if (!options.plot.empty())
    picture.emplace(options.plot);
  LossCurves curves;
  TensorBoardObserver tensorBoard(trainSettings(model, options.block));
  ObserverList observers;
  // First the one whose start can fail.
  if (tensorBoard.isWanted())
    observers.add(tensorBoard);
  observers.add(console);
  if (picture)
    observers.add(curves);
  TrainingResult result = sinter::train(model, training, observers);
  if (picture)
    picture->draw(curves.title(), curves.panels());
  return result.outcome == TrainingOutcome::Interrupted ? Interrupted : Done;
}

} // namespace sinter::driver
