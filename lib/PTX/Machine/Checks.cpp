// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the checks of shared and of global memory have in common, and what
// orders accesses.
#include "Machine.h"
#include "Ordering.h"
#include "llvm/Support/FormatVariadic.h"

using namespace sinter::ptx;

std::string sinter::ptx::threadText(const Thread &thread) {
  const auto &block = thread.blockIndex;
  return llvm::formatv("thread {0} of block {1}, {2}, {3}", thread.linear,
                       block[0], block[1], block[2]);
}

bool Machine::inShared(const Thread &thread, const void *address) const {
  return uint64_t(address) - uint64_t(thread.shared) < sharedWindow;
}

bool Machine::inStack(const Thread &thread, const void *address) const {
  return uint64_t(address) - uint64_t(thread.block->stacks) <
         maximumThreads * allocatedStackBytes;
}

bool Machine::checkAccess(Thread &thread, uint8_t *address,
                          const Access &access) {
  if (uint64_t(address) % access.bytes) {
    report("misaligned access", access.place,
           "has an address that is no multiple of " +
               llvm::Twine(unsigned(access.bytes)) + " (" + threadText(thread) +
               ")");
    return false;
  }
  switch (access.space) {
  case Space::Shared:
    return checkShared(thread, address, access.bytes, access.flags,
                       access.place);
  case Space::Local:
    if (inStack(thread, address))
      return true;
    report("out of bounds", access.place,
           "of " + threadText(thread) + " reaches no local memory");
    return false;
  case Space::Generic:
    if (inShared(thread, address))
      return checkShared(thread, address, access.bytes, access.flags,
                         access.place);
    if (inStack(thread, address) ||
        uint64_t(address) - uint64_t(parameters) < kernel->parameterBytes)
      return true;
    [[fallthrough]];
  default:
    return checkGlobal(thread, address, access.bytes, access.flags,
                       access.place);
  }
}

bool sinter::ptx::isOrdered(const Thread &thread, uint32_t other,
                            uint32_t tick) {
  return tick < thread.block->base || other == thread.linear ||
         tick < thread.clock.ticks[other / warpSize];
}

bool sinter::ptx::readersAreOrdered(const Thread &thread, const Cell &cell) {
  uint32_t tick = cell.readTick;
  if (tick < thread.block->base)
    return true;
  if (cell.readers == Cell::OneThread)
    return isOrdered(thread, cell.reader, tick);
  if (cell.readers == Cell::OneWarp)
    return tick < thread.clock.ticks[cell.reader / warpSize];
  const auto &ticks = thread.clock.ticks;
  return tick < *std::max_element(ticks.begin(), ticks.end());
}

// One reader is remembered. One that is ordered before may be forgotten; one of
// another block that is not, stays.
void sinter::ptx::noteRead(const Thread &thread, Cell &cell, uint32_t mask,
                           const Place *place, uint32_t since, uint32_t tick) {
  const Block &block = *thread.block;
  bool sameBlock = cell.readSlot == block.slot && cell.readTick >= block.start;
  if (cell.readTick < since ||
      cell.readTick < (sameBlock ? block.base : block.acquired)) {
    cell.nonCoherent &= cell.readTick >= since;
    cell.reader = thread.linear;
    cell.readMask = mask;
    cell.readers = Cell::OneThread;
    cell.readSlot = block.slot;
  } else if (sameBlock) {
    cell.readMask |= mask;
    if (cell.reader == thread.linear) {
      cell.readTick = tick;
      return;
    }
    if (cell.readers != Cell::ManyWarps)
      cell.readers = cell.reader / warpSize == thread.warp ? Cell::OneWarp
                                                           : Cell::ManyWarps;
  } else {
    return;
  }
  cell.readTick = tick;
  cell.readPlace = place->id;
}

void sinter::ptx::noteWrite(const Thread &thread, Cell &cell, uint32_t mask,
                            const Place *place, bool atomic, uint32_t since,
                            uint32_t tick) {
  const Block &block = *thread.block;
  // Neighbours that write other bytes of the cell are remembered together.
  bool merge = cell.writeTick >= block.base && cell.writeTick >= since &&
               cell.writer != thread.linear && !(cell.writeMask & mask);
  cell.writeMask = merge ? cell.writeMask | mask : mask;
  cell.writer = thread.linear;
  cell.writeSlot = block.slot;
  cell.pending = 0;
  cell.atomic = atomic;
  cell.writeTick = tick;
  cell.writePlace = place->id;
}
