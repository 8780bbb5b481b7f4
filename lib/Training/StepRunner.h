// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of a train block's entries on batches: chooses instances, owns results
// and gradients.
#ifndef SINTER_TRAINING_STEPRUNNER_H
#define SINTER_TRAINING_STEPRUNNER_H

#include "ThreadChoice.h"
#include "sinter/Data/Dataset.h"
#include "sinter/Training/BatchLoader.h"
#include "sinter/Training/Settings.h"
#include <map>

namespace sinter {

/// A batch and where its rows come from, for errors.
struct BatchSource {
  const Dataset *dataset;
  const std::vector<int64_t> *order;
};

/// One entry with result buffers for each instance in use.
class BoundEntry {
public:
  /// An instance with its buffers.
  struct Call {
    const Instance *instance = nullptr;
    std::vector<Tensor> results;
    std::vector<void *> pointers;
  };

  /// Throws sinter::Error if the model has no such entry.
  BoundEntry(const Model &model, const std::string &state, EntryRole role);

  /// The call for these inputs, made at its first use. The gradient segment
  /// uses `gradient`, made to fit. Throws sinter::Error that says what was
  /// expected and which dims were compiled.
  Call &callFor(const std::vector<TensorSpec> &inputs, AlignedBuffer &gradient);

  const Entry &entry() const { return *compiled; }

private:
  const Entry *compiled;
  std::map<std::vector<std::vector<int64_t>>, Call> calls;
};

/// What one batch gave.
struct StepResult {
  double loss = 0;
  int64_t correct = 0; ///< rows whose largest prediction is at the label, if
                       ///< the metric is accuracy
  const BoundEntry::Call *call = nullptr; ///< its results, until the next one
};

/// Runs optimizer steps and evaluations of one train block on one state block.
class StepRunner {
public:
  StepRunner(const Model &model, const Settings &settings, ThreadChoice threads,
             AlignedBuffer &state);

  /// Checks that the block was compiled for batches of `rows` rows of this data
  /// set. Throws sinter::Error.
  void checkTraining(const Dataset &dataset, int64_t rows);
  /// Checks the types of a batch alone, before the data are read.
  void checkTrainingTypes(const std::vector<TensorSpec> &batch);
  void checkEvaluationTypes(const std::vector<TensorSpec> &batch);
  void checkEvaluation(const Dataset &dataset, int64_t rows);

  /// train_step on one batch: a whole optimizer step.
  StepResult trainStep(const Batch &batch, const BatchSource &source,
                       bool countCorrect);
  /// gradients of one of `count` batches, added to those before it unless
  /// `index` is 0; update() follows the last one.
  StepResult gradients(const Batch &batch, const BatchSource &source,
                       int64_t index, int64_t count, bool countCorrect);
  void update();
  /// Prepares the state for evaluations, which updates do not come between.
  void prepare();
  /// evaluate on one batch; of the state only carries change.
  StepResult evaluate(const Batch &batch, const BatchSource &source,
                      bool countCorrect);

private:
  BoundEntry::Call &bind(BoundEntry &entry, std::vector<TensorSpec> inputs,
                         bool scaled);
  BoundEntry &training();
  void call(BoundEntry &entry, BoundEntry::Call &call,
            const std::vector<const void *> &inputs, const Batch *batch,
            const BatchSource *source);
  StepResult run(BoundEntry &entry, const Batch &batch,
                 const BatchSource &source, bool scaled, bool countCorrect);
  StepResult runTimed(BoundEntry &entry, const Batch &batch,
                      const BatchSource &source, bool scaled,
                      bool countCorrect);
  void reserveWorkspace(const BoundEntry &entry);

  const Model &model;
  const Settings &settings;
  ThreadChoice threads;
  AlignedBuffer &state;
  AlignedBuffer workspace, gradient;
  std::map<EntryRole, BoundEntry> entries;
  BoundEntry &bound(EntryRole role);
  double scale = 1;
  uint8_t accumulate = 0;
};

} // namespace sinter
#endif
