// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rule of `sinter check`: what counts as a difference, and what rounding
// decides.

#include "CompareTensor.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace sinter;
using namespace sinter::driver;

namespace {

template <typename T>
Tensor tensorOf(DType dtype, const std::vector<T> &values) {
  Tensor tensor(TensorSpec{"t", dtype, {int64_t(values.size())}});
  std::copy(values.begin(), values.end(), tensor.as<T>());
  return tensor;
}
Tensor f32(const std::vector<float> &values) {
  return tensorOf(DType::F32, values);
}
Tensor f64(const std::vector<double> &values) {
  return tensorOf(DType::F64, values);
}
Tensor i64(const std::vector<int64_t> &values) {
  return tensorOf(DType::I64, values);
}

TEST(CompareTensor, AllowsTwentyTimesTheErrorOfTheReference) {
  // The reference is off by 2^-10 in one element: 20 of that in any.
  Tensor exact = f64({1, 2}), reference = f32({1, 2 + 0x1p-10f});
  EXPECT_EQ(compareTensor(f32({1 + 19 * 0x1p-10f, 2}), reference, exact, 0, {})
                .missed,
            0);
  TensorVerdict verdict =
      compareTensor(f32({1 + 21 * 0x1p-10f, 2}), reference, exact, 0, {});
  EXPECT_EQ(verdict.missed, 1);
  EXPECT_EQ(verdict.index, 0);
  EXPECT_EQ(verdict.exact, 1);
  EXPECT_DOUBLE_EQ(verdict.error, 21 * 0x1p-10 / 2);
  EXPECT_DOUBLE_EQ(verdict.allowed, 20 * 0x1p-10 / 2);
}

TEST(CompareTensor, AllowsAShareOfTheLargestValue) {
  Tensor exact = f64({1, 100}), reference = f32({1, 100});
  EXPECT_EQ(
      compareTensor(f32({1.0009f, 100}), reference, exact, 1e-5, {}).missed, 0);
  EXPECT_EQ(
      compareTensor(f32({1.0011f, 100}), reference, exact, 1e-5, {}).missed, 1);
}

TEST(CompareTensor, TellsNumbersFromNone) {
  Tensor exact = f64({NAN, INFINITY, 1, 1e300});
  Tensor reference = f32({NAN, INFINITY, 1, INFINITY});
  EXPECT_EQ(compareTensor(f32({NAN, INFINITY, 1, INFINITY}), reference, exact,
                          1e-5, {})
                .missed,
            0);
  // 1e300 is none in f32: -O0 overflows, too.
  TensorVerdict verdict =
      compareTensor(f32({1, -INFINITY, NAN, 7}), reference, exact, 0, {});
  EXPECT_EQ(verdict.missed, 3);
  EXPECT_EQ(verdict.ties, 1);
}

TEST(CompareTensor, WantsEqualIntegersWhereTheReferenceIsExact) {
  const int64_t large = int64_t(1) << 60;
  Tensor exact = i64({1, 2, large}), reference = i64({1, 3, large});
  TensorVerdict verdict =
      compareTensor(i64({1, 4, large + 1}), reference, exact, 1e-5, {});
  EXPECT_EQ(verdict.ties, 1);
  EXPECT_EQ(verdict.missed, 1);
  EXPECT_EQ(verdict.index, 2);
}

TEST(CompareTensor, PassesOverWhatChangesAtNeighbours) {
  Tensor exact = f64({1, 2}), reference = f32({1, 2});
  Slack slack;
  slack.add(f32({1, 3}), f64({1, 3}), exact); // the second element jumps
  TensorVerdict verdict =
      compareTensor(f32({1.5f, 3}), reference, exact, 1e-5, slack);
  EXPECT_EQ(verdict.ties, 1);
  EXPECT_EQ(verdict.missed, 1);
  EXPECT_EQ(verdict.index, 0);
  Slack ofIntegers;
  ofIntegers.add(i64({1, 5}), i64({1, 5}), i64({1, 2}));
  verdict = compareTensor(i64({7, 7}), i64({1, 2}), i64({1, 2}), 0, ofIntegers);
  EXPECT_EQ(verdict.ties, 1);
  EXPECT_EQ(verdict.missed, 1);
}

TEST(CompareTensor, ComparesStepsAndNotWhatTheyHideIn) {
  Tensor step = movement(f32({1000, INFINITY}), f32({1000.5f, INFINITY}));
  EXPECT_EQ(step.spec.dtype, DType::F64);
  EXPECT_EQ(step.as<double>()[0], 0.5);
  EXPECT_EQ(step.as<double>()[1], 0);
  EXPECT_EQ(movement(i64({3}), i64({4})).as<int64_t>()[0], 4);
}

} // namespace
