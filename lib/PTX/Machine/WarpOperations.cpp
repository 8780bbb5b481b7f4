// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What lanes of a warp do together.
#include "Codes.h"
#include "Machine.h"
#include "Ordering.h"
#include "llvm/Support/FormatVariadic.h"

using namespace sinter::ptx;

// A mask may name lanes that have ended.
void Machine::meet(Thread &thread, const Place *place, uint32_t mask,
                   void *argument, Rendezvous::Operation operation) {
  Block &block = *thread.block;
  Warp &warp = block.warps[thread.warp];
  mask &= warp.alive;
  if (!(mask >> thread.lane & 1)) {
    report("lane outside of the mask", place,
           llvm::formatv("is executed by lane {0}, which the mask {1:x} does "
                         "not name ({2})",
                         thread.lane, mask, threadText(thread))
               .str());
    abandon(thread);
  }
  Rendezvous *meeting = nullptr, *unused = nullptr;
  for (Rendezvous &other : warp.meetings) {
    if (!other.mask)
      unused = &other;
    else if (other.place == place && (other.mask & warp.alive) == mask)
      meeting = &other;
  }
  if (!meeting) {
    if (!unused) {
      report("divergent warp", place,
             "finds lanes of the warp at eight other operations (" +
                 threadText(thread) + ")");
      abandon(thread);
    }
    meeting = unused;
    meeting->place = place;
    meeting->mask = mask;
    meeting->arrived = 0;
    meeting->run = operation;
  }
  meeting->arrived |= 1u << thread.lane;
  meeting->arguments[thread.lane] = argument;
  if (meeting->arrived != mask)
    return wait(thread, "in an operation of the warp", place);
  meeting->mask = mask;
  operation(block, thread.warp, *meeting);
  if (failed)
    abandon(thread);
  meeting->mask = 0;
  for (uint32_t lane = 0; lane < warpSize; ++lane)
    if (mask >> lane & 1 && lane != thread.lane)
      makeReady(block.threads[thread.warp * warpSize + lane]);
  yield(thread); // the last to come has no privilege
}

/// Calls `function(lane, its argument)` for the lanes that take part.
template <typename T, typename Function>
static void forLanes(Rendezvous &meeting, Function function) {
  for (uint32_t lane = 0; lane < warpSize; ++lane)
    if (meeting.has(lane))
      function(lane, *static_cast<T *>(meeting.arguments[lane]));
}

static void syncWarp(Thread *thread, const Place *place, uint32_t mask) {
  thread->machine->meet(*thread, place, mask, nullptr,
                        [](Block &block, uint32_t warp, Rendezvous &meeting) {
                          Thread *threads = &block.threads[warp * warpSize];
                          Clock clock;
                          for (uint32_t lane = 0; lane < warpSize; ++lane)
                            if (meeting.has(lane))
                              clock.join(threads[lane].clock);
                          clock.ticks[warp] = ++threads->machine->tick;
                          for (uint32_t lane = 0; lane < warpSize; ++lane)
                            if (meeting.has(lane))
                              threads[lane].clock = clock;
                        });
}

namespace {
struct ShuffleArgument {
  ShuffleCode code;
  uint32_t value, second, clamp;
  uint64_t result;

  /// The lane to read, and whether it is in range.
  std::pair<uint32_t, bool> source(uint32_t lane) const {
    int distance = second & 31, bound = clamp & 31, segment = clamp >> 8 & 31;
    int self = lane, last = (self & segment) | (bound & ~segment);
    int from = code == ShuffleCode::Up     ? self - distance
               : code == ShuffleCode::Down ? self + distance
               : code == ShuffleCode::Butterfly
                   ? self ^ distance
                   : (self & segment) | (distance & ~segment);
    bool valid = code == ShuffleCode::Up ? from >= last : from <= last;
    return {valid ? from : self, valid};
  }
};
} // namespace

/// The value, and in bit 32 whether the lane was in range.
static uint64_t shuffle(Thread *thread, const Place *place, ShuffleCode code,
                        uint32_t mask, uint32_t value, uint32_t second,
                        uint32_t clamp) {
  ShuffleArgument argument{code, value, second, clamp, 0};
  thread->machine->meet(
      *thread, place, mask, &argument,
      [](Block &block, uint32_t warp, Rendezvous &meeting) {
        forLanes<ShuffleArgument>(meeting, [&](uint32_t lane,
                                               ShuffleArgument &own) {
          auto [from, valid] = own.source(lane);
          uint32_t value = ~0u;
          if (meeting.has(from))
            value =
                static_cast<ShuffleArgument *>(meeting.arguments[from])->value;
          else
            block.threads[warp * warpSize].machine->report(
                "shuffle from outside of the mask", meeting.place,
                llvm::formatv("lets lane {0} read lane {1}, which the "
                              "mask {2:x} does not name",
                              lane, from, meeting.mask)
                    .str());
          own.result = value | uint64_t(valid) << 32;
        });
      });
  return argument.result;
}

namespace {
struct VoteArgument {
  VoteCode code;
  uint32_t predicate, result;
};
struct MatchArgument {
  bool all;
  uint64_t value, result;
};
struct ReduceArgument {
  ReduceCode code;
  uint32_t value, result;
};
} // namespace

static uint32_t vote(Thread *thread, const Place *place, VoteCode code,
                     uint32_t mask, uint32_t predicate) {
  VoteArgument argument{code, predicate, 0};
  thread->machine->meet(
      *thread, place, mask, &argument,
      [](Block &, uint32_t, Rendezvous &meeting) {
        uint32_t ballot = 0;
        forLanes<VoteArgument>(meeting, [&](uint32_t lane, VoteArgument &own) {
          ballot |= own.predicate << lane;
        });
        forLanes<VoteArgument>(meeting, [&](uint32_t, VoteArgument &own) {
          bool all = ballot == meeting.mask;
          own.result = own.code == VoteCode::All       ? all
                       : own.code == VoteCode::Any     ? ballot != 0
                       : own.code == VoteCode::Uniform ? all || !ballot
                                                       : ballot;
        });
      });
  return argument.result;
}

/// Lanes with the same value; with `all`, bit 32 tells whether all have it.
static uint64_t match(Thread *thread, const Place *place, uint32_t all,
                      uint32_t mask, uint64_t value) {
  MatchArgument argument{all != 0, value, 0};
  thread->machine->meet(
      *thread, place, mask, &argument,
      [](Block &, uint32_t, Rendezvous &meeting) {
        forLanes<MatchArgument>(meeting, [&](uint32_t, MatchArgument &own) {
          uint64_t same = 0;
          forLanes<MatchArgument>(
              meeting, [&](uint32_t lane, MatchArgument &x) {
                same |= uint64_t(x.value == own.value) << lane;
              });
          bool all = same == meeting.mask;
          own.result = !own.all ? same : all ? same | uint64_t(1) << 32 : 0;
        });
      });
  return argument.result;
}

static uint32_t combine(ReduceCode code, uint32_t a, uint32_t b) {
  switch (code) {
  case ReduceCode::Add:
    return a + b;
  case ReduceCode::MinimumSigned:
    return std::min<int32_t>(a, b);
  case ReduceCode::MaximumSigned:
    return std::max<int32_t>(a, b);
  case ReduceCode::MinimumUnsigned:
    return std::min(a, b);
  case ReduceCode::MaximumUnsigned:
    return std::max(a, b);
  case ReduceCode::And:
    return a & b;
  case ReduceCode::Or:
    return a | b;
  case ReduceCode::Xor:
    return a ^ b;
  }
  llvm_unreachable("a code of a reduction");
}

static uint32_t reduce(Thread *thread, const Place *place, ReduceCode code,
                       uint32_t mask, uint32_t value) {
  ReduceArgument argument{code, value, 0};
  thread->machine->meet(
      *thread, place, mask, &argument,
      [](Block &, uint32_t, Rendezvous &meeting) {
        bool first = true;
        uint32_t result = 0;
        forLanes<ReduceArgument>(meeting, [&](uint32_t, ReduceArgument &own) {
          result = std::exchange(first, false)
                       ? own.value
                       : combine(own.code, result, own.value);
        });
        forLanes<ReduceArgument>(meeting, [&](uint32_t, ReduceArgument &own) {
          own.result = result;
        });
      });
  return argument.result;
}

/// The first lane of the mask, and in bit 32 whether it is this one.
static uint64_t electLane(Thread *thread, const Place *place, uint32_t mask) {
  uint32_t lanes = vote(thread, place, VoteCode::Ballot, mask, 1);
  uint32_t first = llvm::countr_zero(lanes);
  return first | uint64_t(thread->lane == first) << 32;
}

llvm::ArrayRef<RuntimeFunction> sinter::ptx::warpFunctions() {
  static const RuntimeFunction functions[] = {
      {"syncWarp", reinterpret_cast<void *>(syncWarp)},
      {"shuffle", reinterpret_cast<void *>(shuffle)},
      {"vote", reinterpret_cast<void *>(vote)},
      {"match", reinterpret_cast<void *>(match)},
      {"reduce", reinterpret_cast<void *>(reduce)},
      {"electLane", reinterpret_cast<void *>(electLane)}};
  return functions;
}
