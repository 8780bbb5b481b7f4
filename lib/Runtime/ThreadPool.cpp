// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread pool behind sinter_ctx::parallel_for.
#include "sinter/Runtime/ThreadPool.h"
#include <algorithm>
#include <chrono>

using namespace sinter;

/// How long an idle worker spins: longer than the serial code between two
/// launches, shorter than a scheduler's tick.
static constexpr auto spinTime = std::chrono::microseconds(50);
/// A share has so many chunks if it is that large: what others can take over
/// from a thread that the system delays.
static constexpr int64_t chunksPerShare = 2;

static void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `done` holds; false if that takes longer than `spinTime`.
template <typename Condition> static bool spinUntil(Condition done) {
  if (done())
    return true;
  auto start = std::chrono::steady_clock::now();
  do {
    // The clock is read rarely: it costs as much as several looks.
    for (int look = 0; look < 64; ++look) {
      if (done())
        return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() - start < spinTime);
  return false;
}

static uint32_t chunksIn(uint64_t word) { return uint32_t(word); }

ThreadPool::ThreadPool(int threads) : shares(new Share[std::max(threads, 1)]) {
  try {
    for (int i = 1; i < threads; ++i)
      workers.emplace_back([this, i] { work(i); });
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

/// Where part number `part` begins if `extent` is cut into `parts` parts; made
/// without multiplying out, so that huge extents do not overflow.
static int64_t partBegin(int64_t extent, int64_t part, int64_t parts) {
  return part * (extent / parts) + std::min(part, extent % parts);
}

int64_t ThreadPool::shareBegin(int thread) const {
  return partBegin(extent, thread, threads());
}

int64_t ThreadPool::chunksOf(int thread) const {
  return std::min(shareBegin(thread + 1) - shareBegin(thread), chunksPerShare);
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
  int64_t chunks = 0;
  for (int thread = 0; thread < threads(); ++thread)
    chunks += chunksOf(thread);
  unfinished.store(chunks, std::memory_order_relaxed);
  ++call;
  for (int thread = 0; thread < threads(); ++thread)
    shares[thread].unclaimed.store(uint64_t(call) << 32 |
                                       uint64_t(chunksOf(thread)),
                                   std::memory_order_release);
  // Either this sees a worker that goes to sleep, or the worker sees its share.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_relaxed)) {
    std::lock_guard<std::mutex> lock(mutex);
    wake.notify_all();
  }
  runChunks(0);
  auto isDone = [this] {
    return unfinished.load(std::memory_order_acquire) == 0;
  };
  while (!spinUntil(isDone))
    std::this_thread::yield();
  busy.store(false, std::memory_order_release);
}

bool ThreadPool::runChunkOf(int thread) {
  std::atomic<uint64_t> &unclaimed = shares[thread].unclaimed;
  uint64_t word = unclaimed.load(std::memory_order_acquire);
  do {
    if (!chunksIn(word))
      return false;
  } while (!unclaimed.compare_exchange_weak(word, word - 1,
                                            std::memory_order_acq_rel));
  int64_t chunks = chunksOf(thread), chunk = chunks - chunksIn(word);
  int64_t begin = shareBegin(thread), share = shareBegin(thread + 1) - begin;
  body(arg, begin + partBegin(share, chunk, chunks),
       begin + partBegin(share, chunk + 1, chunks));
  unfinished.fetch_sub(1, std::memory_order_release);
  return true;
}

void ThreadPool::runChunks(int thread) {
  for (int i = 0; i < threads(); ++i) {
    while (runChunkOf((thread + i) % threads())) {
    }
    if (!unfinished.load(std::memory_order_relaxed))
      return;
  }
}

void ThreadPool::waitForWork(int thread) {
  auto hasWork = [&] {
    return stopping.load(std::memory_order_acquire) ||
           chunksIn(shares[thread].unclaimed.load(std::memory_order_acquire));
  };
  if (spinUntil(hasWork))
    return;
  std::unique_lock<std::mutex> lock(mutex);
  sleepers.fetch_add(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  wake.wait(lock, hasWork);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
}

void ThreadPool::work(int thread) {
  while (!stopping.load(std::memory_order_relaxed)) {
    waitForWork(thread);
    runChunks(thread);
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
