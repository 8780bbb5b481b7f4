// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Barriers of blocks and fences.
#include "Codes.h"
#include "Machine.h"

using namespace sinter::ptx;

static void open(Machine &machine, Block &block, Barrier &barrier) {
  ++machine.tick;
  if (!barrier.isPartial)
    block.base = machine.tick;
  for (Thread *thread : barrier.waiting) {
    if (barrier.isPartial)
      thread->clock.join(barrier.clock);
    thread->barrierOnes = barrier.ones;
    thread->barrierAll = barrier.ones == barrier.arrived;
    machine.makeReady(*thread);
  }
  barrier = Barrier();
}

/// A thread that ends is not waited for any more.
void Machine::leaveBarriers(Thread &thread) {
  Block &block = *thread.block;
  for (Barrier &barrier : block.barriers)
    if (!barrier.waiting.empty() && !barrier.isPartial &&
        barrier.arrived == block.alive)
      open(*this, block, barrier);
  Warp &warp = block.warps[thread.warp];
  for (Rendezvous &meeting : warp.meetings) {
    if (!meeting.mask || meeting.arrived != (meeting.mask & warp.alive) ||
        !meeting.arrived)
      continue;
    meeting.mask = meeting.arrived;
    meeting.run(block, thread.warp, meeting);
    for (uint32_t lane = 0; lane < warpSize; ++lane)
      if (meeting.has(lane))
        makeReady(block.threads[thread.warp * warpSize + lane]);
    meeting.mask = 0;
  }
}

/// What must hold of the thread's arrival.
static bool checkArrival(Thread &thread, const Place *place, Barrier *barrier,
                         uint32_t number, uint32_t count, bool aligned) {
  Machine &machine = *thread.machine;
  if (!barrier) {
    machine.report("barrier", place,
                   "expected a number below 16, but got " +
                       llvm::Twine(number));
    return false;
  }
  if (count % warpSize) {
    machine.report("barrier", place,
                   "expected a multiple of 32 threads, but got " +
                       llvm::Twine(count));
    return false;
  }
  if (barrier->arrived && barrier->expected != count) {
    machine.report("barrier", place,
                   "expected " + llvm::Twine(barrier->expected) +
                       " threads as those that wait, but got " +
                       llvm::Twine(count));
    return false;
  }
  const Place *other = barrier->places[thread.warp];
  if (aligned && other && other != place) {
    machine.report("divergent barrier", place,
                   "finds lanes of its warp at another barrier", other);
    return false;
  }
  return true;
}

/// bar and barrier. An aligned one wants all lanes of a warp at one place.
static uint32_t barrier(Thread *thread, const Place *place, BarrierCode code,
                        uint32_t number, uint32_t count, uint32_t predicate,
                        uint32_t aligned) {
  Machine &machine = *thread->machine;
  Block &block = *thread->block;
  Barrier *barrier = number < 16 ? &block.barriers[number] : nullptr;
  if (!checkArrival(*thread, place, barrier, number, count, aligned))
    machine.abandon(*thread);
  if (!barrier->arrived) {
    barrier->expected = count;
    barrier->isPartial = count && count != block.alive;
  }
  barrier->places[thread->warp] = place;
  barrier->ones += predicate;
  ++barrier->arrived;
  if (barrier->isPartial) { // what arrivers do later is not covered
    barrier->clock.join(thread->clock);
    barrier->clock.ticks[thread->warp] = ++machine.tick;
  }
  if (code != BarrierCode::Arrive)
    barrier->waiting.push_back(thread);
  if (barrier->arrived >= (count ? count : block.alive))
    open(machine, block, *barrier);
  if (code == BarrierCode::Arrive)
    return 0;
  machine.wait(*thread, "at a barrier", place);
  switch (code) {
  case BarrierCode::CountOnes:
    return thread->barrierOnes;
  case BarrierCode::All:
    return thread->barrierAll;
  default:
    return thread->barrierOnes != 0;
  }
}

static void fence(Thread *thread) { thread->machine->fence(*thread); }

llvm::ArrayRef<RuntimeFunction> sinter::ptx::barrierFunctions() {
  static const RuntimeFunction functions[] = {
      {"barrier", reinterpret_cast<void *>(barrier)},
      {"fence", reinterpret_cast<void *>(fence)}};
  return functions;
}
