// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Flags set by SIGINT and SIGTERM.
#include "sinter/Training/Interrupt.h"

using namespace sinter;

static volatile std::sig_atomic_t interrupted = 0;

static void noteSignal(int) { interrupted = 1; }

InterruptGuard::InterruptGuard() {
  interrupted = 0;
  struct sigaction action{};
  action.sa_handler = noteSignal;
  sigemptyset(&action.sa_mask);
  // The second signal meets the default action.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, &interrupt);
  sigaction(SIGTERM, &action, &terminate);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &terminate, nullptr);
}

const volatile std::sig_atomic_t &InterruptGuard::flag() { return interrupted; }
