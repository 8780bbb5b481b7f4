// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread pool behind sinter_ctx::parallel_for.
#include "sinter/Runtime/ThreadPool.h"
#include <algorithm>
#include <chrono>

using namespace sinter;

using std::chrono::microseconds;

/// How long an idle worker spins: longer than the serial code between two
/// launches, shorter than a scheduler's tick.
static constexpr microseconds spinTime(50);
/// How late a worker may be before the caller takes what it has not begun:
/// until then the worker's caches, which have its part of the data, are worth
/// more than balance.
static constexpr microseconds patience(10);
/// A share has so many chunks if it is that large: what others can take over
/// from a thread that the system delays is all but the one it has begun.
static constexpr int64_t chunksPerShare = 8;

static void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `done` holds; false if that takes longer than `limit`.
template <typename Condition>
static bool spinUntil(Condition done, microseconds limit) {
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
  } while (std::chrono::steady_clock::now() - start < limit);
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

void ThreadPool::parallelFor(int64_t n, Body body, void *arg) {
  if (n <= 0)
    return;
  if (n == 1 || workers.empty() ||
      busy.exchange(true, std::memory_order_acquire))
    return body(arg, 0, n);
  publish(n, body, arg);
  runShare(0);
  auto isDone = [this] {
    return unfinished.load(std::memory_order_acquire) == 0;
  };
  if (!spinUntil(isDone, patience))
    for (int thread = 1; thread < threads(); ++thread)
      runShare(thread);
  while (!spinUntil(isDone, spinTime))
    std::this_thread::yield();
  busy.store(false, std::memory_order_release);
}

void ThreadPool::publish(int64_t n, Body body, void *arg) {
  ++call;
  int64_t chunks = 0;
  for (int thread = 0; thread < threads(); ++thread) {
    Share &share = shares[thread];
    share.begin = partBegin(n, thread, threads());
    share.end = partBegin(n, thread + 1, threads());
    share.chunks = std::min(share.end - share.begin, chunksPerShare);
    share.body = body;
    share.arg = arg;
    chunks += share.chunks;
  }
  unfinished.store(chunks, std::memory_order_relaxed);
  for (int thread = 0; thread < threads(); ++thread)
    shares[thread].unclaimed.store(uint64_t(call) << 32 |
                                       uint64_t(shares[thread].chunks),
                                   std::memory_order_release);
  // Either this sees a worker that goes to sleep, or the worker sees its share.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_relaxed)) {
    std::lock_guard<std::mutex> lock(mutex);
    wake.notify_all();
  }
}

bool ThreadPool::runChunk(Share &share) {
  uint64_t word = share.unclaimed.load(std::memory_order_acquire);
  do {
    if (!chunksIn(word))
      return false;
  } while (!share.unclaimed.compare_exchange_weak(word, word - 1,
                                                  std::memory_order_acq_rel));
  int64_t chunk = share.chunks - chunksIn(word), n = share.end - share.begin;
  share.body(share.arg, share.begin + partBegin(n, chunk, share.chunks),
             share.begin + partBegin(n, chunk + 1, share.chunks));
  unfinished.fetch_sub(1, std::memory_order_release);
  return true;
}

void ThreadPool::runShare(int thread) {
  while (runChunk(shares[thread])) {
  }
}

void ThreadPool::waitForWork(int thread) {
  auto hasWork = [&] {
    return stopping.load(std::memory_order_acquire) ||
           chunksIn(shares[thread].unclaimed.load(std::memory_order_acquire));
  };
  if (spinUntil(hasWork, spinTime))
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
    runShare(thread);
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
