// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Float formats of 16 and 8 bits, beside LLVM's own numbers.
#include "../../../lib/PTX/Machine/Values.h"
#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace sinter::ptx;

static uint32_t reference(double value, const llvm::fltSemantics &semantics,
                          llvm::RoundingMode mode) {
  llvm::APFloat number(value);
  bool loses;
  number.convert(semantics, mode, &loses);
  return number.bitcastToAPInt().getZExtValue();
}

static void compare(FloatFormat format, const llvm::fltSemantics &semantics,
                    double scale) {
  std::mt19937_64 random(7);
  const std::pair<Rounding, llvm::RoundingMode> modes[] = {
      {Rounding::NearestEven, llvm::RoundingMode::NearestTiesToEven},
      {Rounding::Zero, llvm::RoundingMode::TowardZero},
      {Rounding::Down, llvm::RoundingMode::TowardNegative},
      {Rounding::Up, llvm::RoundingMode::TowardPositive}};
  for (int i = 0; i < 20000; ++i) {
    double value = std::ldexp(double(int64_t(random()) >> 11) * 0x1p-52,
                              int(random() % uint64_t(scale)) - scale / 2);
    for (auto [mode, llvmMode] : modes)
      ASSERT_EQ(encodeFloat(value, format, mode),
                reference(value, semantics, llvmMode))
          << value << " in mode " << int(mode);
  }
}

TEST(ValuesTest, Half) { compare(halfFormat, llvm::APFloat::IEEEhalf(), 60); }
TEST(ValuesTest, BFloat) {
  compare(bfloatFormat, llvm::APFloat::BFloat(), 290);
}
TEST(ValuesTest, E5M2) {
  compare({5, 2}, llvm::APFloat::Float8E5M2(), 60); // without saturation
}

TEST(ValuesTest, AllNumbersComeBack) {
  for (FloatFormat format : {halfFormat, bfloatFormat, e4m3Format, e5m2Format})
    for (uint32_t bits = 0;
         bits >> (1 + format.exponentBits + format.mantissaBits) == 0; ++bits) {
      double value = decodeFloat(bits, format);
      if (!std::isnan(value) && !std::isinf(value))
        ASSERT_EQ(encodeFloat(value, format), bits);
    }
}

TEST(ValuesTest, EightBitsSaturate) {
  EXPECT_EQ(encodeFloat(1e9, e4m3Format), 0x7Eu);
  EXPECT_EQ(decodeFloat(0x7E, e4m3Format), 448);
  EXPECT_EQ(encodeFloat(-1e9, e5m2Format), 0xFBu);
  EXPECT_EQ(encodeFloat(std::nan(""), e4m3Format), 0x7Fu);
}
