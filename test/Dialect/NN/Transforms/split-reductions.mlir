// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-split-reductions | FileCheck %s

// What the sum reads takes its shape, so that it can be part of the kernel.
// CHECK-LABEL: func.func @flat
// CHECK: %[[R:.*]] = nn.reshape %arg0 : tensor<65536xf32> to tensor<64x1024xf32>
// CHECK: %[[Q:.*]] = nn.mul %[[R]], %[[R]] : tensor<64x1024xf32>
// CHECK: %[[P:.*]] = nn.sum %[[Q]] over [1] : tensor<64x1024xf32>
// CHECK: nn.sum %[[P]] over [0] : tensor<64xf32>
func.func @flat(%x: tensor<65536xf32>) -> tensor<f32> {
  %0 = nn.mul %x, %x : tensor<65536xf32>, tensor<65536xf32>
  %1 = nn.sum %0 over [0] : tensor<65536xf32>
  return %1 : tensor<f32>
}

// Rows are chunks already.
// CHECK-LABEL: func.func @rows
// CHECK: %[[P:.*]] = nn.amax %arg0 over [1] keepdim : tensor<64x1024xf32>
// CHECK: nn.amax %[[P]] over [0] keepdim : tensor<64x1xf32>
func.func @rows(%x: tensor<64x1024xf32>) -> tensor<1x1xf32> {
  %0 = nn.amax %x over [0, 1] keepdim : tensor<64x1024xf32>
  return %0 : tensor<1x1xf32>
}

// CHECK-LABEL: func.func @small
// CHECK: nn.sum %arg0 over [0, 1] : tensor<64x256xf32>
func.func @small(%x: tensor<64x256xf32>) -> tensor<f32> {
  %0 = nn.sum %x over [0, 1] : tensor<64x256xf32>
  return %0 : tensor<f32>
}

// No number of chunks divides it.
// CHECK-LABEL: func.func @prime
// CHECK: nn.sum %arg0 over [0] : tensor<65537xf32>
func.func @prime(%x: tensor<65537xf32>) -> tensor<f32> {
  %0 = nn.sum %x over [0] : tensor<65537xf32>
  return %0 : tensor<f32>
}

// Columns of large images, one image after the other; of small ones at once.
// CHECK-LABEL: func.func @columns
// CHECK: %[[P:.*]] = nn.sum %arg0 over [1, 2] : tensor<16x16x16x32xf32>
// CHECK: nn.sum %[[P]] over [0] : tensor<16x32xf32>
// CHECK: nn.sum %arg1 over [0, 1, 2] : tensor<8x2x2x32xf32>
func.func @columns(%x: tensor<16x16x16x32xf32>, %y: tensor<8x2x2x32xf32>) -> (tensor<32xf32>, tensor<32xf32>) {
  %0 = nn.sum %x over [0, 1, 2] : tensor<16x16x16x32xf32>
  %1 = nn.sum %y over [0, 1, 2] : tensor<8x2x2x32xf32>
  return %0, %1 : tensor<32xf32>, tensor<32xf32>
}

// CHECK-LABEL: func.func @no_dims
// CHECK: nn.sum %arg0 over []
func.func @no_dims(%x: tensor<300x300xf32>) -> tensor<300x300xf32> {
  %0 = nn.sum %x over [] : tensor<300x300xf32>
  return %0 : tensor<300x300xf32>
}
