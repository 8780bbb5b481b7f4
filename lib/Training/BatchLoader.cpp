// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shuffling, and the thread that gathers batches ahead.
#include "sinter/Training/BatchLoader.h"
#include "sinter/Runtime/Philox.h"
#include <algorithm>
#include <numeric>

using namespace sinter;

/// Batches below this are copied faster than a thread is woken.
static constexpr size_t smallBatch = 16384;
static constexpr size_t ringSize = 4;

/// Marks the counters of shuffling among all uses of a seed; ids of random ops
/// are small.
static constexpr uint32_t shuffleStream = 0xffffffff;

/// A number in [0, bound) from 64 random bits, by the upper half of a product.
static int64_t scaleToBound(uint64_t bits, int64_t bound) {
  return int64_t((unsigned __int128)(bits)*uint64_t(bound) >> 64);
}

std::vector<int64_t> sinter::epochOrder(int64_t rows, bool shuffle,
                                        int64_t seed, int64_t epoch) {
  std::vector<int64_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle)
    return order;
  std::array<uint32_t, 2> key = {uint32_t(uint64_t(seed)),
                                 uint32_t(uint64_t(seed) >> 32)};
  for (int64_t i = rows - 1; i > 0; --i) {
    std::array<uint32_t, 4> words =
        philox4x32({uint32_t(i), shuffleStream, uint32_t(uint64_t(i) >> 32),
                    uint32_t(epoch)},
                   key);
    uint64_t bits = uint64_t(words[0]) << 32 | words[1];
    std::swap(order[i], order[scaleToBound(bits, i + 1)]);
  }
  return order;
}

BatchLoader::BatchLoader(const Dataset &dataset,
                         const std::vector<int64_t> &order, int64_t begin,
                         int64_t batchSize, bool dropLast)
    : dataset(dataset), order(order), begin(begin), batchSize(batchSize) {
  int64_t rows = int64_t(order.size()) - begin;
  total = dropLast ? rows / batchSize : (rows + batchSize - 1) / batchSize;
  size_t bytes = 0;
  for (size_t i = 0; i < dataset.fields(); ++i)
    bytes += dataset.batch(i, batchSize).bytes();
  bool ahead = bytes >= smallBatch && total > 1;
  slots.resize(ahead ? ringSize : 1);
  for (Batch &slot : slots)
    for (size_t i = 0; i < dataset.fields(); ++i)
      slot.fields.emplace_back(dataset.batch(i, batchSize).bytes());
  if (!ahead)
    return;
  try {
    worker = std::thread([this] { runAhead(); });
  } catch (const std::system_error &) {
    // No thread to be had: next() gathers by itself.
  }
}

BatchLoader::~BatchLoader() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  if (worker.joinable())
    worker.join();
}

void BatchLoader::fill(int64_t index, Batch &batch) const {
  batch.first = begin + index * batchSize;
  batch.rows = std::min(batchSize, int64_t(order.size()) - batch.first);
  std::vector<void *> buffers;
  for (AlignedBuffer &field : batch.fields)
    buffers.push_back(field.data());
  dataset.gather(order.data() + batch.first, batch.rows, buffers);
}

void BatchLoader::runAhead() {
  const int64_t ring = int64_t(slots.size());
  for (int64_t index = 0; index < total; ++index) {
    {
      std::unique_lock<std::mutex> lock(mutex);
      // Batch index - ring must be out of use: a newer one has been given.
      changed.wait(lock, [&] { return stopping || index < given + ring - 1; });
      if (stopping)
        return;
    }
    fill(index, slots[index % ring]);
    {
      std::lock_guard<std::mutex> lock(mutex);
      gathered = index + 1;
    }
    changed.notify_all();
  }
}

const Batch *BatchLoader::next() {
  if (given == total)
    return nullptr;
  int64_t index = given;
  Batch &slot = slots[index % int64_t(slots.size())];
  if (!worker.joinable()) {
    fill(index, slot);
    ++given;
    return &slot;
  }
  std::unique_lock<std::mutex> lock(mutex);
  // Giving the next batch is what frees the slot of the one before. The worker
  // is woken for several slots at once: waking costs more than gathering.
  ++given;
  if (gathered - given <= 1)
    changed.notify_all();
  changed.wait(lock, [&] { return gathered > index; });
  return &slot;
}
