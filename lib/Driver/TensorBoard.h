// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What train and run blocks show in TensorBoard.
#ifndef SINTER_LIB_DRIVER_TENSORBOARD_H
#define SINTER_LIB_DRIVER_TENSORBOARD_H

#include "SummaryWriter.h"
#include "sinter/Training/Observer.h"
#include "sinter/Training/Settings.h"

namespace sinter::driver {

/// Writes the curves of training over steps of the optimizer. What another
/// training wrote of steps that this one will do is hidden.
class TensorBoardObserver : public TrainingObserver {
public:
  explicit TensorBoardObserver(Settings settings)
      : settings(std::move(settings)) {}

  /// Whether the block has a folder for it; it is told of nothing otherwise.
  bool isWanted() const { return !settings.tensorboard.empty(); }

  void onStart(const StartReport &report) override;
  void onReport(const StepReport &report) override;
  void onValidation(const StepReport &report,
                    const Evaluation &evaluation) override;
  void onEpoch(const EpochReport &report) override;

private:
  void addScalar(const std::string &tag, double value);
  void addEvaluation(const Evaluation &evaluation);
  void addImages();

  Settings settings;
  TrainingView *view = nullptr;
  std::optional<SummaryWriter> writer;
};

/// Makes the event file of a block, "train Mlp" or "run Mlp", which the error
/// names that is thrown if it cannot be made.
void openEventFile(std::optional<SummaryWriter> &writer,
                   const std::string &block, const Settings &settings,
                   std::optional<int64_t> purgeStep = std::nullopt);

/// Writes what the tensors of that name show; throws sinter::Error if there is
/// none.
void addNamedImages(SummaryWriter &writer,
                    const std::vector<std::string> &names,
                    const std::vector<TensorView> &tensors, int64_t step);

} // namespace sinter::driver
#endif
