// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order of rows in an epoch, and batches gathered ahead of their use.
#ifndef SINTER_TRAINING_BATCHLOADER_H
#define SINTER_TRAINING_BATCHLOADER_H

#include "sinter/Data/Dataset.h"
#include <condition_variable>
#include <mutex>
#include <thread>

namespace sinter {

/// The rows of an epoch: ascending, or a permutation that depends on (seed,
/// epoch, rows) alone.
std::vector<int64_t> epochOrder(int64_t rows, bool shuffle, int64_t seed,
                                int64_t epoch);

/// Rows gathered into one buffer per field.
struct Batch {
  int64_t rows = 0;
  int64_t first = 0; ///< position of the first row in the epoch's order
  std::vector<AlignedBuffer> fields;
};

/// Gives the batches of an epoch in order. Large batches are gathered by a
/// thread that runs ahead; small ones when they are asked for, since a thread
/// would cost more than the copy. Batches are the same either way.
class BatchLoader {
public:
  /// Starts at position `begin` of `order`. The last batch has what rows
  /// remain, unless `dropLast`. `dataset` and `order` must outlive the loader.
  BatchLoader(const Dataset &dataset, const std::vector<int64_t> &order,
              int64_t begin, int64_t batchSize, bool dropLast);
  ~BatchLoader();
  BatchLoader(const BatchLoader &) = delete;
  BatchLoader &operator=(const BatchLoader &) = delete;

  /// The next batch, or null at the end. It is valid until the next call.
  const Batch *next();
  /// Batches that next() has yet to give.
  int64_t remaining() const { return total - given; }

private:
  void fill(int64_t index, Batch &batch) const;
  void runAhead();

  const Dataset &dataset;
  const std::vector<int64_t> &order;
  int64_t begin, batchSize, total = 0;
  std::vector<Batch> slots; // a ring: batch i is in slot i mod size
  int64_t given =
      0; // batches that next() gave; the last of them is still in use
  int64_t gathered = 0;
  bool stopping = false;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread worker;
};

} // namespace sinter
#endif
