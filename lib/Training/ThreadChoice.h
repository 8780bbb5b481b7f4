// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether steps are faster on all threads than on one.
#ifndef SINTER_TRAINING_THREADCHOICE_H
#define SINTER_TRAINING_THREADCHOICE_H

#include "sinter/Runtime/ABI.h"
#include <cstddef>
#include <vector>

namespace sinter {

/// Lets the first steps run on one thread and on all of them in turns, and the
/// others on what was faster. Results are the same bits either way.
class ThreadChoice {
public:
  /// Decides between the threads of `context`, which may be null, and one; or
  /// always takes those of the context.
  ThreadChoice(const sinter_ctx *context, bool decides);

  /// The context of the next step.
  const sinter_ctx *context() const { return onAll ? all : nullptr; }
  /// Takes into account what that step took, in seconds.
  void record(double seconds);
  bool isDecided() const { return !deciding; }

private:
  const sinter_ctx *all;
  bool deciding, onAll;
  size_t steps = 0;
  std::vector<double> ofOne, ofAll;
};

} // namespace sinter
#endif
