// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What lowered code computes: bools in memory, masks, and the reference loops.
#include "CompiledText.h"
#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

using namespace sinter::test;

namespace {

TEST(Bools, AreBytesInVectors) {
  CompiledText text(R"(
  func.func @f(%x: memref<8xi1>, %y: memref<8xi1>, %z: memref<8xi1>)
      attributes {sinter.kernel} {
    %c0 = arith.constant 0 : index
    %n = arith.constant 5 : index
    %true = arith.constant dense<true> : vector<8xi1>
    %reverse = arith.constant dense<[7, 6, 5, 4, 3, 2, 1, 0]> : vector<8xindex>
    %mask = vector.create_mask %n : vector<8xi1>
    %a = vector.load %x[%c0] : memref<8xi1>, vector<8xi1>
    %b = arith.xori %a, %true : vector<8xi1>
    vector.store %b, %y[%c0] : memref<8xi1>, vector<8xi1>
    %c = vector.maskedload %x[%c0], %mask, %true
        : memref<8xi1>, vector<8xi1>, vector<8xi1> into vector<8xi1>
    %d = vector.gather %x[%c0] [%reverse], %true, %true
        : memref<8xi1>, vector<8xindex>, vector<8xi1>, vector<8xi1> into vector<8xi1>
    %e = arith.andi %c, %d : vector<8xi1>
    vector.maskedstore %z[%c0], %mask, %e
        : memref<8xi1>, vector<8xi1>, vector<8xi1>
    return
  })");
  ASSERT_TRUE(text.is());
  uint8_t x[8] = {1, 0, 1, 1, 0, 0, 1, 1}, y[9], z[9];
  std::fill(y, y + 9, 7);
  std::fill(z, z + 9, 7);
  text.get<void(uint8_t *, uint8_t *, uint8_t *)>("f")(x, y, z);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(y[i], 1 - x[i]);
    EXPECT_EQ(z[i], i < 5 ? x[i] & x[7 - i] : 7);
  }
  EXPECT_EQ(y[8], 7);
  EXPECT_EQ(z[8], 7);
}

TEST(Transfers, StayInBounds) {
  CompiledText text(R"(
  func.func @f(%x: memref<3x5xf32>, %y: memref<3x5xf32>)
      attributes {sinter.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %a = vector.transfer_read %x[%c1, %c0], %zero
        : memref<3x5xf32>, vector<4x8xf32>
    %b = arith.addf %a, %a : vector<4x8xf32>
    vector.transfer_write %b, %y[%c1, %c0]
        : vector<4x8xf32>, memref<3x5xf32>
    return
  })");
  ASSERT_TRUE(text.is());
  std::vector<float> x(15), y(23, -1);
  for (int i = 0; i < 15; ++i)
    x[i] = i;
  text.get<void(float *, float *)>("f")(x.data(), y.data());
  for (int i = 0; i < 23; ++i)
    EXPECT_EQ(y[i], i >= 5 && i < 15 ? 2 * i : -1) << i;
}

const char *const product = R"(
  func.func private @product(%x: memref<3x4xf32>, %w: memref<4x2xf32>, %y: memref<3x2xf32>,
                     %begin: index, %end: index)
      attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64} {
    %0 = bufferization.to_tensor %x restrict : memref<3x4xf32>
    %1 = bufferization.to_tensor %w restrict : memref<4x2xf32>
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<3x2xf32>
    %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x2xf32>) -> tensor<3x2xf32>
    %2 = linalg.matmul ins(%0, %1 : tensor<3x4xf32>, tensor<4x2xf32>)
        outs(%fill : tensor<3x2xf32>) -> tensor<3x2xf32>
    %3 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} ins(%2 : tensor<3x2xf32>) outs(%empty : tensor<3x2xf32>) {
    ^bb0(%a: f32, %b: f32):
      %m = arith.maximumf %a, %zero : f32
      linalg.yield %m : f32
    } -> tensor<3x2xf32>
    bufferization.materialize_in_destination %3 in restrict writable %y
        : (tensor<3x2xf32>, memref<3x2xf32>) -> ()
    return
  })";

TEST(ReferenceLoops, ComputeAProduct) {
  CompiledText text(product, {/*referenceLoops=*/true});
  ASSERT_TRUE(text.is());
  std::vector<float> x(12), w(8), y(6, -1);
  for (int i = 0; i < 12; ++i)
    x[i] = i - 5;
  for (int i = 0; i < 8; ++i)
    w[i] = 3 - i;
  using Kernel = void(float *, float *, float *, int64_t, int64_t);
  auto *kernel = text.get<Kernel>("product");
  kernel(x.data(), w.data(), y.data(), 1, 2);
  EXPECT_EQ(y, std::vector<float>(6, -1)) << "tile 0 is not in the range";
  kernel(x.data(), w.data(), y.data(), 0, 2);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 2; ++j) {
      float sum = 0;
      for (int k = 0; k < 4; ++k)
        sum += x[i * 4 + k] * w[k * 2 + j];
      EXPECT_EQ(y[i * 2 + j], std::max(sum, 0.0f));
    }
}

TEST(ReferenceLoops, NeverWriteAnInput) {
  CompiledText text(R"(
  func.func private @f(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
      attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64} {
    %0 = bufferization.to_tensor %x restrict : memref<4xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        outs(%0 : tensor<4xf32>) {
    ^bb0(%a: f32):
      %m = arith.negf %a : f32
      linalg.yield %m : f32
    } -> tensor<4xf32>
    bufferization.materialize_in_destination %1 in restrict writable %y
        : (tensor<4xf32>, memref<4xf32>) -> ()
    return
  })",
                    {/*referenceLoops=*/true});
  ASSERT_TRUE(text.is());
  float x[4] = {1, 2, 3, 4}, y[4] = {};
  text.get<void(float *, float *, int64_t, int64_t)>("f")(x, y, 0, 1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(x[i], i + 1);
    EXPECT_EQ(y[i], -(i + 1));
  }
}

TEST(Verifier, RefusesAForeignOp) {
  std::string error;
  auto bytes = compileText(R"(
  func.func @f() attributes {sinter.kernel} {
    "other.op"() : () -> ()
    return
  })",
                           {}, &error);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(error, "'other.op' op has no lowering to LLVM");
}

TEST(Verifier, RefusesAForeignFunction) {
  std::string error;
  auto bytes = compileText("func.func private @printf()", {}, &error);
  EXPECT_TRUE(bytes.empty());
  EXPECT_NE(error.find("the external function 'printf'"), std::string::npos);
}

} // namespace
