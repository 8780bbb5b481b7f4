// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is known of each four bytes of memory.
#ifndef SINTER_PTX_SHADOW_H
#define SINTER_PTX_SHADOW_H

#include <algorithm>
#include <cstdint>

namespace sinter::ptx {

/// The last write and the last read of four bytes, and which of them are
/// initialised. A mask has a bit for each byte. All zero: never touched.
struct Cell {
  enum Readers : uint32_t { OneThread, OneWarp, ManyWarps };

  uint32_t writeTick, readTick;
  /// Ids of places.
  uint16_t writePlace, readPlace;
  uint32_t writer : 10, writeMask : 4, initialised : 4, writeSlot : 11;
  /// The target of an asynchronous copy that has not been waited for.
  uint32_t pending : 1;
  /// The write was atomic or strong.
  uint32_t atomic : 1;
  uint32_t reader : 10, readMask : 4, readers : 2, readSlot : 11;
  /// The bytes belong to an allocation of global memory.
  uint32_t allocated : 1;
  /// Read by ld.global.nc.
  uint32_t nonCoherent : 1;
};

/// The bytes of [address, address + bytes) within the cell at `cell`.
inline uint32_t maskWithin(uint64_t address, uint64_t bytes, uint64_t cell) {
  uint32_t begin = std::max(address, cell) - cell;
  uint32_t end = std::min(address + bytes, cell + 4) - cell;
  return ((1u << end) - 1) & ~((1u << begin) - 1);
}

} // namespace sinter::ptx
#endif
