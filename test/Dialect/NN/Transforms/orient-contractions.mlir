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

// Rows are few or many in relation to the sum.
// CHECK-LABEL: func.func @deep
// CHECK: %[[T:.*]] = nn.transpose %arg3 [1, 0]
// CHECK: nn.matmul %arg0, %arg1 transpose_b : tensor<24x784xf32>
// CHECK: nn.matmul %arg2, %[[T]] : tensor<49x784xf32>
func.func @deep(%x: tensor<24x784xf32>, %w: tensor<32x784xf32>, %y: tensor<49x784xf32>, %v: tensor<32x784xf32>) -> (tensor<24x32xf32>, tensor<49x32xf32>) {
  %0 = nn.matmul %x, %w transpose_b : tensor<24x784xf32>, tensor<32x784xf32>
  %1 = nn.matmul %y, %v transpose_b : tensor<49x784xf32>, tensor<32x784xf32>
  return %0, %1 : tensor<24x32xf32>, tensor<49x32xf32>
}

// Rows of the right operand that are far apart: packed once for both products,
// transposed on the way for the third.
// CHECK-LABEL: func.func @panels
// CHECK: %[[T:.*]] = nn.pack_panels %arg1 width 32 transposed : tensor<640x512xf32>
// CHECK: %[[TU:.*]] = nn.unpack_panels %[[T]] columns 640 : tensor<20x512x32xf32>
// CHECK: %[[P:.*]] = nn.pack_panels %arg1 width 32 : tensor<640x512xf32>
// CHECK: %[[U:.*]] = nn.unpack_panels %[[P]] columns 512 : tensor<16x640x32xf32>
// CHECK: nn.matmul %arg0, %[[U]] : tensor<128x640xf32>, tensor<640x512xf32>
// CHECK: nn.matmul %arg2, %[[TU]] : tensor<128x512xf32>, tensor<512x640xf32>
func.func @panels(%x: tensor<128x640xf32>, %w: tensor<640x512xf32>, %y: tensor<128x512xf32>) -> (tensor<128x512xf32>, tensor<128x640xf32>) {
  %0 = nn.matmul %x, %w : tensor<128x640xf32>, tensor<640x512xf32>
  %1 = nn.matmul %y, %w transpose_b : tensor<128x512xf32>, tensor<640x512xf32>
  return %0, %1 : tensor<128x512xf32>, tensor<128x640xf32>
}

// In doubles, panels of half the width; a left operand whose columns are summed
// is packed too.
// CHECK-LABEL: func.func @left
// CHECK: %[[L:.*]] = nn.pack_panels %arg0 width 16 : tensor<2x100x512xf64>
// CHECK: %[[LU:.*]] = nn.unpack_panels %[[L]] columns 512 : tensor<2x32x100x16xf64>
// CHECK: %[[R:.*]] = nn.pack_panels %arg1 width 16 : tensor<2x100x256xf64>
// CHECK: %[[RU:.*]] = nn.unpack_panels %[[R]] columns 256 : tensor<2x16x100x16xf64>
// CHECK: nn.matmul %[[LU]] transpose_a, %[[RU]]
func.func @left(%x: tensor<2x100x512xf64>, %y: tensor<2x100x256xf64>) -> tensor<2x512x256xf64> {
  %0 = nn.matmul %x transpose_a, %y : tensor<2x100x512xf64>, tensor<2x100x256xf64>
  return %0 : tensor<2x512x256xf64>
}

// Few uses of each element, or so few rows that the caches hold them: nothing is
// moved. Rows that meet in one set of the cache are many sooner.
// CHECK-LABEL: func.func @used_little
// CHECK: %[[P:.*]] = nn.pack_panels %arg5
// CHECK-NOT: nn.pack_panels
// CHECK: nn.matmul %arg0, %arg1
// CHECK: nn.matmul %arg2, %arg3
// CHECK: nn.matmul %arg4, %{{[0-9]+}}
func.func @used_little(%x: tensor<32x640xf32>, %w: tensor<640x512xf32>, %y: tensor<512x64xf32>, %v: tensor<64x784xf32>, %z: tensor<512x64xf32>, %u: tensor<64x1024xf32>) -> (tensor<32x512xf32>, tensor<512x784xf32>, tensor<512x1024xf32>) {
  %0 = nn.matmul %x, %w : tensor<32x640xf32>, tensor<640x512xf32>
  %1 = nn.matmul %y, %v : tensor<512x64xf32>, tensor<64x784xf32>
  %2 = nn.matmul %z, %u : tensor<512x64xf32>, tensor<64x1024xf32>
  return %0, %1, %2 : tensor<32x512xf32>, tensor<512x784xf32>, tensor<512x1024xf32>
}

// Two rows in each of 28 steps: 56 uses of what is transposed once for all. Weights that change in each step are used by two rows.
// CHECK-LABEL: func.func @loops
// CHECK: nn.scan
// CHECK: %[[T:.*]] = nn.transpose %[[W:.*]] [1, 0] : tensor<32x32xf32>
// CHECK: nn.matmul %{{.*}}, %[[T]] : tensor<2x32xf32>, tensor<32x32xf32>
// CHECK: nn.scan
// CHECK-NOT: nn.transpose
func.func @loops(%h0: tensor<2x32xf32>, %w0: tensor<32x32xf32>, %ws: tensor<28x32x32xf32>) -> (tensor<29x2x32xf32>, tensor<29x2x32xf32>) {
  %h = nn.scan %t to 28 inits(%c = %h0 : tensor<2x32xf32>) invariants(%w = %w0 : tensor<32x32xf32>) -> histories(tensor<29x2x32xf32>) {
    %0 = nn.matmul %c, %w transpose_b : tensor<2x32xf32>, tensor<32x32xf32>
    nn.scan_yield carries(%0 : tensor<2x32xf32>)
  }
  %g = nn.scan %t to 28 inits(%c = %h0 : tensor<2x32xf32>) xs(%w = %ws : tensor<28x32x32xf32>) -> histories(tensor<29x2x32xf32>) {
    %0 = nn.matmul %c, %w transpose_b : tensor<2x32xf32>, tensor<32x32xf32>
    nn.scan_yield carries(%0 : tensor<2x32xf32>)
  }
  return %h, %g : tensor<29x2x32xf32>, tensor<29x2x32xf32>
}
