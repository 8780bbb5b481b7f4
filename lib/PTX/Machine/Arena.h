// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Global memory: one range of addresses, with a cell for each four bytes.
#ifndef SINTER_PTX_ARENA_H
#define SINTER_PTX_ARENA_H

#include "Shadow.h"
#include <map>

namespace sinter::ptx {

class Arena {
public:
  /// Reserves the addresses. They are not there if the system refuses.
  Arena();
  ~Arena();
  Arena(const Arena &) = delete;

  bool isReserved() const { return memory && cells; }
  /// Bytes that lie in nobody's allocation separate neighbours. 0: no room.
  uint64_t allocate(uint64_t bytes, uint64_t alignment);
  bool free(uint64_t address);
  bool contains(uint64_t address) const { return address - base() < capacity; }
  /// Whether one allocation has all the bytes.
  bool isAllocated(uint64_t address, uint64_t bytes) const;
  /// The allocation at or before an address: its start and bytes, or zeros.
  std::pair<uint64_t, uint64_t> allocationBefore(uint64_t address) const;
  void markInitialised(uint64_t address, uint64_t bytes);
  bool isInitialised(uint64_t address, uint64_t bytes) const;
  Cell &cell(uint64_t address) const { return cells[(address - base()) / 4]; }

private:
  static constexpr uint64_t capacity = uint64_t(16) << 30;
  uint64_t base() const { return uint64_t(memory); }

  uint8_t *memory = nullptr;
  Cell *cells = nullptr;
  uint64_t top = 0;
  std::map<uint64_t, uint64_t> allocations;
  /// Ranges to be used again, by size; the address space is not endless.
  std::multimap<uint64_t, uint64_t> freed;
};

} // namespace sinter::ptx
#endif
