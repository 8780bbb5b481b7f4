// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mbarriers: a phase ends when all have arrived and all bytes have come.
#include "MemoryBarriers.h"
#include "Ordering.h"

using namespace sinter::ptx;

/// The barrier at `address`, or null, which has been reported.
static MemoryBarrier *find(Thread &thread, uint8_t *address,
                           const Place *place) {
  auto &barriers = thread.block->memoryBarriers;
  auto found = barriers.find(address - thread.shared);
  if (found != barriers.end() && found->second.isValid)
    return &found->second;
  thread.machine->report("mbarrier", place,
                         "expected an mbarrier that is initialised (" +
                             threadText(thread) + ")");
  return nullptr;
}

/// The barrier for an operation of the thread on it, which is a strong access.
static MemoryBarrier &access(Thread &thread, uint8_t *address,
                             const Place *place) {
  Machine &machine = *thread.machine;
  if (!machine.checkShared(thread, address, 8, Access::Strong, place))
    machine.abandon(thread);
  MemoryBarrier *barrier = find(thread, address, place);
  if (!barrier)
    machine.abandon(thread);
  return *barrier;
}

static void endPhase(Machine &machine, MemoryBarrier &barrier) {
  if (barrier.pending || barrier.bytes)
    return;
  ++machine.tick;
  barrier.phase ^= 1;
  barrier.pending = barrier.expected;
  barrier.clock = std::exchange(barrier.next, Clock());
  for (Thread *thread : barrier.waiting)
    machine.makeReady(*thread);
  barrier.waiting.clear();
}

static bool arrive(Thread &thread, MemoryBarrier &barrier, uint32_t count,
                   const Place *place) {
  Machine &machine = *thread.machine;
  if (count > barrier.pending) {
    machine.report("mbarrier", place,
                   "expected " + llvm::Twine(barrier.pending) +
                       " more arrivals, but got " + llvm::Twine(count));
    return false;
  }
  barrier.next.join(thread.clock);
  barrier.next.ticks[thread.warp] = ++machine.tick;
  barrier.pending -= count;
  endPhase(machine, barrier);
  return true;
}

static void initBarrier(Thread *thread, const Place *place, uint8_t *address,
                        uint32_t count) {
  Machine &machine = *thread->machine;
  uint64_t offset = address - thread->shared;
  if (offset % 8) {
    machine.report("misaligned access", place,
                   "expected an address that is a multiple of 8 (" +
                       threadText(*thread) + ")");
    machine.abandon(*thread);
  }
  if (!machine.checkShared(*thread, address, 8, Access::Store, place))
    machine.abandon(*thread);
  MemoryBarrier barrier;
  barrier.expected = barrier.pending = count;
  barrier.isValid = true;
  barrier.place = place;
  thread->block->memoryBarriers[offset] = std::move(barrier);
}

static void invalidateBarrier(Thread *thread, const Place *place,
                              uint8_t *address) {
  access(*thread, address, place).isValid = false;
}

/// Expects `bytes` more and arrives `count` times. The phase before.
static uint64_t arriveAtBarrier(Thread *thread, const Place *place,
                                uint8_t *address, uint32_t count,
                                uint32_t bytes, uint32_t drop) {
  MemoryBarrier &barrier = access(*thread, address, place);
  uint64_t phase = barrier.phase;
  barrier.bytes += bytes;
  if (drop)
    barrier.expected -= count;
  if (!arrive(*thread, barrier, count, place))
    thread->machine->abandon(*thread);
  return phase;
}

static void expectBytes(Thread *thread, const Place *place, uint8_t *address,
                        uint32_t bytes) {
  access(*thread, address, place).bytes += bytes;
}

static void completeBytes(Thread *thread, const Place *place, uint8_t *address,
                          uint32_t bytes) {
  MemoryBarrier &barrier = access(*thread, address, place);
  barrier.bytes -= bytes;
  endPhase(*thread->machine, barrier);
}

/// Whether the phase of this parity is over; `mayWait` until it is.
static uint32_t testBarrier(Thread *thread, const Place *place,
                            uint8_t *address, uint32_t parity,
                            uint32_t mayWait) {
  MemoryBarrier &barrier = access(*thread, address, place);
  parity &= 1;
  if (barrier.phase == parity) {
    if (mayWait) {
      barrier.waiting.push_back(thread);
      thread->machine->wait(*thread, "for an mbarrier", place);
    } else {
      thread->machine->poll(*thread);
    }
  }
  if (barrier.phase == parity)
    return 0;
  thread->clock.join(barrier.clock);
  return 1;
}

bool sinter::ptx::settleArrivals(Thread &thread) {
  auto &arrivals = thread.arrivals;
  bool fine = true;
  while (fine && !arrivals.empty() &&
         (thread.copies.empty() ||
          thread.copies.front().group >= arrivals.front().group)) {
    PendingArrival arrival = arrivals.front();
    arrivals.erase(arrivals.begin());
    MemoryBarrier *barrier = find(thread, arrival.barrier, arrival.place);
    fine = barrier && arrive(thread, *barrier, 1, arrival.place);
  }
  return fine;
}

/// Arrives when all copies that the thread has issued have landed.
static void arriveWithCopies(Thread *thread, const Place *place,
                             uint8_t *address, uint32_t expected) {
  MemoryBarrier &barrier = access(*thread, address, place);
  if (!expected)
    ++barrier.pending;
  uint32_t group = ++thread->copyGroup;
  thread->arrivals.push_back({address, place, group});
  if (!settleArrivals(*thread)) // nothing may be on its way
    thread->machine->abandon(*thread);
  if (thread->arrivals.empty())
    return;
  thread->machine->later([=] {
    if (!landCopies(*thread, group))
      thread->machine->failed = true;
  });
}

llvm::ArrayRef<RuntimeFunction> sinter::ptx::memoryBarrierFunctions() {
  static const RuntimeFunction functions[] = {
      {"initBarrier", reinterpret_cast<void *>(initBarrier)},
      {"invalidateBarrier", reinterpret_cast<void *>(invalidateBarrier)},
      {"arriveAtBarrier", reinterpret_cast<void *>(arriveAtBarrier)},
      {"expectBytes", reinterpret_cast<void *>(expectBytes)},
      {"completeBytes", reinterpret_cast<void *>(completeBytes)},
      {"testBarrier", reinterpret_cast<void *>(testBarrier)},
      {"arriveWithCopies", reinterpret_cast<void *>(arriveWithCopies)}};
  return functions;
}
