// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ctrl-C as a request that training looks at between steps.
#ifndef SINTER_TRAINING_INTERRUPT_H
#define SINTER_TRAINING_INTERRUPT_H

#include <csignal>

namespace sinter {

/// While it lives, SIGINT and SIGTERM set a flag; a second signal of
/// either kind ends the process as usual. One at a time.
class InterruptGuard {
public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard &) = delete;
  InterruptGuard &operator=(const InterruptGuard &) = delete;

  /// Set to 1 by the first signal.
  static const volatile std::sig_atomic_t &flag();

private:
  struct sigaction interrupt, terminate;
};

} // namespace sinter
#endif
