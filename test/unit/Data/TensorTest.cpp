// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers and texts of tensors.
#include "sinter/Data/Tensor.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace sinter;

TEST(Tensor, HalfPrecision) {
  auto half = [](uint16_t bits) {
    return elementAsDouble(DType::F16, &bits, 0);
  };
  EXPECT_EQ(half(0x3c00), 1.0);
  EXPECT_EQ(half(0xc000), -2.0);
  EXPECT_EQ(half(0x7bff), 65504.0);
  EXPECT_EQ(half(0x0001), std::ldexp(1.0, -24));
  EXPECT_EQ(half(0x8000), 0.0);
  EXPECT_TRUE(std::signbit(half(0x8000)));
  EXPECT_EQ(half(0xfc00), -INFINITY);
  EXPECT_TRUE(std::isnan(half(0x7e00)));
  uint16_t brain = 0xbf80;
  EXPECT_EQ(elementAsDouble(DType::BF16, &brain, 0), -1.0);
}

TEST(Tensor, CheckedBytes) {
  uint64_t bytes = 1;
  EXPECT_TRUE(checkedBytes(DType::F32, {2, 3}, bytes));
  EXPECT_EQ(bytes, 24u);
  EXPECT_TRUE(checkedBytes(DType::F32, {0, 3}, bytes));
  EXPECT_EQ(bytes, 0u);
  EXPECT_FALSE(checkedBytes(DType::F32, {-1}, bytes));
  const int64_t large = int64_t(1) << 40;
  EXPECT_FALSE(checkedBytes(DType::U8, {large, large}, bytes));
  EXPECT_FALSE(checkedBytes(DType::U8, {0, large, large}, bytes));
}

TEST(Tensor, Texts) {
  EXPECT_EQ(typeText({"", DType::I64, {}}), "i64");
  EXPECT_EQ(typeText({"", DType::F32, {64, 10}}), "f32[64, 10]");
  Tensor tensor(TensorSpec{"", DType::F32, {2, 2}});
  tensor.as<float>()[1] = 0.5f;
  tensor.as<float>()[2] = -3;
  EXPECT_EQ(valueText(tensor), "[[0, 0.5],\n [-3, 0]]");
  Tensor many(TensorSpec{"", DType::I64, {100}});
  for (int i = 0; i < 100; ++i)
    many.as<int64_t>()[i] = i;
  EXPECT_EQ(valueText(many, 99, 2), "[0, 1, ..., 98, 99]");
  EXPECT_EQ(valueText(many, 100, 2).find("..."), std::string::npos);
  Tensor matrix(TensorSpec{"", DType::I64, {7, 200}});
  EXPECT_EQ(valueText(matrix),
            "[[0, 0, 0, ..., 0, 0, 0],\n [0, 0, 0, ..., 0, 0, 0],\n"
            " [0, 0, 0, ..., 0, 0, 0],\n ...,\n [0, 0, 0, ..., 0, 0, 0],\n"
            " [0, 0, 0, ..., 0, 0, 0],\n [0, 0, 0, ..., 0, 0, 0]]");
  Tensor notANumber(TensorSpec{"", DType::F32, {2}});
  notANumber.as<float>()[0] = -std::nanf("");
  notANumber.as<float>()[1] = -INFINITY;
  EXPECT_EQ(valueText(notANumber), "[nan, -inf]");
  EXPECT_EQ(valueText(Tensor(TensorSpec{"", DType::Bool, {}})), "false");
  EXPECT_EQ(valueText(Tensor(TensorSpec{"", DType::F32, {0}})), "[]");
}
