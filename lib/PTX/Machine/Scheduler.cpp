// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which thread runs next.
#include "Fiber.h"
#include "Machine.h"

using namespace sinter::ptx;

void Clock::join(const Clock &other) {
  for (uint32_t i = 0; i < maximumWarps; ++i)
    ticks[i] = std::max(ticks[i], other.ticks[i]);
}

/// Xorshift, by George Marsaglia.
uint32_t Machine::random(uint32_t below) {
  randomState ^= randomState << 13;
  randomState ^= randomState >> 7;
  randomState ^= randomState << 17;
  return uint32_t((randomState >> 32) * below >> 32);
}

/// Lets a copy that is on its way arrive.
void Machine::land() {
  landNow = false;
  std::swap(events[random(events.size())], events.back());
  std::function<void()> event = std::move(events.back());
  events.pop_back();
  event();
}

/// The thread to run, or null where the launch is over. Copies arrive as late
/// as they may, in some launches at random moments too.
Thread *Machine::next() {
  for (;;) {
    if (failed)
      return nullptr;
    if (!events.empty() &&
        (ready.empty() || landNow || (eager && !random(16)))) {
      land();
      continue;
    }
    if (!ready.empty())
      break;
    if (startBlock())
      continue;
    if (!live.empty())
      reportDeadlock();
    return nullptr;
  }
  std::swap(ready[random(ready.size())], ready.back());
  Thread *thread = ready.back();
  ready.pop_back();
  return thread;
}

/// Leaves `from` for `to`, or for the end of the launch.
void Machine::resume(Thread &from, Thread *to) {
  if (to != &from)
    sinterPtxSwitchStack(&from.stackPointer, to ? to->stackPointer : mainStack);
}

void Machine::wait(Thread &thread, const char *what, const Place *place) {
  thread.waitingFor = what;
  thread.waitingAt = place;
  polls = 0;
  resume(thread, next());
}

void Machine::yield(Thread &thread) {
  ready.push_back(&thread);
  resume(thread, next());
}

void Machine::poll(Thread &thread) {
  // All that run do nothing but poll: something else must happen.
  if (++polls > 16 * (ready.size() + 4)) {
    polls = 0;
    if (events.empty())
      startBlock();
    else
      landNow = true;
  }
  if (!ready.empty() || !events.empty())
    yield(thread);
}

void Machine::abandon(Thread &thread) {
  failed = true;
  sinterPtxSwitchStack(&thread.stackPointer, mainStack);
  llvm_unreachable("an abandoned thread does not run");
}

void Machine::exit(Thread &thread) {
  if (checked && !thread.copies.empty())
    report("copy without a wait", thread.copies.front().place,
           "is never waited for (thread " + llvm::Twine(thread.linear) + ")");
  Block &block = *thread.block;
  thread.exited = true;
  --block.alive;
  block.warps[thread.warp].alive &= ~(1u << thread.lane);
  leaveBarriers(thread);
  polls = 0;
  Thread *following = nullptr;
  // The next block may get this stack, so it starts from the main one.
  if (block.alive)
    following = next();
  else
    retire(block);
  sinterPtxSwitchStack(&thread.stackPointer,
                       following ? following->stackPointer : mainStack);
  llvm_unreachable("a thread that has ended does not run");
}
