// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stacks of threads, and going from one to another.
#ifndef SINTER_PTX_FIBER_H
#define SINTER_PTX_FIBER_H

namespace sinter::ptx {

/// A stack pointer for switchStack that calls `entry(argument)`, which must not
/// return, on the stack that ends at `top`.
void *prepareStack(char *top, void (*entry)(void *), void *argument);

/// Keeps the stack pointer in `*save` and goes on where `load` was kept. About
/// fifteen instructions, where the system's swapcontext saves signal masks.
extern "C" void sinterPtxSwitchStack(void **save, void *load);

} // namespace sinter::ptx
#endif
