// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What training tells while it runs, and the observer that prints it.
#ifndef SINTER_TRAINING_OBSERVER_H
#define SINTER_TRAINING_OBSERVER_H

#include "sinter/Data/Tensor.h"
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace sinter {

/// What can be looked at beside what an observer is told; tensors stay as they
/// are until it returns.
class TrainingView {
public:
  virtual ~TrainingView() = default;
  /// Steps of the optimizer since the start of the first epoch.
  virtual int64_t steps() = 0;
  virtual double currentLearningRate() = 0;
  /// The inputs and then the results of the last batch, by their names.
  virtual std::vector<TensorView> lastBatch() = 0;
  /// By the first of their keys, frozen ones included.
  virtual std::vector<TensorView> parameters() = 0;
};

struct StartReport {
  std::string block;
  int64_t parameters = 0; ///< trainable and frozen elements
  int64_t rows = 0, batches = 0, batchSize = 0, epochs = 0;
  TrainingView *view = nullptr; ///< valid as long as training goes on
};

/// Where training is. Epochs and steps count from 1.
struct StepReport {
  int64_t epoch = 0, epochs = 0;
  int64_t step = 0, steps = 0; ///< optimizer steps within the epoch
  double loss = 0; ///< as the block's `report` says, of the epoch so far
  double samplesPerSecond = 0;
  double stepLoss = 0; ///< the mean over the batches of this step
};

/// Loss and accuracy (0 to 1) over a data set.
struct Evaluation {
  double loss = 0;
  std::optional<double> accuracy;
};

struct EpochReport {
  int64_t epoch = 0, epochs = 0;
  double loss = 0;
  std::optional<Evaluation> validation;
  std::optional<double>
      accuracy; ///< on the training batches, if there is no validation
  double samplesPerSecond = 0; ///< of training, without validation
};

/// Told of everything that happens; does nothing by itself.
class TrainingObserver {
public:
  virtual ~TrainingObserver() = default;
  virtual void onStart(const StartReport &) {}
  /// Instead of epochs: the checkpoint to resume has them all.
  virtual void onFinishedBefore(int64_t epochs) {}
  /// After every optimizer step: must be cheap.
  virtual void onStep(const StepReport &) {}
  /// After every `report_every` steps; the loss is of these steps alone.
  virtual void onReport(const StepReport &) {}
  /// After every `validate_every` steps.
  virtual void onValidation(const StepReport &, const Evaluation &) {}
  virtual void onEpoch(const EpochReport &) {}
  /// After every checkpoint; `last` if training ends with it.
  virtual void onSaved(const std::string &file, bool last) {}
  virtual void onInterrupted(const StepReport &) {}
  /// Something that the user may not expect, in a sentence.
  virtual void onNote(const std::string &text) {}
};

/// Tells several observers, in their order. They must outlive it.
class ObserverList : public TrainingObserver {
public:
  void add(TrainingObserver &observer) { observers.push_back(&observer); }

  void onStart(const StartReport &report) override;
  void onFinishedBefore(int64_t epochs) override;
  void onStep(const StepReport &report) override;
  void onReport(const StepReport &report) override;
  void onValidation(const StepReport &report,
                    const Evaluation &evaluation) override;
  void onEpoch(const EpochReport &report) override;
  void onSaved(const std::string &file, bool last) override;
  void onInterrupted(const StepReport &report) override;
  void onNote(const std::string &text) override;

private:
  std::vector<TrainingObserver *> observers;
};

/// How losses are printed: with four decimals or four digits, whichever says
/// more, or with all their bits ("0x1.8p+0").
enum class LossFormat : uint8_t { Rounded, Hexadecimal };

/// Prints plain lines, and on a terminal a progress bar as well.
class ConsoleObserver : public TrainingObserver {
public:
  ConsoleObserver(std::FILE *out, bool terminal,
                  LossFormat losses = LossFormat::Rounded)
      : out(out), terminal(terminal), losses(losses) {}

  void onStart(const StartReport &report) override;
  void onFinishedBefore(int64_t epochs) override;
  void onStep(const StepReport &report) override;
  void onReport(const StepReport &report) override;
  void onValidation(const StepReport &report,
                    const Evaluation &evaluation) override;
  void onEpoch(const EpochReport &report) override;
  /// Prints the last one alone: there is one every epoch.
  void onSaved(const std::string &file, bool last) override;
  void onInterrupted(const StepReport &report) override;
  /// On the standard error.
  void onNote(const std::string &text) override;

private:
  void line(const std::string &text);
  std::string lossText(double loss) const;
  std::string evaluationText(const Evaluation &evaluation) const;

  std::FILE *out;
  bool terminal;
  LossFormat losses;
  std::chrono::steady_clock::time_point drawn{};
};

} // namespace sinter
#endif
