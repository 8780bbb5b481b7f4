// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory is taken in order: an address that was freed is used again only when
// the address space comes to its end, so that stale pointers are found.
#include "Arena.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <sys/mman.h>

using namespace sinter::ptx;

/// Bytes between neighbours that belong to nobody.
static constexpr uint64_t gap = 512;

static void *reserve(uint64_t bytes) {
  void *result = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (result == MAP_FAILED)
    return nullptr;
  // Accesses go all over both ranges: small pages would leave the TLB.
  madvise(result, bytes, MADV_HUGEPAGE);
  return result;
}

Arena::Arena()
    : memory(static_cast<uint8_t *>(reserve(capacity))),
      cells(static_cast<Cell *>(reserve(capacity / 4 * sizeof(Cell)))) {}

Arena::~Arena() {
  if (memory)
    munmap(memory, capacity);
  if (cells)
    munmap(cells, capacity / 4 * sizeof(Cell));
}

uint64_t Arena::allocate(uint64_t bytes, uint64_t alignment) {
  if (!bytes || bytes > capacity)
    return 0;
  uint64_t address = llvm::alignTo(base() + top + gap, alignment);
  if (address + bytes > base() + capacity) {
    auto found = freed.lower_bound(bytes + alignment);
    if (found == freed.end())
      return 0;
    address = llvm::alignTo(found->second, alignment);
    freed.erase(found);
  } else {
    top = address + bytes - base();
  }
  allocations[address] = bytes;
  memset(reinterpret_cast<void *>(address), 0xFF, bytes);
  memset(static_cast<void *>(&cell(address)), 0,
         (bytes + 3) / 4 * sizeof(Cell));
  // A cell that is another's in part is looked up at each access.
  for (uint64_t i = 0; i + 4 <= bytes; i += 4)
    cell(address + i).allocated = 1;
  return address;
}

bool Arena::free(uint64_t address) {
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  memset(static_cast<void *>(&cell(address)), 0,
         (found->second + 3) / 4 * sizeof(Cell));
  freed.emplace(found->second, address);
  allocations.erase(found);
  return true;
}

std::pair<uint64_t, uint64_t> Arena::allocationBefore(uint64_t address) const {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return {};
  return *std::prev(after);
}

bool Arena::isAllocated(uint64_t address, uint64_t bytes) const {
  auto [start, size] = allocationBefore(address);
  return address - start <= size && bytes <= size - (address - start);
}

void Arena::markInitialised(uint64_t address, uint64_t bytes) {
  for (uint64_t at = address & ~uint64_t(3); at < address + bytes; at += 4)
    cell(at).initialised |= maskWithin(address, bytes, at);
}

bool Arena::isInitialised(uint64_t address, uint64_t bytes) const {
  for (uint64_t at = address & ~uint64_t(3); at < address + bytes; at += 4) {
    uint32_t mask = maskWithin(address, bytes, at);
    if ((cell(at).initialised & mask) != mask)
      return false;
  }
  return true;
}
