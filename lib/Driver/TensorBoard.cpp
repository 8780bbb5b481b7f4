// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Training as events.
#include "TensorBoard.h"
#include "sinter/Data/Error.h"
#include <algorithm>
#include <fmt/format.h>

namespace sinter::driver {

void openEventFile(std::optional<SummaryWriter> &writer,
                   const std::string &block, const Settings &settings,
                   std::optional<int64_t> purgeStep) {
  try {
    writer.emplace(settings.tensorboard, purgeStep);
  } catch (const Error &error) {
    throw Error(fmt::format("{}, tensorboard: {}", block, error.what()));
  }
}

void addNamedImages(SummaryWriter &writer,
                    const std::vector<std::string> &names,
                    const std::vector<TensorView> &tensors, int64_t step) {
  for (const std::string &name : names) {
    auto tensor = std::find_if(
        tensors.begin(), tensors.end(),
        [&](const TensorView &view) { return view.spec.name == name; });
    if (tensor == tensors.end())
      throw Error(fmt::format("expected an input or a result '{}' of the step "
                              "to show, but there is none",
                              name));
    writer.addImages(name, *tensor, step);
  }
}

void TensorBoardObserver::onStart(const StartReport &report) {
  view = report.view;
  openEventFile(writer, "train " + settings.name, settings, view->steps() + 1);
}

void TensorBoardObserver::addScalar(const std::string &tag, double value) {
  writer->addScalar(tag, value, view->steps());
}

void TensorBoardObserver::addEvaluation(const Evaluation &evaluation) {
  addScalar("loss/validation", evaluation.loss);
  if (evaluation.accuracy)
    addScalar("accuracy/validation", *evaluation.accuracy);
}

void TensorBoardObserver::addImages() {
  addNamedImages(*writer, settings.images, view->lastBatch(), view->steps());
}

void TensorBoardObserver::onReport(const StepReport &report) {
  addScalar("loss/report", report.loss);
  addScalar("learning_rate", view->currentLearningRate());
  addImages();
  writer->flush();
}

void TensorBoardObserver::onValidation(const StepReport &,
                                       const Evaluation &evaluation) {
  addEvaluation(evaluation);
  writer->flush();
}

void TensorBoardObserver::onEpoch(const EpochReport &report) {
  addScalar("loss/train", report.loss);
  addScalar("learning_rate", view->currentLearningRate());
  if (report.validation)
    addEvaluation(*report.validation);
  else if (report.accuracy)
    addScalar("accuracy/train", *report.accuracy);
  if (!settings.reportEvery)
    addImages();
  if (settings.histograms)
    for (const TensorView &parameter : view->parameters())
      writer->addHistogram(parameter.spec.name, parameter, view->steps());
  writer->flush();
}

} // namespace sinter::driver
