// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What this machine can do at most, measured: the yardstick of `bench`.
#ifndef SINTER_EXECUTION_ROOFLINE_H
#define SINTER_EXECUTION_ROOFLINE_H

namespace sinter {

/// Floating point operations per second of one thread in a loop of independent
/// f32 multiply-adds on registers of the widest vectors; 0 if the loop cannot
/// be compiled. An fma counts 2. Takes about 20 ms, each time anew, since clock
/// rates change.
double measureFmaRate();

/// Bytes per second that one thread reads from memory beyond the caches; 0 if
/// the loop cannot be compiled.
double measureReadRate();

} // namespace sinter
#endif
