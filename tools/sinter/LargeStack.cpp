// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread whose stack is larger than the system's default.

#include "LargeStack.h"
#include "sinter/Data/Error.h"
#include <exception>
#include <pthread.h>

namespace sinter::driver {

namespace {
struct Work {
  const std::function<void()> &body;
  std::exception_ptr thrown;
};
} // namespace

static void *runWork(void *pointer) {
  auto *work = static_cast<Work *>(pointer);
  try {
    work->body();
  } catch (...) {
    work->thrown = std::current_exception();
  }
  return nullptr;
}

void runWithLargeStack(const std::function<void()> &body) {
  const size_t bytes = size_t(1) << 30; // pages are taken when touched
  Work work{body, nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_t thread;
  bool started = !pthread_attr_setstacksize(&attributes, bytes) &&
                 !pthread_create(&thread, &attributes, runWork, &work);
  pthread_attr_destroy(&attributes);
  if (!started)
    throw Error("cannot start a thread with 1 GB of stack");
  pthread_join(thread, nullptr);
  if (work.thrown)
    std::rethrow_exception(work.thrown);
}

} // namespace sinter::driver
