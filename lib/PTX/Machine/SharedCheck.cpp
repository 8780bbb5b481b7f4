// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of shared memory.
#include "Ordering.h"
#include "llvm/Support/FormatVariadic.h"

using namespace sinter::ptx;

namespace sinter::ptx {
/// An access to cells of a block's shared memory.
struct SharedCheck : CheckedAccess {
  /// It is a copy that arrives, and not somebody who reads too early.
  bool landing;

  bool isFresh(const Cell &cell) const {
    return cell.writeTick >= block.start && cell.writeSlot == block.slot;
  }

  void run(uint8_t *address, uint32_t bytes);
  bool isCommon(Cell &cell, uint32_t mask);
  void check(Cell &cell, uint32_t offset, uint32_t mask);
  void checkWriter(const Cell &cell, uint32_t offset, uint32_t mask);
  void store(Cell &cell, uint32_t offset, uint32_t mask);
  void load(Cell &cell, uint32_t offset, uint32_t mask);
  void race(uint32_t other, uint16_t otherPlace) const;
  void uninitialised(uint32_t offset) const;
  uint32_t &stamp(uint32_t offset) const {
    return *reinterpret_cast<uint32_t *>(block.shared + sharedWindow + offset);
  }
};
} // namespace sinter::ptx

void SharedCheck::race(uint32_t other, uint16_t otherPlace) const {
  machine.report("race in shared memory", place,
                 llvm::formatv("of {0} is not ordered with an access of "
                               "thread {1}",
                               threadText(thread), other)
                     .str(),
                 machine.placeOf(otherPlace));
}

void SharedCheck::uninitialised(uint32_t offset) const {
  machine.report("uninitialised shared memory", place,
                 llvm::formatv("of {0} reads bytes at {1} that nothing wrote",
                               threadText(thread), offset - sharedBase)
                     .str());
}

void SharedCheck::checkWriter(const Cell &cell, uint32_t offset,
                              uint32_t mask) {
  if (cell.pending && !landing)
    return machine.report("missing wait for a copy", place,
                          llvm::formatv("of {0} finds a copy on its way to "
                                        "the bytes at {1}",
                                        threadText(thread), offset - sharedBase)
                              .str(),
                          machine.placeOf(cell.writePlace));
  if (cell.writeTick >= block.base && (cell.writeMask & mask) &&
      !(isStrong() && cell.atomic) &&
      !isOrdered(thread, cell.writer, cell.writeTick))
    race(cell.writer, cell.writePlace);
}

void SharedCheck::store(Cell &cell, uint32_t offset, uint32_t mask) {
  bool fresh = isFresh(cell);
  if (cell.readTick >= block.base && cell.readSlot == block.slot &&
      (cell.readMask & mask) && !(flags & Access::Strong) &&
      !readersAreOrdered(thread, cell))
    race(cell.reader, cell.readPlace);
  uint32_t before = fresh ? cell.initialised : 0;
  if ((flags & Access::Atomic) && (before & mask) != mask)
    uninitialised(offset);
  noteWrite(thread, cell, mask, place, isStrong(), block.start, machine.tick);
  cell.initialised = before | mask;
}

void SharedCheck::load(Cell &cell, uint32_t offset, uint32_t mask) {
  bool fresh = isFresh(cell);
  if (!fresh || (cell.initialised & mask) != mask)
    uninitialised(offset);
  if (!isStrong())
    noteRead(thread, cell, mask, place, block.start, machine.tick);
  // A second reader: until the next tick all loads of it are known to be fine.
  if (cell.readers && cell.readTick == machine.tick && cell.readMask == 15 &&
      fresh && cell.initialised == 15 && cell.writeTick < block.base &&
      !cell.pending)
    stamp(offset) =
        machine.tick + (cell.readers == Cell::OneWarp ? thread.warpStamp : 0);
}

void SharedCheck::check(Cell &cell, uint32_t offset, uint32_t mask) {
  if (isFresh(cell))
    checkWriter(cell, offset, mask);
  if (isStore())
    store(cell, offset, mask);
  else
    load(cell, offset, mask);
}

/// The common case: all that happened to the cell lies before the last barrier.
bool SharedCheck::isCommon(Cell &cell, uint32_t mask) {
  if (isStrong() || cell.readTick >= block.base || cell.pending)
    return false;
  if (isStore() && mask == 15 && cell.writeTick < block.base) {
    cell.writer = thread.linear;
    cell.writeMask = cell.initialised = 15;
    cell.writeSlot = block.slot;
    cell.atomic = 0;
    cell.writeTick = machine.tick;
    cell.writePlace = place->id;
    return true;
  }
  if (isStore() || !isFresh(cell) || cell.writeTick >= block.base ||
      (cell.initialised & mask) != mask)
    return false;
  cell.reader = thread.linear;
  cell.readMask = mask;
  cell.readers = Cell::OneThread;
  cell.readSlot = block.slot;
  cell.readTick = machine.tick;
  cell.readPlace = place->id;
  return true;
}

void SharedCheck::run(uint8_t *address, uint32_t bytes) {
  uint32_t offset = address - block.shared;
  for (uint32_t at = offset & ~3u; at < offset + bytes; at += 4) {
    Cell &cell = block.shadow[at / 4];
    uint32_t mask = maskWithin(offset, bytes, at);
    if (isStore())
      stamp(at) = 0;
    if (!isCommon(cell, mask))
      check(cell, at, mask);
  }
}

bool Machine::checkShared(Thread &thread, uint8_t *address, uint32_t bytes,
                          unsigned flags, const Place *place, bool landing) {
  if (!checked)
    return true;
  uint64_t offset = address - thread.shared;
  if (offset < sharedBase || offset + bytes > sharedEnd) {
    report("out of bounds", place,
           llvm::formatv("of {0} reaches {1} bytes at {2} of the {3} bytes of "
                         "shared memory",
                         threadText(thread), bytes,
                         int64_t(offset) - sharedBase, sharedEnd - sharedBase)
               .str());
    return false;
  }
  uint64_t cell = (offset - sharedBase) / 4;
  if (cell < kernel->sharedMap.size() && !kernel->sharedMap[cell])
    report("out of bounds", place,
           llvm::formatv("of {0} reaches shared memory at {1}, between arrays",
                         threadText(thread), offset - sharedBase)
               .str());
  SharedCheck{{*this, thread, flags, place}, landing}.run(address, bytes);
  if (flags & (Access::Atomic | Access::Strong))
    synchronise(thread, uint64_t(address), flags);
  return true;
}

void Machine::markPending(Thread &thread, uint8_t *address, uint32_t bytes) {
  uint32_t offset = address - thread.shared;
  for (uint32_t at = offset & ~3u; at < offset + bytes; at += 4)
    thread.block->shadow[at / 4].pending = 1;
}
