// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which accesses are ordered before those of a thread.
#ifndef SINTER_PTX_ORDERING_H
#define SINTER_PTX_ORDERING_H

#include "Machine.h"

namespace sinter::ptx {

/// An access to memory that is checked: who does what, and where.
struct CheckedAccess {
  Machine &machine;
  Thread &thread;
  unsigned flags;
  const Place *place;
  Block &block = *thread.block;

  bool isStore() const { return flags & Access::Store; }
  bool isStrong() const { return flags & (Access::Atomic | Access::Strong); }
};

/// "thread 3 of block 0, 0, 0"
std::string threadText(const Thread &thread);

/// Whether an access of thread `other` of the same block is visible.
bool isOrdered(const Thread &thread, uint32_t other, uint32_t tick);
/// Whether all reads that the cell remembers, of the same block, are.
bool readersAreOrdered(const Thread &thread, const Cell &cell);

/// Remembers a read or a write of some bytes. What was before `since` counts
/// for nothing.
void noteRead(const Thread &thread, Cell &cell, uint32_t mask,
              const Place *place, uint32_t since, uint32_t tick);
void noteWrite(const Thread &thread, Cell &cell, uint32_t mask,
               const Place *place, bool atomic, uint32_t since, uint32_t tick);

} // namespace sinter::ptx
#endif
