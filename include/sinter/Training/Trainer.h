// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The training loop over compiled entries.
#ifndef SINTER_TRAINING_TRAINER_H
#define SINTER_TRAINING_TRAINER_H

#include "sinter/Data/Tensor.h"
#include "sinter/Runtime/AlignedBuffer.h"
#include "sinter/Runtime/Model.h"
#include "sinter/Training/Observer.h"
#include "sinter/Training/Settings.h"
#include <csignal>
#include <optional>
#include <string>

namespace sinter {

/// What the caller of train() decides; the rest is in the block.
struct TrainingOptions {
  std::string block;         ///< empty: the only one
  std::string dataDirectory; ///< where the block's files are
  std::string
      save; ///< checkpoint after every epoch and when interrupted; empty: none
  std::string resume; ///< checkpoint to continue from; empty: from the start
  std::string init; ///< weights to start from; empty: the initial distributions
  std::optional<int64_t> seed;
  const sinter_ctx *context = nullptr;
  /// Whether to use the threads of the context only if they make the first
  /// steps faster; otherwise always.
  bool choosesThreads = false;
  /// Looked at after every step; nonzero stops with a checkpoint. May be null.
  const volatile std::sig_atomic_t *interrupt = nullptr;
};

enum class TrainingOutcome : uint8_t { Done, Interrupted };

/// The state block at the end, and how it ended.
struct TrainingResult {
  TrainingOutcome outcome = TrainingOutcome::Done;
  AlignedBuffer state;
};

/// The settings of the train block of that name, the only one if it is empty.
/// Throws sinter::Error.
Settings trainSettings(const Model &model, const std::string &block);

/// Runs a train block. Throws sinter::Error for data, weights or labels that
/// cannot be used, a loss that is not a number (epoch and step named; the
/// checkpoint stays as it was) and checkpoints that cannot be written.
TrainingResult train(const Model &model, const TrainingOptions &options,
                     TrainingObserver &observer);

/// Calls an entry without inputs on a state of its own: its results are the
/// data of `TensorDataset(fn())`. Throws sinter::Error.
std::vector<Tensor> callForTensors(const Model &model, const std::string &name,
                                   int64_t seed, const sinter_ctx *context);

} // namespace sinter
#endif
