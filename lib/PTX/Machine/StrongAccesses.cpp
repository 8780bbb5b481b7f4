// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strong accesses: what they order, and what they may still read.
#include "Machine.h"
#include "Ordering.h"
#include <cstring>

using namespace sinter::ptx;

// A strong access learns what was published at its address: at once if it
// acquires, else with the next fence. A store publishes what came before the
// last fence, or all if it releases.
void Machine::synchronise(Thread &thread, uint64_t address, unsigned flags) {
  Block &block = *thread.block;
  if (auto found = published.find(address); found != published.end()) {
    const Published &other = found->second;
    bool sameBlock = other.block == block.start;
    uint32_t visible = (sameBlock ? other.tickOfOthers : other.tick) + 1;
    if (flags & Access::Acquire) {
      block.acquired = std::max(block.acquired, visible);
      if (sameBlock)
        thread.clock.join(other.clock);
    } else {
      thread.hasSeen = true;
      thread.seenTick = std::max(thread.seenTick, visible);
      if (sameBlock)
        thread.seen.join(other.clock);
    }
  }
  if (!(flags & Access::Store))
    return;
  if (flags & Access::Release)
    thread.fenceTick = tick++;
  if (!thread.fenceTick)
    return;
  Published &own = published[address];
  if (own.block != block.start) {
    own.clock = Clock();
    own.tickOfOthers = own.tick;
  }
  own.block = block.start;
  own.tick = std::max({own.tick, thread.fenceTick, block.acquired});
  own.clock.join(thread.clock);
  uint32_t &mine = own.clock.ticks[thread.warp];
  mine = std::max(mine, thread.fenceTick + 1);
}

void Machine::fence(Thread &thread) {
  thread.fenceTick = tick++;
  if (!thread.hasSeen)
    return;
  thread.hasSeen = false;
  thread.clock.join(thread.seen);
  thread.block->acquired = std::max(thread.block->acquired, thread.seenTick);
}

void Machine::rememberOverwritten(Thread &thread, uint8_t *address,
                                  uint32_t bytes) {
  OverwrittenValue value{{},
                         std::min(bytes, 16u),
                         tick,
                         thread.block->start,
                         thread.linear,
                         2 + random(4),
                         {}};
  memcpy(value.bytes.data(), address, value.size);
  overwritten[uint64_t(address)] = value;
}

uint8_t *Machine::strongSource(Thread &thread, uint8_t *address,
                               uint32_t bytes) {
  auto found = overwritten.find(uint64_t(address));
  if (found == overwritten.end())
    return address;
  OverwrittenValue &value = found->second;
  bool ordered = value.block == thread.block->start
                     ? isOrdered(thread, value.thread, value.tick)
                     : value.tick < thread.block->acquired;
  if (ordered || value.size != bytes || !value.left ||
      llvm::is_contained(value.upToDate, &thread))
    return address;
  if (random(2)) {
    value.upToDate.push_back(&thread);
    return address;
  }
  --value.left;
  return value.bytes.data();
}
