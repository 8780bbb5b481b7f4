// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranges cover every index once, whatever the number of threads.
#include "sinter/Runtime/ThreadPool.h"
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <tuple>

using namespace sinter;

namespace {
/// Counts how often each index was visited.
struct Visits {
  explicit Visits(int64_t n) : counts(new std::atomic<int>[n]()) {}
  static void body(void *arg, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      static_cast<Visits *>(arg)->counts[i]++;
  }
  std::unique_ptr<std::atomic<int>[]> counts;
};
} // namespace

TEST(ThreadPool, CoversEveryIndexOnce) {
  for (int threads : {0, 1, 2, 5}) {
    ThreadPool pool(threads);
    for (int64_t n : {0, 1, 2, 3, 7, 64, 1001}) {
      for (int repeat = 0; repeat < 200; ++repeat) {
        Visits visits(n);
        pool.parallelFor(n, Visits::body, &visits);
        for (int64_t i = 0; i < n; ++i)
          ASSERT_EQ(visits.counts[i], 1) << threads << " threads, n = " << n;
      }
    }
  }
}

TEST(ThreadPool, SharesAreEqual) {
  static std::atomic<int64_t> smallest, largest;
  for (auto [n, least, most] : {std::tuple(6, 1, 1), {50, 3, 4}, {2, 1, 1}}) {
    ThreadPool pool(2);
    smallest = n, largest = 0;
    auto body = [](void *, int64_t begin, int64_t end) {
      smallest = std::min<int64_t>(smallest, end - begin);
      largest = std::max<int64_t>(largest, end - begin);
      // Both threads have time for their share.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    pool.parallelFor(n, body, nullptr);
    EXPECT_EQ(smallest, least) << n;
    EXPECT_EQ(largest, most) << n;
  }
}

TEST(ThreadPool, WakesSleepingWorkers) {
  ThreadPool pool(3);
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    Visits visits(10);
    pool.parallelFor(10, Visits::body, &visits);
    for (int64_t i = 0; i < 10; ++i)
      ASSERT_EQ(visits.counts[i], 1);
  }
}

TEST(ThreadPool, NestedCallsRunSerially) {
  ThreadPool pool(2);
  static ThreadPool *shared;
  static std::atomic<int64_t> sum;
  shared = &pool;
  sum = 0;
  auto inner = [](void *, int64_t begin, int64_t end) { sum += end - begin; };
  auto outer = [](void *arg, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      shared->parallelFor(5, *static_cast<ThreadPool::Body *>(arg), nullptr);
  };
  ThreadPool::Body body = inner;
  pool.parallelFor(8, outer, &body);
  EXPECT_EQ(sum, 40);
}

TEST(ThreadPool, ConcurrentCallers) {
  ThreadPool pool(3);
  auto caller = [&pool] {
    for (int repeat = 0; repeat < 500; ++repeat) {
      Visits visits(17);
      pool.parallelFor(17, Visits::body, &visits);
      for (int64_t i = 0; i < 17; ++i)
        ASSERT_EQ(visits.counts[i], 1);
    }
  };
  std::thread other(caller);
  caller();
  other.join();
}

TEST(ThreadPool, ContextOfOneThreadIsSerial) {
  ThreadPool one(1), two(2);
  EXPECT_EQ(one.context().parallel_for, nullptr);
  EXPECT_EQ(one.context().threads, 1);
  sinter_ctx context = two.context();
  EXPECT_EQ(context.size, sizeof(sinter_ctx));
  EXPECT_EQ(context.threads, 2);
  Visits visits(9);
  context.parallel_for(context.user, 9, Visits::body, &visits);
  for (int64_t i = 0; i < 9; ++i)
    EXPECT_EQ(visits.counts[i], 1);
}
