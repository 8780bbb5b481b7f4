// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread pool behind sinter_ctx::parallel_for.
#include "sinter/Runtime/ThreadPool.h"
#include <algorithm>

using namespace sinter;

// About 50 microseconds: longer than the serial code between two launches,
// shorter than a scheduler's tick.
static constexpr int spinLimit = 2000;

static void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

static uint32_t chunksIn(uint64_t word) { return uint32_t(word); }

ThreadPool::ThreadPool(int threads) {
  try {
    for (int i = 1; i < threads; ++i)
      workers.emplace_back([this] { work(); });
  } catch (const std::system_error &) {
    // The system has no more threads: what has started is enough to be correct.
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::parallelFor(int64_t n, Body newBody, void *newArg) {
  if (n <= 0)
    return;
  if (n == 1 || workers.empty() ||
      busy.exchange(true, std::memory_order_acquire))
    return newBody(newArg, 0, n);
  body = newBody;
  arg = newArg;
  extent = n;
  // Two chunks a thread: uneven threads can balance, and the cost of claiming
  // stays small.
  chunks = std::min<int64_t>(n, 2 * threads());
  unfinished.store(chunks, std::memory_order_relaxed);
  uint64_t call = (unclaimed.load(std::memory_order_relaxed) >> 32) + 1;
  unclaimed.store(
      call << 32 |
      uint64_t(chunks)); // sequentially consistent with the load of `sleepers`
  if (sleepers.load()) {
    std::lock_guard<std::mutex> lock(mutex);
    wake.notify_all();
  }
  while (runOneChunk())
    ;
  for (int spins = 0; unfinished.load(std::memory_order_acquire); ++spins)
    spins < spinLimit ? relax() : std::this_thread::yield();
  busy.store(false, std::memory_order_release);
}

bool ThreadPool::runOneChunk() {
  uint64_t word = unclaimed.load(std::memory_order_acquire);
  do {
    if (!chunksIn(word))
      return false;
  } while (!unclaimed.compare_exchange_weak(word, word - 1,
                                            std::memory_order_acq_rel));
  // Without multiplying out, so that huge extents do not overflow.
  int64_t index = chunks - chunksIn(word), size = extent / chunks,
          larger = extent % chunks;
  int64_t begin = index * size + std::min(index, larger);
  body(arg, begin, begin + size + (index < larger));
  unfinished.fetch_sub(1, std::memory_order_release);
  return true;
}

void ThreadPool::waitForWork() {
  for (int spins = 0; spins < spinLimit; ++spins) {
    if (chunksIn(unclaimed.load(std::memory_order_relaxed)) || stopping)
      return;
    relax();
  }
  std::unique_lock<std::mutex> lock(mutex);
  sleepers.fetch_add(1);
  wake.wait(lock, [this] { return stopping || chunksIn(unclaimed.load()); });
  sleepers.fetch_sub(1);
}

void ThreadPool::work() {
  while (!stopping) {
    if (!runOneChunk())
      waitForWork();
  }
}

sinter_ctx ThreadPool::context() {
  sinter_ctx context{};
  context.size = sizeof(sinter_ctx);
  context.threads = threads();
  context.user = this;
  if (!workers.empty())
    context.parallel_for = [](void *user, int64_t n, Body body, void *arg) {
      static_cast<ThreadPool *>(user)->parallelFor(n, body, arg);
    };
  return context;
}
