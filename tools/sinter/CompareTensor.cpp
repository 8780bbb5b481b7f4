// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors of tensors beside those of -O0.

#include "CompareTensor.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace sinter::driver {

static constexpr double infinity = std::numeric_limits<double>::infinity();

static double element(const Tensor &tensor, int64_t index) {
  return elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), index);
}

/// |a - b|; 0 for equal infinities and for two NaN, infinite where only one is
/// finite.
static double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return 0;
  double difference = std::fabs(a - b);
  return std::isfinite(difference) ? difference : infinity;
}

/// Beyond 2^53 doubles would not tell integers apart.
static bool sameBytes(const Tensor &a, const Tensor &b, int64_t index) {
  const size_t size = sizeOf(a.spec.dtype);
  return std::memcmp(a.bytes.as<char>() + index * size,
                     b.bytes.as<char>() + index * size, size) == 0;
}

bool TensorVerdict::isWorseThan(const TensorVerdict &other) const {
  if ((missed > 0) != (other.missed > 0))
    return missed > 0;
  return other.index < 0 || error > other.error;
}

void Slack::add(const Tensor &reference, const Tensor &exact,
                const Tensor &first) {
  const int64_t count = exact.spec.elements();
  const bool floats = isFloat(exact.spec.dtype);
  changes.resize(count);
  for (int64_t i = 0; i < count; ++i) {
    if (!floats) {
      bool stable =
          sameBytes(exact, first, i) && sameBytes(reference, exact, i);
      changes[i] = stable ? changes[i] : infinity;
      continue;
    }
    double now = element(exact, i);
    double ofReference = distance(element(reference, i), now);
    if (std::isfinite(ofReference))
      error = std::max(error, ofReference);
    changes[i] =
        std::max({changes[i], distance(now, element(first, i)), ofReference});
  }
}

/// Largest exact value and largest error of the reference.
static std::pair<double, double> scaleOf(const Tensor &reference,
                                         const Tensor &exact) {
  double largest = 0, error = 0;
  for (int64_t i = 0, n = exact.spec.elements(); i < n; ++i) {
    double value = element(exact, i);
    double difference = distance(element(reference, i), value);
    if (std::isfinite(value))
      largest = std::max(largest, std::fabs(value));
    if (std::isfinite(difference))
      error = std::max(error, difference);
  }
  return {largest, error};
}

static TensorVerdict compareIntegers(const Tensor &got, const Tensor &reference,
                                     const Tensor &exact, const Slack &slack) {
  TensorVerdict verdict;
  verdict.anyNumber = true;
  for (int64_t i = 0, n = exact.spec.elements(); i < n; ++i) {
    if (sameBytes(got, exact, i))
      continue;
    bool tie = !sameBytes(reference, exact, i) ||
               (!slack.changes.empty() && slack.changes[i] > 0);
    (tie ? verdict.ties : verdict.missed)++;
    if (tie || verdict.index >= 0)
      continue;
    verdict.index = i;
    verdict.got = element(got, i);
    verdict.reference = element(reference, i);
    verdict.exact = element(exact, i);
    verdict.error = 1;
  }
  return verdict;
}

TensorVerdict compareTensor(const Tensor &got, const Tensor &reference,
                            const Tensor &exact, double floor,
                            const Slack &slack) {
  if (!isFloat(exact.spec.dtype))
    return compareIntegers(got, reference, exact, slack);
  TensorVerdict verdict;
  auto [largest, referenceError] = scaleOf(reference, exact);
  const double allowed = std::max(
      errorRatio * std::max(referenceError, slack.error), floor * largest);
  double worst = -1;
  for (int64_t i = 0, n = exact.spec.elements(); i < n; ++i) {
    const double want = element(exact, i), plain = element(reference, i);
    verdict.anyNumber |= std::isfinite(want);
    double difference = distance(element(got, i), want);
    bool missed = difference > allowed;
    // Where -O0 overflows or loses a NaN, so may the tested code.
    bool tie = missed && (!std::isfinite(distance(plain, want)) ||
                          (!slack.changes.empty() &&
                           difference <= errorRatio * slack.changes[i]));
    verdict.ties += tie;
    verdict.missed += missed && !tie;
    if (tie || difference <= worst)
      continue;
    worst = difference;
    verdict.index = i;
    verdict.got = element(got, i);
    verdict.reference = plain;
    verdict.exact = want;
  }
  const double unit = largest > 0 ? largest : 1;
  verdict.error = std::max(worst, 0.0) / unit;
  verdict.referenceError = referenceError / unit;
  verdict.allowed = allowed / unit;
  return verdict;
}

Tensor movement(const Tensor &before, const Tensor &after) {
  if (!isFloat(after.spec.dtype))
    return after;
  TensorSpec spec = after.spec;
  spec.dtype = DType::F64;
  Tensor result(spec);
  for (int64_t i = 0, n = spec.elements(); i < n; ++i) {
    double old = element(before, i), now = element(after, i);
    result.as<double>()[i] = distance(old, now) == 0 ? 0 : now - old;
  }
  return result;
}

} // namespace sinter::driver
