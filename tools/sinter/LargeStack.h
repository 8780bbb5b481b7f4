// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code that keeps large values on the stack needs a thread of its own.
#ifndef SINTER_TOOLS_SINTER_LARGESTACK_H
#define SINTER_TOOLS_SINTER_LARGESTACK_H

#include <functional>

namespace sinter::driver {

/// Runs `body` on a thread with 1 GB of stack and waits for it. Rethrows what
/// it throws; throws Error if the system gives no such thread.
void runWithLargeStack(const std::function<void()> &body);

} // namespace sinter::driver
#endif
