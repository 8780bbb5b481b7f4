// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Central differences; where they do not agree, a smaller step and the two
// sides tell a kink from an error.

#include "FiniteDifferences.h"
#include <algorithm>
#include <cmath>

namespace sinter::driver {

static const std::string outputPrefix = "output.", gradientPrefix = "grad.";

static bool startsWith(const std::string &text, const std::string &prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

FiniteDifferences::FiniteDifferences(Session &session, const Entry &entry,
                                     Point point)
    : session(session), entry(entry), table(session.tableOf(entry)),
      point(std::move(point)) {}

std::vector<Tensor> FiniteDifferences::call() {
  // Every call sees the same buffers and the same draws.
  AlignedBuffer state = point.state;
  std::vector<const Tensor *> pointers;
  for (const Tensor &tensor : point.inputs)
    pointers.push_back(&tensor);
  return session.call(entry, state, pointers);
}

double FiniteDifferences::objective() {
  double sum = 0, unit = 0;
  magnitude = 0;
  for (const Tensor &result : call()) {
    if (!startsWith(result.spec.name, outputPrefix))
      continue;
    const Tensor *cotangent =
        findTensor(point.inputs,
                   "cotangent." + result.spec.name.substr(outputPrefix.size()));
    for (int64_t i = 0; cotangent && i < result.spec.elements(); ++i) {
      double factor = cotangent->as<double>()[i];
      double term = result.as<double>()[i] * factor;
      sum += term;
      magnitude += std::fabs(term);
      unit = std::max(unit, std::fabs(factor));
    }
  }
  // A small result may be a difference of values of order 1, as 1 - cos is.
  magnitude = std::max(magnitude, unit);
  return sum;
}

bool FiniteDifferences::isFinite() {
  for (const Tensor &result : call())
    for (int64_t i = 0, n = result.spec.elements(); i < n; ++i)
      if (!std::isfinite(
              elementAsDouble(result.spec.dtype, result.bytes.data(), i)))
        return false;
  return true;
}

double *FiniteDifferences::variable(const std::string &name) {
  for (Tensor &input : point.inputs)
    if ("input." + input.spec.name == name)
      return input.as<double>();
  // Behind the key of a parameter stands an underscore where its name would be
  // that of an input.
  std::string key = name;
  const Segment *segment = table.find(key);
  while (!segment && !key.empty() && key.back() == '_') {
    key.pop_back();
    segment = table.find(key);
  }
  return segment ? reinterpret_cast<double *>(point.state.as<char>() +
                                              segment->offset)
                 : nullptr;
}

FiniteDifferences::Slopes
FiniteDifferences::slopes(const Element &element, double step, double center) {
  const double saved = *element.value;
  *element.value = saved + step;
  double above = objective();
  *element.value = saved - step;
  double below = objective();
  *element.value = saved;
  return {(center - below) / step, (above - center) / step};
}

/// Within what truncation and rounding do to a difference quotient.
bool FiniteDifferences::agrees(const Element &element, double numeric,
                               double step) const {
  double scale = std::max(
      {std::fabs(numeric), std::fabs(element.analytic), 0.1 * element.scale});
  return std::fabs(numeric - element.analytic) <=
         1e-6 * scale + 1e-15 * magnitude / step + 1e-300;
}

FiniteDifferences::Verdict FiniteDifferences::check(const Element &element,
                                                    double &numeric) {
  const double step = 1e-5 * std::max(1.0, std::fabs(*element.value));
  // The center drops out of the central difference.
  numeric = slopes(element, step, 0).central();
  if (agrees(element, numeric, step))
    return Verdict::Agrees;
  return lookCloser(element, step, numeric);
}

FiniteDifferences::Verdict FiniteDifferences::lookCloser(const Element &element,
                                                         double step,
                                                         double &numeric) {
  const double analytic = element.analytic, center = objective();
  const double smaller = step / 16;
  Slopes wide = slopes(element, step, center);
  Slopes near = slopes(element, smaller, center);
  numeric = near.central();
  if (!std::isfinite(numeric) || !std::isfinite(wide.central()))
    return Verdict::Unclear;
  // The kink was beside the point.
  if (agrees(element, numeric, smaller))
    return Verdict::Kink;
  // A smooth, steep function: the error falls with the square of the step.
  const double error = std::fabs(wide.central() - analytic);
  if (std::fabs(numeric - analytic) < error / 100)
    return Verdict::Agrees;
  return judgeSides(element, wide, near, 1e-14 * magnitude / smaller);
}

FiniteDifferences::Verdict FiniteDifferences::judgeSides(const Element &element,
                                                         const Slopes &wide,
                                                         const Slopes &near,
                                                         double noise) {
  const double analytic = element.analytic;
  const double slack =
      1e-4 * std::max(std::fabs(near.left), std::fabs(near.right)) + noise;
  const double gap = std::fabs(near.right - near.left);
  auto diverges = [&](double nearSlope, double wideSlope) {
    return std::fabs(nearSlope) > 8 * std::fabs(wideSlope) + noise;
  };
  bool left = diverges(near.left, wide.left);
  bool right = diverges(near.right, wide.right);
  // A jump: the other side counts.
  if (left && right)
    return Verdict::Unclear;
  if (left || right) {
    double side = left ? near.right : near.left;
    return std::fabs(side - analytic) <=
                   1e-4 * std::max(std::fabs(side), element.scale) + noise
               ? Verdict::Kink
               : Verdict::Differs;
  }
  // A kink at the point: any slope between those of its sides is a gradient.
  bool persists =
      gap > 0.5 * std::fabs(wide.right - wide.left) && gap > 2 * noise &&
      gap > 1e-3 * std::max(std::fabs(near.left), std::fabs(near.right));
  auto [low, high] = std::minmax(near.left, near.right);
  return persists && analytic >= low - slack && analytic <= high + slack
             ? Verdict::Kink
             : Verdict::Differs;
}

void FiniteDifferences::checkTensor(const std::string &name,
                                    const Tensor &gradient,
                                    GradientReport &report) {
  double *values = variable(name);
  if (!values)
    throw Error("gradient '" + name + "' belongs to no input");
  const int64_t count = gradient.spec.elements();
  const double *analytic = gradient.as<double>();
  double scale = 0;
  for (int64_t i = 0; i < count; ++i)
    if (std::isfinite(analytic[i]))
      scale = std::max(scale, std::fabs(analytic[i]));
  const int64_t stride = std::max<int64_t>(1, count / 64);
  for (int64_t i = 0; i < count; i += stride) {
    double numeric = 0;
    Verdict verdict = check({values + i, analytic[i], scale}, numeric);
    report.kinks += verdict == Verdict::Kink;
    report.unclear += verdict == Verdict::Unclear;
    if (verdict == Verdict::Differs) {
      report.misses.push_back({name, i, analytic[i], numeric});
      return;
    }
  }
}

int64_t FiniteDifferences::countDifferent(FiniteDifferences &that) {
  int64_t count = 0;
  std::vector<Tensor> others = that.call();
  for (const Tensor &result : call()) {
    const Tensor *other = findTensor(others, result.spec.name);
    if (!other || !startsWith(result.spec.name, gradientPrefix))
      continue;
    for (int64_t i = 0, n = result.spec.elements(); i < n; ++i) {
      double a = result.as<double>()[i], b = other->as<double>()[i];
      count += std::fabs(a - b) > 1e-9 * std::max(std::fabs(a), std::fabs(b));
    }
  }
  return count;
}

GradientReport FiniteDifferences::run() {
  GradientReport report;
  for (const Tensor &result : call()) {
    if (!startsWith(result.spec.name, gradientPrefix))
      continue;
    checkTensor(result.spec.name.substr(gradientPrefix.size()), result, report);
    ++report.gradients;
  }
  return report;
}

} // namespace sinter::driver
