// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Learning rates, by the same chained arithmetic as PyTorch's schedulers so
// that every bit agrees.
#include "sinter/Training/Settings.h"
#include <algorithm>
#include <cmath>

using namespace sinter;

static constexpr double pi = 3.14159265358979323846;

/// The rate after step `step`, from the rate before it.
static double chain(const Schedule &schedule, double initial, double rate,
                    int64_t step) {
  switch (schedule.kind) {
  case ScheduleKind::Constant:
    return rate;
  case ScheduleKind::StepLR:
    return step % schedule.stepSize == 0 ? rate * schedule.gamma : rate;
  case ScheduleKind::ExponentialLR:
    return rate * schedule.gamma;
  case ScheduleKind::MultiStepLR: {
    auto count = std::count(schedule.milestones.begin(),
                            schedule.milestones.end(), step);
    return count ? rate * std::pow(schedule.gamma, double(count)) : rate;
  }
  case ScheduleKind::CosineAnnealingLR: {
    double period = double(schedule.period), smallest = schedule.smallest;
    // The quotient below would be 0/0 where a new half wave begins.
    if ((step - 1 - schedule.period) % (2 * schedule.period) == 0)
      return rate + (initial - smallest) * (1 - std::cos(pi / period)) / 2;
    return (1 + std::cos(pi * double(step) / period)) /
               (1 + std::cos(pi * double(step - 1) / period)) *
               (rate - smallest) +
           smallest;
  }
  }
  return rate;
}

double sinter::learningRate(const Settings &settings, int64_t scheduleStep) {
  double rate = settings.learningRate;
  if (settings.schedule.kind == ScheduleKind::Constant)
    return rate;
  // A milestone of 0 counts from the start; other schedules begin after it.
  bool countsStart = settings.schedule.kind == ScheduleKind::MultiStepLR;
  for (int64_t step = countsStart ? 0 : 1; step <= scheduleStep; ++step)
    rate = chain(settings.schedule, settings.learningRate, rate, step);
  return rate;
}
