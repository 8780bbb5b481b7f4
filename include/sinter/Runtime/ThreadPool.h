// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads for compiled code: the adapter behind sinter_ctx::parallel_for. A
// step launches many kernels of a few microseconds each, so workers spin for a
// moment before they sleep.
#ifndef SINTER_RUNTIME_THREADPOOL_H
#define SINTER_RUNTIME_THREADPOOL_H

#include "sinter/Runtime/ABI.h"
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sinter {

/// A pool of N threads, the caller being one of them. Each thread has the same
/// share of every range, so that what it wrote in one call is in its caches in
/// the next; what a worker that the system delays has not begun, the caller
/// takes over after a while.
class ThreadPool {
public:
  using Body = void (*)(void *arg, int64_t begin, int64_t end);

  /// Starts `threads - 1` workers; less than 1 counts as 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Number of threads including the caller.
  int threads() const { return int(workers.size()) + 1; }

  /// Calls `body(arg, begin, end)` on ranges that cover [0, n) once each;
  /// returns when all are done. Serial when called from inside a body or while
  /// another thread uses the pool. `body` must not throw.
  void parallelFor(int64_t n, Body body, void *arg);

  /// A context that runs on this pool; its parallel_for is null if there is one
  /// thread. Valid while the pool lives.
  sinter_ctx context();

private:
  /// A thread's part of the current call, on a cache line of its own. High half
  /// of `unclaimed`: number of the call, so that a late thread never claims
  /// from the next one by accident; low half: chunks not yet claimed. The other
  /// fields are only read after a successful claim, when the call cannot end.
  struct alignas(64) Share {
    std::atomic<uint64_t> unclaimed{0};
    int64_t begin = 0, end = 0, chunks = 0;
    Body body = nullptr;
    void *arg = nullptr;
  };

  void work(int thread);
  void waitForWork(int thread);
  void publish(int64_t n, Body body, void *arg);
  /// Runs what nobody has claimed of a share.
  void runShare(int thread);
  /// Claims a chunk and runs it; false if none is left.
  bool runChunk(Share &share);

  std::unique_ptr<Share[]> shares;
  uint32_t call = 0;
  alignas(64) std::atomic<int64_t> unfinished{0};
  std::atomic<bool> busy{false}, stopping{false};
  std::atomic<int> sleepers{0};
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::thread> workers;
};

} // namespace sinter
#endif
