// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a kernel and its arguments to threads.
#include "Fiber.h"
#include "Machine.h"
#include "llvm/Support/MathExtras.h"
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace sinter::ptx;

/// Bytes of a stack besides those of `.local` variables.
static constexpr uint64_t plainStack = 32 << 10;
/// What functions of the machine need below the limit of a stack.
static constexpr uint64_t stackReserve = 8 << 10;
static constexpr uint32_t blockSlots = 2048;

Machine::Machine() = default;

Machine::~Machine() {
  for (Block &block : blocks) {
    if (block.stacks)
      munmap(block.stacks, maximumThreads * allocatedStackBytes);
    std::free(block.shared);
  }
}

static void runThread(void *pointer) {
  auto &thread = *static_cast<Thread *>(pointer);
  Machine &machine = *thread.machine;
  machine.kernel->entry(&thread, machine.parameters);
  machine.exit(thread);
}

Block &Machine::idleBlock() {
  if (!idle.empty()) {
    Block &block = *idle.back();
    idle.pop_back();
    return block;
  }
  blocks.emplace_back();
  Block &block = blocks.back();
  block.slot = (blocks.size() - 1) % blockSlots;
  block.shared = static_cast<uint8_t *>(
      std::aligned_alloc(sharedWindow, 2 * sharedWindow));
  memset(block.shared + sharedWindow, 0, sharedWindow);
  block.shadow.resize(sharedWindow / 4 + 16);
  return block;
}

void Machine::startThread(Block &block, uint32_t linear, uint32_t number) {
  const Dimensions &grid = options.grid, &size = options.block;
  Thread &thread = block.threads[linear];
  thread = Thread();
  uint32_t index[] = {linear % size.x, linear / size.x % size.y,
                      linear / (size.x * size.y)};
  uint32_t place[] = {number % grid.x, number / grid.x % grid.y,
                      number / (grid.x * grid.y)};
  uint32_t extents[] = {size.x, size.y, size.z};
  uint32_t blocks[] = {grid.x, grid.y, grid.z};
  std::copy(index, index + 3, thread.index);
  std::copy(place, place + 3, thread.blockIndex);
  std::copy(extents, extents + 3, thread.blockSize);
  std::copy(blocks, blocks + 3, thread.gridSize);
  thread.lane = linear % warpSize;
  thread.warp = linear / warpSize;
  thread.linear = linear;
  thread.dynamicShared = dynamicShared;
  thread.dynamicSharedBytes = options.dynamicSharedBytes;
  thread.warpStamp = (thread.warp + 1) << 26;
  thread.shared = block.shared;
  thread.fuel = options.fuel;
  thread.workspace = options.cooperative ? workspace : 0;
  thread.machine = this;
  thread.block = &block;
  thread.waitingFor = "to run";
  char *bottom = block.stacks + linear * stackBytes;
  thread.stackLimit = uint64_t(bottom) + stackReserve;
  // Equal stacks would all use the same sets of the cache.
  char *top = bottom + stackBytes - 64 - linear % warpSize * 128;
  thread.stackPointer = prepareStack(top, runThread, &thread);
  ready.push_back(&thread);
}

bool Machine::startBlock() {
  if (nextBlock == order.size())
    return false;
  uint32_t number = order[nextBlock++], count = options.block.count();
  Block &block = idleBlock();
  if (!block.stacks) {
    block.stacks = static_cast<char *>(
        mmap(nullptr, maximumThreads * stackBytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (blocks.size() <= 4) // not for hundreds of resident blocks
      madvise(block.stacks, maximumThreads * stackBytes, MADV_HUGEPAGE);
  }
  block.start = block.base = ++tick;
  block.acquired = 0;
  block.alive = count;
  block.memoryBarriers.clear();
  block.barriers.fill({});
  memset(block.shared, 0xFF, sharedEnd);
  for (uint32_t warp = 0; warp < maximumWarps; ++warp) {
    uint32_t lanes = count > warp * warpSize ? count - warp * warpSize : 0;
    block.warps[warp].alive =
        lanes >= warpSize ? ~0u : (uint32_t(1) << lanes) - 1;
    for (Rendezvous &meeting : block.warps[warp].meetings)
      meeting.mask = 0;
  }
  block.threads.resize(count);
  for (uint32_t linear = 0; linear < count; ++linear)
    startThread(block, linear, number);
  live.push_back(&block);
  return true;
}

void Machine::retire(Block &block) {
  for (auto &[offset, barrier] : block.memoryBarriers)
    if (barrier.isValid && barrier.bytes > 0)
      report("bytes that do not come", barrier.place,
             "expects " + llvm::Twine(barrier.bytes) +
                 " more bytes when the block ends");
  live.erase(llvm::find(live, &block));
  idle.push_back(&block);
}

bool Machine::refuse(const llvm::Twine &why) {
  report("launch that is refused", nullptr, why);
  return false;
}

/// Places dynamic shared memory, aligned as declared and no more.
bool Machine::placeShared() {
  uint32_t alignment = kernel->dynamicSharedAlignment;
  uint32_t staticEnd = sharedBase + kernel->sharedBytes;
  dynamicShared = llvm::alignTo(staticEnd, alignment);
  if (options.dynamicSharedBytes && dynamicShared % (2 * alignment) == 0)
    dynamicShared += alignment;
  sharedEnd = options.dynamicSharedBytes
                  ? dynamicShared + options.dynamicSharedBytes
                  : staticEnd;
  if (sharedEnd > sharedWindow - 1024 ||
      options.dynamicSharedBytes > sharedWindow)
    return refuse("expected at most " + llvm::Twine(sharedWindow - 2048) +
                  " bytes of shared memory, but got " +
                  llvm::Twine(uint64_t(kernel->sharedBytes) +
                              options.dynamicSharedBytes));
  return true;
}

bool Machine::prepare(const LaunchOptions &launchOptions,
                      llvm::ArrayRef<const void *> arguments) {
  options = launchOptions;
  uint64_t threads = options.block.count(), grid = options.grid.count();
  if (!kernel->error.empty()) {
    reports.push_back({"untranslated kernel", kernel->error});
    return false;
  }
  if (arguments.size() != kernel->parameters.size())
    return refuse("expected " + llvm::Twine(kernel->parameters.size()) +
                  " arguments, but got " + llvm::Twine(arguments.size()));
  if (!threads || threads > kernel->maximumThreads)
    return refuse("expected a block of 1 to " +
                  llvm::Twine(kernel->maximumThreads) + " threads, but got " +
                  llvm::Twine(threads));
  if (kernel->requiredThreads && threads != kernel->requiredThreads)
    return refuse("expected a block of " +
                  llvm::Twine(kernel->requiredThreads) + " threads, but got " +
                  llvm::Twine(threads));
  if (!grid || grid > INT32_MAX)
    return refuse("expected a grid of 1 to 2^31 - 1 blocks, but got " +
                  llvm::Twine(grid));
  if (!placeShared())
    return false;
  parameterBytes.assign(kernel->parameterBytes + 16, 0xFF);
  for (size_t i = 0; i < arguments.size(); ++i)
    memcpy(&parameterBytes[kernel->parameters[i].offset], arguments[i],
           kernel->parameters[i].bytes);
  parameters = parameterBytes.data();
  return true;
}

/// Forgets the last launch and draws the order of blocks.
void Machine::reset() {
  stackBytes = llvm::alignTo(plainStack + 2 * kernel->localBytes, 4096);
  if (stackBytes > allocatedStackBytes) {
    for (Block &block : blocks)
      if (char *stacks = std::exchange(block.stacks, nullptr))
        munmap(stacks, maximumThreads * allocatedStackBytes);
    allocatedStackBytes = stackBytes;
  }
  stackBytes = allocatedStackBytes;
  randomState = options.seed * 0x9E3779B97F4A7C15 + 0x1234567;
  eager = !random(4);
  landNow = false;
  ready.clear();
  events.clear();
  published.clear();
  overwritten.clear();
  idle.insert(idle.end(), live.begin(), live.end()); // of one that failed
  live.clear();
  launchTick = ++tick; // all that was before is visible
  nextBlock = polls = 0;
  order.resize(options.grid.count());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random(i)]);
}

std::vector<Report> Machine::launch(const Kernel &launched,
                                    const LaunchOptions &launchOptions,
                                    llvm::ArrayRef<const void *> arguments) {
  kernel = &launched;
  checked = launched.checked;
  failed = false;
  reports.clear();
  reported.clear();
  if (!prepare(launchOptions, arguments))
    return std::move(reports);
  reset();
  if (options.cooperative) {
    if (!workspace)
      workspace = arena.allocate(256, 256);
    memset(reinterpret_cast<void *>(workspace), 0, 256);
    arena.markInitialised(workspace, 256);
  }
  if (options.cooperative || eager)
    for (int started = 0; (options.cooperative || started < 2) && startBlock();)
      ++started;
  while (!failed) {
    Thread *thread = next();
    if (!thread)
      break;
    sinterPtxSwitchStack(&mainStack, thread->stackPointer);
  }
  return std::move(reports);
}
