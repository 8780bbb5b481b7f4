// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The machine: threads as fibers of one thread of the host, what they share,
// and the state of their memory.
#ifndef SINTER_PTX_MACHINE_H
#define SINTER_PTX_MACHINE_H

#include "Arena.h"
#include "Records.h"
#include "Shadow.h"
#include "sinter/PTX/Module.h"
#include <array>
#include <deque>
#include <functional>
#include <set>
#include <unordered_map>

namespace sinter::ptx {

constexpr uint32_t warpSize = 32, maximumWarps = 32, maximumThreads = 1024;
/// The shared window of a block. Behind it lies a stamp for each four bytes:
/// the tick in which loads of them need no further check.
constexpr uint32_t sharedWindow = 256 << 10;
/// Where arrays start: no array is at address 0.
constexpr uint32_t sharedBase = 1024;

/// Up to which tick the accesses of each warp of the block are visible.
struct Clock {
  std::array<uint32_t, maximumWarps> ticks{};
  void join(const Clock &other);
};

/// A cp.async that has been issued.
struct PendingCopy {
  uint8_t *target;
  const uint8_t *source;
  /// Bytes written, and how many of them are read; the others are zero.
  uint32_t bytes, copied;
  const Place *place;
  uint32_t group;
};

/// A cp.async.mbarrier.arrive: it arrives when all copies of groups before
/// `group` have landed.
struct PendingArrival {
  uint8_t *barrier;
  const Place *place;
  uint32_t group;
};

struct Block;

/// A thread of a kernel. Compiled code reads the first members by offset.
struct Thread {
  uint32_t index[3], blockSize[3], blockIndex[3], gridSize[3];
  uint32_t lane, warp, linear, dynamicShared, dynamicSharedBytes;
  /// Added to a stamp that holds for this warp alone.
  uint32_t warpStamp;
  uint8_t *shared;
  uint64_t fuel, workspace;
  /// Below it the stack is another thread's.
  uint64_t stackLimit;

  Machine *machine;
  Block *block;
  void *stackPointer;
  /// What it waits for and where, for a deadlock.
  const char *waitingFor;
  const Place *waitingAt;
  bool exited;
  /// Of the last barrier that reduced predicates.
  uint32_t barrierOnes;
  bool barrierAll;
  /// The last fence: what came before it is published by later stores.
  uint32_t fenceTick;
  Clock clock;
  /// What strong loads have seen, which holds after the next fence.
  Clock seen;
  uint32_t seenTick;
  bool hasSeen;
  std::vector<PendingCopy> copies;
  std::vector<PendingArrival> arrivals;
  uint32_t copyGroup;
};

/// One of the sixteen named barriers of a block.
struct Barrier {
  uint32_t arrived = 0, expected = 0, ones = 0;
  /// Fewer than all threads take part.
  bool isPartial = false;
  /// Where the lanes of each warp stand.
  std::array<const Place *, maximumWarps> places{};
  std::vector<Thread *> waiting;
  Clock clock;
};

/// An mbarrier. The object in shared memory is opaque to the kernel.
struct MemoryBarrier {
  uint32_t expected = 0, pending = 0, phase = 0;
  int64_t bytes = 0;
  bool isValid = false;
  const Place *place = nullptr;
  /// Of arrivals in this phase, and of the last phase.
  Clock next, clock;
  std::vector<Thread *> waiting;
};

/// Lanes of a warp that meet at an operation, which the last of them runs.
struct Rendezvous {
  using Operation = void (*)(Block &, uint32_t warp, Rendezvous &);
  const Place *place;
  uint32_t mask = 0, arrived;
  Operation run;
  std::array<void *, warpSize> arguments;
  bool has(uint32_t lane) const { return mask >> lane & 1; }
};

struct Warp {
  uint32_t alive;
  std::array<Rendezvous, 8> meetings;
};

/// A block, or what is kept of one for the next.
struct Block {
  uint32_t slot;
  /// Ticks: when it started, its last barrier, and up to which other blocks'
  /// accesses are visible.
  uint32_t start, base, acquired;
  uint32_t alive;
  uint8_t *shared = nullptr;
  char *stacks = nullptr;
  std::vector<Cell> shadow;
  std::vector<Thread> threads;
  std::array<Warp, maximumWarps> warps;
  std::array<Barrier, 16> barriers;
  std::unordered_map<uint32_t, MemoryBarrier> memoryBarriers;
};

/// What fenced stores to an address have made visible: to other blocks all up
/// to a tick, to threads of the block that stored last a clock.
struct Published {
  /// The tick in which the block that stored last began.
  uint32_t block = 0;
  uint32_t tick = 0;
  /// The tick without what that block itself has stored.
  uint32_t tickOfOthers = 0;
  Clock clock;
};

/// What a strong store to global memory has overwritten. Who is not ordered
/// after the store may read it still, as long as it has not read the new value.
struct OverwrittenValue {
  std::array<uint8_t, 16> bytes;
  uint32_t size, tick, block, thread;
  /// Stale reads that are still to come, so that whoever polls gets on.
  uint32_t left;
  std::vector<const Thread *> upToDate;
};

/// Runs one launch at a time. One tick grows with each synchronisation, and an
/// access carries the tick in which it happens.
class Machine {
public:
  Machine();
  ~Machine();

  std::vector<Report> launch(const Kernel &kernel, const LaunchOptions &options,
                             llvm::ArrayRef<const void *> arguments);

  // Scheduling.
  /// Lets others run until somebody makes the thread ready.
  void wait(Thread &thread, const char *what, const Place *place);
  void makeReady(Thread &thread) { ready.push_back(&thread); }
  /// Lets others run; the thread polls, so nothing may be known to happen.
  void poll(Thread &thread);
  /// Lets another thread run, of which this one may be.
  void yield(Thread &thread);
  [[noreturn]] void exit(Thread &thread);
  /// Ends the launch; what is wrong has been reported.
  [[noreturn]] void abandon(Thread &thread);
  uint32_t random(uint32_t below);
  /// Runs `event` when nobody else can go on, or earlier.
  void later(std::function<void()> event) {
    events.push_back(std::move(event));
  }

  // Reports.
  /// `other` is the place of the other access of two.
  void report(llvm::StringRef kind, const Place *place,
              const llvm::Twine &details, const Place *other = nullptr);
  const Place *placeOf(uint16_t id) const { return places[id]; }
  void addPlace(Place &place);

  // Checks. False: the access cannot take place.
  bool checkAccess(Thread &thread, uint8_t *address, const Access &access);
  bool checkShared(Thread &thread, uint8_t *address, uint32_t bytes,
                   unsigned flags, const Place *place, bool landing = false);
  bool checkGlobal(Thread &thread, uint8_t *address, uint32_t bytes,
                   unsigned flags, const Place *place);
  /// Marks the bytes of shared memory as the target of a copy on its way.
  void markPending(Thread &thread, uint8_t *address, uint32_t bytes);

  // Warps and blocks.
  void leaveBarriers(Thread &thread);
  /// All live lanes of `mask` meet at `place`; the last runs `operation`.
  void meet(Thread &thread, const Place *place, uint32_t mask, void *argument,
            Rendezvous::Operation operation);
  void fence(Thread &thread);
  /// A strong access: what it learns or publishes.
  void synchronise(Thread &thread, uint64_t address, unsigned flags);

  /// Remembers what a strong store is about to overwrite.
  void rememberOverwritten(Thread &thread, uint8_t *address, uint32_t bytes);
  /// Where a strong load reads from: `address`, or what was there before.
  uint8_t *strongSource(Thread &thread, uint8_t *address, uint32_t bytes);

  bool inShared(const Thread &thread, const void *address) const;
  bool inStack(const Thread &thread, const void *address) const;

  Arena arena;
  uint32_t tick = 1;
  /// Of the running launch.
  const Kernel *kernel = nullptr;
  bool checked = false, failed = false;
  uint8_t *parameters = nullptr;
  uint32_t sharedEnd = 0;

private:
  friend struct SharedCheck;
  friend struct GlobalCheck;
  bool prepare(const LaunchOptions &options,
               llvm::ArrayRef<const void *> arguments);
  bool placeShared();
  /// Reports that the launch cannot begin. False.
  bool refuse(const llvm::Twine &why);
  void reset();
  bool startBlock();
  Block &idleBlock();
  void startThread(Block &block, uint32_t linear, uint32_t blockNumber);
  void retire(Block &block);
  Thread *next();
  void land();
  void resume(Thread &from, Thread *to);
  void reportDeadlock();
  bool outOfBounds(Thread &thread, uint8_t *address, uint32_t bytes,
                   const Place *place);

  LaunchOptions options;
  std::vector<uint8_t> parameterBytes;
  uint64_t randomState = 1, stackBytes = 0, allocatedStackBytes = 0;
  uint64_t workspace = 0;
  uint32_t launchTick = 0, dynamicShared = 0;
  /// Whether copies and blocks come early at times.
  bool eager = false, landNow = false;
  void *mainStack = nullptr;
  std::vector<uint32_t> order;
  size_t nextBlock = 0, polls = 0;
  std::vector<Thread *> ready;
  std::vector<Block *> live, idle;
  std::deque<Block> blocks;
  std::vector<std::function<void()>> events;
  std::unordered_map<uint64_t, Published> published;
  std::unordered_map<uint64_t, OverwrittenValue> overwritten;
  std::vector<const Place *> places = {nullptr};
  std::vector<Report> reports;
  std::set<std::pair<std::string, const Place *>> reported;
};

/// A function that compiled code may call.
struct RuntimeFunction {
  const char *name;
  void *address;
};
llvm::ArrayRef<RuntimeFunction> controlFunctions();
llvm::ArrayRef<RuntimeFunction> barrierFunctions();
llvm::ArrayRef<RuntimeFunction> warpFunctions();
llvm::ArrayRef<RuntimeFunction> copyFunctions();
llvm::ArrayRef<RuntimeFunction> memoryBarrierFunctions();
llvm::ArrayRef<RuntimeFunction> matrixFunctions();
llvm::ArrayRef<RuntimeFunction> valueFunctions();

} // namespace sinter::ptx
#endif
