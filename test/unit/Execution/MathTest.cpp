// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Accuracy of the expanded math functions on a sample of all f32, and their
// special cases.
#include "CompiledText.h"
#include "MathAccuracy.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace sinter::test;

namespace {

class ExpandedMath : public testing::TestWithParam<MathFunction> {};

TEST_P(ExpandedMath, IsWithinTwoUlp) {
  MathChecker checker(GetParam());
  ASSERT_TRUE(checker.is());
  Accuracy found = checker.check(0, 16411, (uint64_t(1) << 32) / 16411, true);
  EXPECT_LE(found.worst, 2) << "at " << found.argument;
}

TEST_P(ExpandedMath, KeepsSpecialValues) {
  MathChecker checker(GetParam());
  ASSERT_TRUE(checker.is());
  float inf = std::numeric_limits<float>::infinity();
  std::vector<float> arguments = {0.0f,          -0.0f,      1.0f,
                                  -1.0f,         inf,        -inf,
                                  std::nanf(""), 0x1p-149f,  2.0f,
                                  0.5f,          88.7f,      -87.5f,
                                  103.9f,        -0x1p-149f, 0x1.fffffep127f,
                                  3.0f,          0x1p-126f,  -0x1.fffffep127f,
                                  89.0f,         -103.5f,    -104.5f};
  std::vector<float> results = checker.evaluate(arguments);
  for (size_t i = 0; i < arguments.size(); ++i)
    EXPECT_LE(ulpError(results[i], GetParam().truth(arguments[i])), 2)
        << "at " << arguments[i] << ": " << results[i];
}

INSTANTIATE_TEST_SUITE_P(All, ExpandedMath, testing::ValuesIn(mathFunctions()),
                         [](const auto &info) {
                           std::string name = info.param.name;
                           for (char &c : name)
                             c = std::isalnum(c) ? c : '_';
                           return name;
                         });

TEST(Power, FollowsC99) {
  CompiledText text(R"(
  func.func @pow(%x: memref<f32>, %y: memref<f32>, %r: memref<f32>)
      attributes {sinter.kernel} {
    %0 = memref.load %x[] : memref<f32>
    %1 = memref.load %y[] : memref<f32>
    %2 = math.powf %0, %1 : f32
    memref.store %2, %r[] : memref<f32>
    return
  })");
  ASSERT_TRUE(text.is());
  auto *pow = text.get<void(const float *, const float *, float *)>("pow");
  float inf = std::numeric_limits<float>::infinity();
  std::vector<float> values = {
      0.0f,  -0.0f,     1.0f,  -1.0f,  2.0f,       -2.0f,         0.5f,
      -0.5f, 3.0f,      -3.0f, inf,    -inf,       std::nanf(""), 1.5f,
      -1.5f, 0x1p-149f, 1e30f, -1e30f, 16777217.0f};
  for (float x : values)
    for (float y : values) {
      float result;
      pow(&x, &y, &result);
      EXPECT_LE(ulpError(result, std::pow(double(x), double(y))), 1)
          << x << " ^ " << y << " = " << result;
    }
}

TEST(Double, IsLeftToLibm) {
  CompiledText text(R"(
  func.func @f(%x: memref<4xf64>, %r: memref<4xf64>)
      attributes {sinter.kernel} {
    %c0 = arith.constant 0 : index
    %0 = vector.load %x[%c0] : memref<4xf64>, vector<4xf64>
    %1 = math.expm1 %0 : vector<4xf64>
    %2 = math.tanh %1 : vector<4xf64>
    vector.store %2, %r[%c0] : memref<4xf64>, vector<4xf64>
    return
  })");
  ASSERT_TRUE(text.is());
  double x[4] = {1e-9, -1, 0.3, 5}, r[4];
  text.get<void(const double *, double *)>("f")(x, r);
  for (int i = 0; i < 4; ++i)
    EXPECT_DOUBLE_EQ(r[i], std::tanh(std::expm1(x[i])));
}

} // namespace
