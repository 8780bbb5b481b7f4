// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether steps are faster on all threads than on one.
#include "ThreadChoice.h"
#include <algorithm>

using namespace sinter;

/// Steps in a row on one number of threads, of which the first find the data in
/// the wrong caches; and turns of both numbers.
static constexpr size_t stepsInTurn = 8, unsettledSteps = 2, turns = 2;
/// Threads that gain less than this are better left to others.
static constexpr double worthwhile = 0.95;

ThreadChoice::ThreadChoice(const sinter_ctx *context, bool decides)
    : all(context), deciding(decides && context && context->parallel_for),
      onAll(!deciding) {}

static double median(std::vector<double> &values) {
  auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void ThreadChoice::record(double seconds) {
  if (!deciding)
    return;
  if (steps % stepsInTurn >= unsettledSteps)
    (onAll ? ofAll : ofOne).push_back(seconds);
  ++steps;
  onAll = steps / stepsInTurn % 2;
  if (steps < 2 * turns * stepsInTurn)
    return;
  deciding = false;
  onAll = median(ofAll) < worthwhile * median(ofOne);
}
