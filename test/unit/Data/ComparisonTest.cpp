// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Comparison: the tolerance's scale, NaN, infinities, integers.
#include "sinter/Data/Comparison.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace sinter;

static Tensor floats(const std::vector<float> &values) {
  Tensor tensor(TensorSpec{"", DType::F32, {int64_t(values.size())}});
  std::copy(values.begin(), values.end(), tensor.as<float>());
  return tensor;
}

static Tensor integers(const std::vector<int64_t> &values) {
  Tensor tensor(TensorSpec{"", DType::I64, {int64_t(values.size())}});
  std::copy(values.begin(), values.end(), tensor.as<int64_t>());
  return tensor;
}

TEST(Comparison, ScalesWithTheLargestValue) {
  EXPECT_TRUE(
      compareTensors(floats({100.0005f, 0.0009f}), floats({100, 0}), 1e-5)
          .equal);
  Comparison worse =
      compareTensors(floats({100, 0.002f}), floats({100, 0}), 1e-5);
  EXPECT_FALSE(worse.equal);
  EXPECT_EQ(worse.index, 1);
  EXPECT_FLOAT_EQ(float(worse.got), 0.002f);
  // Below 1e-6 the scale stays there.
  EXPECT_TRUE(compareTensors(floats({9e-12f}), floats({0}), 1e-5).equal);
  EXPECT_FALSE(compareTensors(floats({2e-11f}), floats({0}), 1e-5).equal);
}

TEST(Comparison, NanAndInfinity) {
  const float nan = std::nanf(""), infinity = INFINITY;
  EXPECT_TRUE(compareTensors(floats({nan, infinity, -infinity}),
                             floats({nan, infinity, -infinity}), 1e-5)
                  .equal);
  EXPECT_FALSE(compareTensors(floats({0}), floats({nan}), 1e9).equal);
  EXPECT_FALSE(compareTensors(floats({nan}), floats({0}), 1e9).equal);
  EXPECT_FALSE(
      compareTensors(floats({infinity}), floats({-infinity}), 1e9).equal);
  EXPECT_FALSE(
      compareTensors(floats({1, 3e38f}), floats({1, infinity}), 1).equal);
}

TEST(Comparison, IntegersMustBeEqual) {
  const int64_t large = (int64_t(1) << 53) + 1;
  EXPECT_TRUE(compareTensors(integers({large}), integers({large}), 1e-5).equal);
  EXPECT_FALSE(
      compareTensors(integers({large}), integers({large - 1}), 1).equal);
}

TEST(Comparison, TypesAndEmptyTensors) {
  EXPECT_EQ(compareTensors(floats({1}), floats({1, 2}), 1).mismatch,
            "expected f32[2], but got f32[1]");
  EXPECT_FALSE(compareTensors(floats({1}), integers({1}), 1).equal);
  EXPECT_TRUE(compareTensors(floats({}), floats({}), 1e-5).equal);
  Tensor wide(TensorSpec{"", DType::F64, {1}});
  *wide.as<double>() = 1;
  EXPECT_TRUE(compareTensors(wide, floats({1}), 1e-5).equal);
}

TEST(Comparison, Text) {
  Tensor got(TensorSpec{"", DType::F32, {2, 2}}), want = got;
  got.as<float>()[3] = 1;
  EXPECT_EQ(compareTensors(got, want, 1e-5).text(want.spec),
            "worst at [1, 1]: got 1, want 0, difference 1, allowed 1e-11");
}
