// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One run of a train block, from its settings to its last checkpoint.
#ifndef SINTER_TRAINING_TRAININGLOOP_H
#define SINTER_TRAINING_TRAININGLOOP_H

#include "Meters.h"
#include "StepRunner.h"
#include "sinter/Training/Checkpoint.h"
#include "sinter/Training/Trainer.h"

namespace sinter {

/// One run of a train block.
class TrainingLoop : TrainingView {
public:
  TrainingLoop(const Model &model, Settings blockSettings,
               const TrainingOptions &options, TrainingObserver &observer);

  TrainingResult run();

private:
  int64_t steps() override;
  double currentLearningRate() override;
  std::vector<TensorView> lastBatch() override;
  std::vector<TensorView> parameters() override;

  Dataset openData(const DataSource &source, bool isForTraining);
  void checkRows(int64_t rows) const;
  void checkData();
  void startState();
  void takeHyperparameters();
  void startEpoch();
  void copyCarries(const AlignedBuffer &from, AlignedBuffer &to) const;
  bool runEpoch();
  void runStep(BatchLoader &loader);
  void record(const StepResult &result, const Batch &batch);
  void reportStep();
  std::optional<Evaluation> evaluate();
  void save(bool last);

  bool interrupted() const { return options.interrupt && *options.interrupt; }
  int64_t batches() const {
    int64_t rows = data.rows(), size = settings.batchSize;
    return settings.dropLast ? rows / size : (rows + size - 1) / size;
  }
  StepReport place() const;

  const Model &model;
  const Settings settings;
  const TrainingOptions &options;
  TrainingObserver &observer;
  const StateTable &table;
  AlignedBuffer state, initialState, carriesOfTraining;
  StepRunner runner;
  Dataset data;
  std::optional<Dataset> validation;
  LoopPosition position;

  // Of the current epoch.
  std::vector<int64_t> order;
  LossMeter epochLoss, intervalLoss;
  Stopwatch watch;
  int64_t step = 0, samples = 0, correct = 0;
  double stepLoss = 0; ///< mean over the batches of the last step
  /// The last batch and its call; null before the first.
  const Batch *batch = nullptr;
  const BoundEntry::Call *call = nullptr;
};

} // namespace sinter
#endif
