// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-fuse="merge=false" --nn-outline-kernels | FileCheck %s
// RUN: sinter-opt %s --nn-fuse="merge=false" --nn-outline-kernels="single-tile=true" | FileCheck %s --check-prefix=SINGLE

// Equal kernels share one function.
// CHECK-LABEL: func.func @twice
// CHECK: %[[A:.*]] = call @relu_64x128(%arg0)
// CHECK: call @relu_64x128(%[[A]])
func.func @twice(%x: tensor<64x128xf32>) -> tensor<64x128xf32> {
  %0 = nn.relu %x : tensor<64x128xf32>
  %1 = nn.relu %0 : tensor<64x128xf32>
  return %1 : tensor<64x128xf32>
}

// CHECK-LABEL: func.func @product
// CHECK: call @matmul_64x128
func.func @product(%x: tensor<64x784xf32>, %w: tensor<784x128xf32>) -> tensor<64x128xf32> {
  %0 = nn.matmul %x, %w : tensor<64x784xf32>, tensor<784x128xf32>
  return %0 : tensor<64x128xf32>
}

// Another element type is another kernel of the same name.
// CHECK-LABEL: func.func @scalars
// CHECK: call @neg_scalar(
// CHECK: call @neg_scalar_0(
func.func @scalars(%x: tensor<f32>, %y: tensor<f64>) -> (tensor<f32>, tensor<f64>) {
  %0 = nn.neg %x : tensor<f32>
  %1 = nn.neg %y : tensor<f64>
  return %0, %1 : tensor<f32>, tensor<f64>
}

// Kernels that differ in the ids of their draws alone are one: the ids are operands, read from one constant.
// CHECK-LABEL: func.func @draws
// CHECK: %[[IDS:.*]] = nn.constant dense<[7, 8]> : tensor<2xi64>
// CHECK: %[[A:.*]] = nn.slice %[[IDS]] from [0] to [1]
// CHECK: %[[B:.*]] = nn.reshape %[[A]] : tensor<1xi64> to tensor<i64>
// CHECK: call @random_uniform_4(%arg0, %[[B]])
// CHECK: %[[C:.*]] = nn.slice %[[IDS]] from [1] to [2]
// CHECK: %[[D:.*]] = nn.reshape %[[C]] : tensor<1xi64> to tensor<i64>
// CHECK: call @random_uniform_4(%arg0, %[[D]])
func.func @draws(%n: tensor<i64>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = nn.random_uniform %n, %n id 7 : tensor<4xf32>
  %1 = nn.random_uniform %n, %n id 8 : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// What threads share: of the largest matrix of a product a part each, the same part as its transposition and its update.
func.func @shares(%x: tensor<64x784xf32>, %w: tensor<128x784xf32>, %dy: tensor<64x128xf32>, %h: tensor<64x32xf32>) -> (tensor<784x128xf32>, tensor<128x784xf32>, tensor<128x32xf32>) {
  %0 = nn.transpose %w [1, 0] : tensor<128x784xf32>
  %1 = nn.matmul %dy transpose_a, %x : tensor<64x128xf32>, tensor<64x784xf32>
  %2 = nn.matmul %dy transpose_a, %h : tensor<64x128xf32>, tensor<64x32xf32>
  return %0, %1, %2 : tensor<784x128xf32>, tensor<128x784xf32>, tensor<128x32xf32>
}

// CHECK: func.func private @relu_64x128(%{{.*}}: tensor<64x128xf32>) -> tensor<64x128xf32>
// CHECK-SAME: sinter.domain = array<i64: 64, 128>, sinter.kernel, sinter.reduced = array<i64>
// CHECK-SAME: sinter.tiles = 1 : i64
// CHECK: func.func private @matmul_64x128
// CHECK-SAME: sinter.tile_sizes = array<i64: 64, 32>, sinter.tiles = 4 : i64
// SINGLE: func.func private @matmul_64x128
// SINGLE-SAME: sinter.tile_sizes = array<i64: 64, 128>, sinter.tiles = 1 : i64
// CHECK: func.func private @random_uniform_4(%[[N:.*]]: tensor<i64>, %[[ID:.*]]: tensor<i64>)
// CHECK: nn.random_uniform %[[N]], %[[N]] draw %[[ID]] id 0 : tensor<4xf32>
// CHECK: func.func private @transpose_784x128
// CHECK-SAME: sinter.tile_sizes = array<i64: 784, 64>, sinter.tiles = 2 : i64
// CHECK: func.func private @matmul_128x784
// CHECK-SAME: sinter.tile_sizes = array<i64: 32, 288>, sinter.tiles = 12 : i64
// Too little work for two.
// CHECK: func.func private @matmul_128x32
// CHECK-SAME: sinter.tiles = 1 : i64
