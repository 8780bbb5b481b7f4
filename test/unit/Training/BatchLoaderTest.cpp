// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order of rows, and batches with and without a thread.
#include "sinter/Training/BatchLoader.h"
#include "TestFiles.h"
#include <algorithm>

using namespace sinter;
using namespace sinter::test;

TEST(EpochOrder, PermutationOfSeedAndEpoch) {
  std::vector<int64_t> first = epochOrder(1000, true, 1, 0), sorted = first;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, epochOrder(1000, false, 1, 0));
  EXPECT_EQ(first, epochOrder(1000, true, 1, 0));
  EXPECT_NE(first, sorted);
  EXPECT_NE(first, epochOrder(1000, true, 1, 1));
  EXPECT_NE(first, epochOrder(1000, true, 2, 0));
  EXPECT_NE(first, epochOrder(1000, true, 1 + (int64_t(1) << 32), 0));
  EXPECT_TRUE(epochOrder(0, true, 1, 0).empty());
}

TEST(EpochOrder, EveryPlaceIsEquallyLikely) {
  int counts[5][5] = {};
  for (int64_t seed = 0; seed < 5000; ++seed) {
    std::vector<int64_t> order = epochOrder(5, true, seed, 3);
    for (int place = 0; place < 5; ++place)
      ++counts[place][order[place]];
  }
  for (auto &row : counts)
    for (int count : row)
      EXPECT_NEAR(count, 1000, 150); // five standard deviations
}

/// Rows of `width` floats that start with the row's number.
static Dataset numbered(int64_t rows, int64_t width) {
  DataSource source;
  source.kind = SourceKind::Tensors;
  source.entry = "numbered";
  return Dataset::open(source, "", [&](const std::string &) {
    std::vector<Tensor> fields;
    fields.emplace_back(TensorSpec{"x", DType::F32, {rows, width}});
    for (int64_t i = 0; i < rows; ++i)
      fields[0].as<float>()[i * width] = float(i);
    return fields;
  });
}

/// The first values of all rows of all batches, and -1 between batches.
static std::vector<float> collect(const Dataset &dataset,
                                  const std::vector<int64_t> &order,
                                  int64_t begin, int64_t batchSize,
                                  bool dropLast) {
  std::vector<float> result;
  BatchLoader loader(dataset, order, begin, batchSize, dropLast);
  int64_t width = dataset.row(0).elements(), position = begin;
  for (int64_t left = loader.remaining(); const Batch *batch = loader.next();
       --left) {
    EXPECT_EQ(loader.remaining(), left - 1);
    EXPECT_EQ(batch->first, position);
    position += batch->rows;
    for (int64_t i = 0; i < batch->rows; ++i)
      result.push_back(batch->fields[0].as<float>()[i * width]);
    result.push_back(-1);
  }
  EXPECT_EQ(loader.next(), nullptr);
  return result;
}

TEST(BatchLoader, GivesAllRowsInOrder) {
  for (int64_t width : {1, 5000}) { // gathered inline; by a thread
    for (int64_t rows : {1, 3, 4, 7, 40}) {
      Dataset dataset = numbered(rows, width);
      std::vector<int64_t> order = epochOrder(rows, true, 5, 0);
      for (bool dropLast : {false, true}) {
        std::vector<float> wanted;
        for (int64_t i = 0; i < rows; ++i) {
          wanted.push_back(float(order[i]));
          if (i % 3 == 2 || i == rows - 1)
            wanted.push_back(-1);
        }
        if (dropLast && rows % 3)
          wanted.resize(wanted.size() - rows % 3 - 1);
        EXPECT_EQ(collect(dataset, order, 0, 3, dropLast), wanted)
            << rows << " rows of " << width;
      }
    }
  }
}

TEST(BatchLoader, StartsInTheMiddle) {
  Dataset dataset = numbered(7, 5000);
  std::vector<int64_t> order = epochOrder(7, false, 0, 0);
  EXPECT_EQ(collect(dataset, order, 4, 2, false),
            (std::vector<float>{4, 5, -1, 6, -1}));
}

TEST(BatchLoader, EndsEarly) {
  Dataset dataset = numbered(100, 5000);
  std::vector<int64_t> order = epochOrder(100, false, 0, 0);
  for (int batches = 0; batches < 6; ++batches) {
    BatchLoader loader(dataset, order, 0, 2, false);
    for (int i = 0; i < batches; ++i)
      ASSERT_NE(loader.next(), nullptr);
  }
}
