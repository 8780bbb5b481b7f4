// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modifiers of loads, stores and atomics.
#ifndef SINTER_PTX_MEMORYORDER_H
#define SINTER_PTX_MEMORYORDER_H

#include "Emitter.h"

namespace sinter::ptx {

/// Flags of an Access from .volatile, .acquire and their like.
unsigned memoryFlags(Emitter &e);
/// 2 of .v2; 1 without.
unsigned vectorLength(Emitter &e);
/// Takes note of what says how to cache.
void ignoreCacheHints(Emitter &e);

} // namespace sinter::ptx
#endif
