// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Flags set by SIGINT and SIGTERM.
#include "sinter/Training/Interrupt.h"

using namespace sinter;

static volatile std::sig_atomic_t interrupted = 0;

static void noteSignal(int) {
  interrupted = 1;
  // The second signal, of either kind, meets the default action.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

InterruptGuard::InterruptGuard() {
  interrupted = 0;
  struct sigaction action{};
  action.sa_handler = noteSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &interrupt);
  sigaction(SIGTERM, &action, &terminate);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &terminate, nullptr);
}

const volatile std::sig_atomic_t &InterruptGuard::flag() { return interrupted; }
