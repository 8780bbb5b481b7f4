// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random ranges of all lengths, against a look at each of them.

#include "sinter/Dialect/NN/Transforms/OverlapIndex.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

using namespace sinter::nn;

namespace {
struct Range {
  int64_t begin, end;

  bool overlaps(const Range &other) const {
    return begin < other.end && other.begin < end;
  }
};

/// A range of 1 to 2^12 bytes, of each power of two as often.
Range randomRange(std::mt19937 &random) {
  int64_t begin = random() % 5000;
  int64_t length = 1 + random() % (int64_t(1) << random() % 13);
  return {begin, begin + length};
}
} // namespace

TEST(OverlapIndex, FindsWhatOverlaps) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    OverlapIndex<size_t> index;
    std::vector<Range> ranges;
    for (size_t number = 0; number < 60; ++number) {
      ranges.push_back(randomRange(random));
      index.insert(ranges.back().begin, ranges.back().end, number);
    }
    Range wanted = randomRange(random);
    std::vector<size_t> found, expected;
    index.forEach(wanted.begin, wanted.end,
                  [&](size_t number) { found.push_back(number); });
    for (size_t number = 0; number < ranges.size(); ++number)
      if (ranges[number].overlaps(wanted))
        expected.push_back(number);
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected);
  }
}

TEST(OverlapIndex, TakesWhatOverlaps) {
  OverlapIndex<char> index;
  index.insert(0, 64, 'a');
  index.insert(16, 20, 'b');
  index.insert(64, 128, 'c');
  std::string taken, left;
  index.takeEach(18, 64, [&](char name) { taken += name; });
  index.forEach(0, 1000, [&](char name) { left += name; });
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(taken, "ab");
  EXPECT_EQ(left, "c");
}
