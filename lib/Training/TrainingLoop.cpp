// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Epochs of optimizer steps, validation, checkpoints.
#include "TrainingLoop.h"
#include "sinter/Data/Error.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace sinter;

void TrainingLoop::copyCarries(const AlignedBuffer &from,
                               AlignedBuffer &to) const {
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Carry)
      std::memcpy(to.as<char>() + segment.offset,
                  from.as<char>() + segment.offset, segment.tensor.bytes());
}

void TrainingLoop::startEpoch() {
  headerReal(table, state, "trainer.lr") =
      learningRate(settings, position.epoch);
  if (settings.carryResetsByEpoch && position.position == 0)
    copyCarries(initialState, state);
  order =
      epochOrder(data.rows(), settings.shuffle,
                 headerInteger(table, state, "trainer.seed"), position.epoch);
  epochLoss = intervalLoss = LossMeter(settings.report);
  watch = Stopwatch();
  samples = correct = 0;
  step = position.position / (settings.batchSize * settings.accumulate);
}

int64_t TrainingLoop::steps() {
  return headerInteger(table, state, "trainer.step");
}

double TrainingLoop::currentLearningRate() {
  return headerReal(table, state, "trainer.lr");
}

std::vector<TensorView> TrainingLoop::lastBatch() {
  std::vector<TensorView> views;
  if (!call)
    return views;
  for (size_t i = 0; i < batch->fields.size(); ++i)
    views.push_back({call->instance->inputs[i], batch->fields[i].data()});
  for (const Tensor &result : call->results)
    if (result.bytes.data())
      views.push_back({result.spec, result.bytes.data()});
  return views;
}

std::vector<TensorView> TrainingLoop::parameters() {
  std::vector<TensorView> views;
  for (const Segment &segment : table.segments)
    if (isParameter(segment.kind))
      views.push_back({segment.tensor, state.as<char>() + segment.offset});
  return views;
}

StepReport TrainingLoop::place() const {
  StepReport report;
  report.epoch = position.epoch + 1;
  report.epochs = settings.epochs;
  report.step = step;
  report.steps = (batches() + settings.accumulate - 1) / settings.accumulate;
  report.loss = epochLoss.value();
  report.stepLoss = stepLoss;
  report.samplesPerSecond = double(samples) / watch.seconds();
  return report;
}

void TrainingLoop::record(const StepResult &result, const Batch &batch) {
  if (std::isnan(result.loss))
    throw Error(fmt::format("train {}: expected a loss that is a number, but "
                            "got NaN in epoch {}, step {}",
                            settings.name, position.epoch + 1, step + 1));
  epochLoss.add(result.loss, batch.rows);
  intervalLoss.add(result.loss, batch.rows);
  correct += result.correct;
  samples += batch.rows;
  position.position += batch.rows;
}

/// One optimizer step. The batches that an epoch ends with may be fewer than
/// `accumulate`; the gradient is the mean over those that there are.
void TrainingLoop::runStep(BatchLoader &loader) {
  BatchSource source{&data, &order};
  bool countCorrect = settings.accuracy && !validation;
  int64_t count = std::min(settings.accumulate, loader.remaining());
  stepLoss = 0;
  for (int64_t i = 0; i < count; ++i) {
    batch = loader.next();
    StepResult result =
        settings.accumulate == 1
            ? runner.trainStep(*batch, source, countCorrect)
            : runner.gradients(*batch, source, i, count, countCorrect);
    call = result.call;
    record(result, *batch);
    stepLoss += result.loss / double(count);
  }
  if (settings.accumulate > 1)
    runner.update();
  ++step;
}

void TrainingLoop::reportStep() {
  StepReport report = place();
  observer.onStep(report);
  if (settings.reportEvery && step % settings.reportEvery == 0) {
    report.loss = intervalLoss.value();
    observer.onReport(report);
    intervalLoss = LossMeter(settings.report);
  }
  if (!settings.validateEvery || !validation ||
      headerInteger(table, state, "trainer.step") % settings.validateEvery)
    return;
  if (std::optional<Evaluation> evaluation = evaluate())
    observer.onValidation(place(), *evaluation);
}

/// Nothing if it was interrupted.
std::optional<Evaluation> TrainingLoop::evaluate() {
  watch.pause();
  std::vector<int64_t> all = epochOrder(validation->rows(), false, 0, 0);
  BatchSource source{&*validation, &all};
  BatchLoader loader(*validation, all, 0, settings.batchSize, false);
  LossMeter loss(ReportKind::Weighted);
  int64_t right = 0;
  // Validation carries on from its first batch, and training from its own.
  copyCarries(state, carriesOfTraining);
  copyCarries(initialState, state);
  runner.prepare();
  while (const Batch *batch = loader.next()) {
    StepResult result = runner.evaluate(*batch, source, settings.accuracy);
    loss.add(result.loss, batch->rows);
    right += result.correct;
    if (interrupted())
      break;
  }
  copyCarries(carriesOfTraining, state);
  watch.start();
  if (interrupted())
    return std::nullopt;
  Evaluation evaluation{loss.value(), std::nullopt};
  if (settings.accuracy)
    evaluation.accuracy = double(right) / double(validation->rows());
  return evaluation;
}

/// False if it was interrupted; `position` is then where to resume.
bool TrainingLoop::runEpoch() {
  startEpoch();
  BatchLoader loader(data, order, position.position, settings.batchSize,
                     settings.dropLast);
  while (loader.remaining() > 0 && !interrupted()) {
    runStep(loader);
    reportStep();
  }
  StepReport end = place();
  if (loader.remaining() > 0) {
    observer.onInterrupted(end);
    return false;
  }
  std::optional<Evaluation> evaluation;
  if (validation && !interrupted())
    evaluation = evaluate();
  ++position.epoch;
  position.position = 0;
  EpochReport report{end.epoch,  end.epochs,   end.loss,
                     evaluation, std::nullopt, end.samplesPerSecond};
  if (settings.accuracy && !validation && samples > 0)
    report.accuracy = double(correct) / double(samples);
  observer.onEpoch(report);
  const bool stopped = interrupted();
  if (stopped)
    observer.onInterrupted(end);
  return !stopped;
}

void TrainingLoop::save(bool last) {
  if (options.save.empty())
    return;
  saveCheckpoint(table, state, options.save, position);
  observer.onSaved(options.save, last);
}
