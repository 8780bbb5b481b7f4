// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What training tells, kept as curves.
#include "LossCurves.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace sinter::driver {

static constexpr size_t mostMeans = 2000;

static std::pair<double, double> scaled(std::pair<double, double> point,
                                        double factor) {
  return {point.first * factor, point.second * factor};
}

void MeanCurve::add(double x, double y) {
  sum = {sum.first + x, sum.second + y};
  if (++added < length)
    return;
  means.push_back(scaled(sum, 1.0 / double(length)));
  sum = {0, 0};
  added = 0;
  if (means.size() < mostMeans)
    return;
  for (size_t i = 0; i < mostMeans / 2; ++i) {
    const Point &even = means[2 * i], &odd = means[2 * i + 1];
    means[i] = {(even.first + odd.first) / 2, (even.second + odd.second) / 2};
  }
  means.resize(mostMeans / 2);
  length *= 2;
}

Curve MeanCurve::named(const std::string &name) const {
  Curve curve{name, means};
  if (added)
    curve.points.push_back(scaled(sum, 1.0 / double(added)));
  return curve;
}

void LossCurves::addEvaluation(const Evaluation &evaluation) {
  validationLoss.points.emplace_back(step, evaluation.loss);
  if (evaluation.accuracy)
    accuracy.points.emplace_back(step, *evaluation.accuracy);
}

void LossCurves::onStart(const StartReport &report) { start = report; }

void LossCurves::onStep(const StepReport &report) {
  step = double((report.epoch - 1) * report.steps + report.step);
  loss.add(step, report.stepLoss);
}

void LossCurves::onValidation(const StepReport &report,
                              const Evaluation &evaluation) {
  addEvaluation(evaluation);
}

void LossCurves::onEpoch(const EpochReport &report) {
  if (report.validation)
    addEvaluation(*report.validation);
  else if (report.accuracy)
    accuracy.points.emplace_back(step, *report.accuracy);
}

std::string LossCurves::title() const {
  return fmt::format("training {}: {} epoch{} of {} batches of {}", start.block,
                     start.epochs, start.epochs == 1 ? "" : "s", start.batches,
                     start.batchSize);
}

/// Whether values differ so much that the small ones are alike on a linear
/// axis.
static bool spansMagnitudes(const std::vector<Curve> &curves) {
  double smallest = INFINITY, largest = 0;
  for (const Curve &curve : curves)
    for (const auto &[x, y] : curve.points) {
      smallest = std::min(smallest, y);
      largest = std::max(largest, y);
    }
  return smallest > 0 && largest < INFINITY && largest > 20 * smallest;
}

std::vector<Panel> LossCurves::panels() const {
  Panel losses{"step", "loss", {loss.named("loss"), validationLoss}};
  losses.isLogarithmic = spansMagnitudes(losses.curves);
  return {losses, {"step", "accuracy", {accuracy}}};
}

} // namespace sinter::driver
