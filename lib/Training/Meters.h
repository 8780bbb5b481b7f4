// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the loop keeps of losses, and the time that training took.
#ifndef SINTER_TRAINING_METERS_H
#define SINTER_TRAINING_METERS_H

#include "sinter/Training/Settings.h"
#include <chrono>

namespace sinter {

/// Losses of batches, summed up as a block's `report` says.
class LossMeter {
public:
  explicit LossMeter(ReportKind kind) : kind(kind) {}

  void add(double loss, int64_t rows) {
    double weight = kind == ReportKind::Weighted ? double(rows) : 1;
    sum += loss * weight;
    weights += weight;
    last = loss;
  }

  /// 0 before the first batch.
  double value() const {
    if (kind == ReportKind::Last)
      return last;
    if (kind == ReportKind::Sum)
      return sum;
    return weights > 0 ? sum / weights : 0;
  }

private:
  ReportKind kind;
  double sum = 0, weights = 0, last = 0;
};

/// A clock that can be paused.
class Stopwatch {
public:
  void start() { begin = Clock::now(); }
  void pause() { total += Clock::now() - begin; }
  /// Seconds run so far; the clock must be running.
  double seconds() const {
    return std::chrono::duration<double>(total + (Clock::now() - begin))
        .count();
  }

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
  Clock::duration total{};
};

} // namespace sinter
#endif
