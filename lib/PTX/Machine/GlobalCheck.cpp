// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of global memory.
#include "Ordering.h"
#include "llvm/Support/FormatVariadic.h"

using namespace sinter::ptx;

namespace sinter::ptx {
/// An access to cells of global memory.
struct GlobalCheck : CheckedAccess {
  /// The tick in which the launch began.
  uint32_t launch;

  bool isNonCoherent() const { return flags & Access::NonCoherent; }

  bool isFirst(Cell &cell, uint32_t mask);
  void check(Cell &cell, uint32_t mask);
  void checkWriter(const Cell &cell, uint32_t mask);
  void checkReaders(const Cell &cell, uint32_t mask);
  void race(bool sameBlock, uint32_t other, uint16_t otherPlace) const;
};
} // namespace sinter::ptx

void GlobalCheck::race(bool sameBlock, uint32_t other,
                       uint16_t otherPlace) const {
  machine.report(
      sameBlock ? "race in global memory" : "race between blocks", place,
      llvm::formatv("of {0} is not ordered with an access of thread {1}{2}",
                    threadText(thread), other,
                    sameBlock ? "" : " of another block")
          .str(),
      machine.placeOf(otherPlace));
}

void GlobalCheck::checkWriter(const Cell &cell, uint32_t mask) {
  if (cell.writeTick < launch || !(cell.writeMask & mask))
    return;
  if (isNonCoherent())
    machine.report("non-coherent load of what the launch writes", place,
                   "of " + threadText(thread),
                   machine.placeOf(cell.writePlace));
  // A plain load beside atomics is a race by the letter, yet loops around a
  // compare-and-swap start with one.
  if (cell.atomic && (isStrong() || !isStore()))
    return;
  bool sameBlock =
      cell.writeSlot == block.slot && cell.writeTick >= block.start;
  if (sameBlock ? cell.writeTick >= block.base &&
                      !isOrdered(thread, cell.writer, cell.writeTick)
                : cell.writeTick >= block.acquired)
    race(sameBlock, cell.writer, cell.writePlace);
}

void GlobalCheck::checkReaders(const Cell &cell, uint32_t mask) {
  if (cell.readTick < launch || !(cell.readMask & mask))
    return;
  if (cell.nonCoherent)
    machine.report("store to what the launch loads as non-coherent", place,
                   "of " + threadText(thread), machine.placeOf(cell.readPlace));
  if (isStrong())
    return;
  bool sameBlock = cell.readSlot == block.slot && cell.readTick >= block.start;
  if (sameBlock ? !readersAreOrdered(thread, cell)
                : cell.readTick >= block.acquired)
    race(sameBlock, cell.reader, cell.readPlace);
}

void GlobalCheck::check(Cell &cell, uint32_t mask) {
  checkWriter(cell, mask);
  if (isStore())
    checkReaders(cell, mask);
  if ((!isStore() || (flags & Access::Atomic)) &&
      (cell.initialised & mask) != mask)
    machine.report("uninitialised global memory", place,
                   "of " + threadText(thread) +
                       " reads bytes that nothing wrote");
  if (isStore()) {
    noteWrite(thread, cell, mask, place, isStrong(), launch, machine.tick);
    cell.initialised |= mask;
  } else if (!isStrong()) {
    noteRead(thread, cell, mask, place, launch, machine.tick);
    cell.nonCoherent |= isNonCoherent();
  }
}

/// The common case: nothing of this launch has touched the cell.
bool GlobalCheck::isFirst(Cell &cell, uint32_t mask) {
  if (cell.writeTick >= launch || cell.readTick >= launch || isStrong())
    return false;
  if (isStore()) {
    cell.writer = thread.linear;
    cell.writeMask = mask;
    cell.writeSlot = block.slot;
    cell.pending = cell.atomic = 0;
    cell.initialised |= mask;
    cell.writeTick = machine.tick;
    cell.writePlace = place->id;
    return true;
  }
  if ((cell.initialised & mask) != mask)
    return false;
  cell.reader = thread.linear;
  cell.readMask = mask;
  cell.readers = Cell::OneThread;
  cell.readSlot = block.slot;
  cell.nonCoherent = isNonCoherent();
  cell.readTick = machine.tick;
  cell.readPlace = place->id;
  return true;
}

bool Machine::outOfBounds(Thread &thread, uint8_t *address, uint32_t bytes,
                          const Place *place) {
  auto [start, size] = arena.allocationBefore(uint64_t(address));
  std::string where =
      size ? llvm::formatv("{0} bytes at {1} of the {2} bytes of an allocation",
                           bytes, uint64_t(address) - start, size)
                 .str()
           : llvm::formatv("{0} bytes at {1:x}, in no allocation", bytes,
                           uint64_t(address))
                 .str();
  report("out of bounds", place,
         "of " + threadText(thread) + " reaches " + where);
  return false;
}

bool Machine::checkGlobal(Thread &thread, uint8_t *pointer, uint32_t bytes,
                          unsigned flags, const Place *place) {
  if (!checked)
    return true;
  uint64_t address = uint64_t(pointer);
  if (!arena.contains(address) || !arena.contains(address + bytes - 1))
    return outOfBounds(thread, pointer, bytes, place);
  GlobalCheck check{{*this, thread, flags, place}, launchTick};
  for (uint64_t at = address & ~uint64_t(3); at < address + bytes; at += 4) {
    Cell &cell = arena.cell(at);
    if (!cell.allocated && !arena.isAllocated(address, bytes))
      return outOfBounds(thread, pointer, bytes, place);
    uint32_t mask = maskWithin(address, bytes, at);
    if (!check.isFirst(cell, mask))
      check.check(cell, mask);
  }
  if (check.isStrong())
    synchronise(thread, address, flags);
  if (check.isStore() && (flags & Access::Strong))
    rememberOverwritten(thread, pointer, bytes);
  return true;
}
