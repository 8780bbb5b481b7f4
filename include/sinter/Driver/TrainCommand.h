// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `train`: runs a train block and prints its progress.
#ifndef SINTER_DRIVER_TRAINCOMMAND_H
#define SINTER_DRIVER_TRAINCOMMAND_H

#include "sinter/Driver/CommandLine.h"
#include "sinter/Runtime/Model.h"

namespace sinter::driver {

/// Trains until the block's last epoch or an interrupt (SIGINT, SIGTERM);
/// returns Done or Interrupted. Throws Error. Runs on as many threads as
/// `execution` says, else on all cores if that makes steps faster.
int trainBlock(const Model &model, const ExecutionOptions &execution,
               const std::string &dataDirectory, const TrainOptions &options);

} // namespace sinter::driver
#endif
