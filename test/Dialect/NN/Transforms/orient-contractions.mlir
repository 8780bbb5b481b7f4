// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-orient-contractions | FileCheck %s

// One transposition for both products.
// CHECK-LABEL: func.func @shared
// CHECK: %[[T:.*]] = nn.transpose %arg1 [1, 0]
// CHECK: nn.matmul %arg0, %[[T]] : tensor<64x32xf32>, tensor<32x16xf32>
// CHECK: nn.matmul %arg2, %[[T]] : tensor<8x32xf32>, tensor<32x16xf32>
func.func @shared(%x: tensor<64x32xf32>, %w: tensor<16x32xf32>, %y: tensor<8x32xf32>) -> (tensor<64x16xf32>, tensor<8x16xf32>) {
  %0 = nn.matmul %x, %w transpose_b : tensor<64x32xf32>, tensor<16x32xf32>
  %1 = nn.matmul %y, %w transpose_b : tensor<8x32xf32>, tensor<16x32xf32>
  return %0, %1 : tensor<64x16xf32>, tensor<8x16xf32>
}

// Batches stay where they are.
// CHECK-LABEL: func.func @batched
// CHECK: nn.transpose %arg1 [0, 2, 1]
func.func @batched(%x: tensor<2x64x32xf32>, %w: tensor<2x16x32xf32>) -> tensor<2x64x16xf32> {
  %0 = nn.matmul %x, %w transpose_b : tensor<2x64x32xf32>, tensor<2x16x32xf32>
  return %0 : tensor<2x64x16xf32>
}

// CHECK-LABEL: func.func @few_rows_or_one_column
// CHECK-NOT: nn.transpose
func.func @few_rows_or_one_column(%x: tensor<1x32xf32>, %w: tensor<16x32xf32>, %y: tensor<64x32xf32>, %v: tensor<1x32xf32>) -> (tensor<1x16xf32>, tensor<64x1xf32>) {
  %0 = nn.matmul %x, %w transpose_b : tensor<1x32xf32>, tensor<16x32xf32>
  %1 = nn.matmul %y, %v transpose_b : tensor<64x32xf32>, tensor<1x32xf32>
  return %0, %1 : tensor<1x16xf32>, tensor<64x1xf32>
}
