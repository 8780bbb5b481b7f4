// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: sinter-opt %s --split-input-file --nn-choose-layouts=vector-bytes=64 --nn-simplify | FileCheck %s

// Everything up to the result keeps the channels last.
// CHECK-LABEL: func.func @chain
// CHECK: %[[P:.*]] = nn.correlate
// CHECK: %[[X:.*]] = nn.add %[[P]], %arg2 : tensor<3x1x8x8x16xf32>, tensor<16xf32>
// CHECK: %[[A:.*]] = nn.reshape %[[X]] : tensor<3x1x8x8x16xf32> to tensor<3x8x8x16xf32>
// CHECK: %[[S:.*]] = nn.slice %[[A]] from [0, 0, 1, 0] to [3, 8, 8, 16] by [1, 1, 1, 1]
// CHECK: %[[Q:.*]] = nn.pad %[[S]] low [0, 2, 0, 0] high [0, 0, 1, 0]
// CHECK: %[[R:.*]] = nn.reverse %[[Q]] over [2]
// CHECK: %[[C:.*]] = nn.concat %[[R]], %[[Q]] along 3
// CHECK: %[[W:.*]] = nn.windows %[[C]] along 1 size 2 stride 2 dilation 1
// CHECK: %[[M:.*]] = nn.amax %[[W]] over [1]
// CHECK: %[[Y:.*]] = nn.transpose %[[M]] [0, 3, 1, 2] : tensor<3x5x8x32xf32>
// CHECK: return %[[Y]]
func.func @chain(%x: tensor<3x1x4x10x10xf32>, %w: tensor<1x3x3x4x16xf32>, %bias: tensor<16xf32>) -> tensor<3x32x5x8xf32> {
  %0 = nn.correlate %x order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x4x10x10xf32>, tensor<1x3x3x4x16xf32>
  %1 = nn.transpose %0 [0, 1, 4, 2, 3] : tensor<3x1x8x8x16xf32>
  %2 = nn.reshape %1 : tensor<3x1x16x8x8xf32> to tensor<3x16x8x8xf32>
  %b = nn.reshape %bias : tensor<16xf32> to tensor<16x1x1xf32>
  %3 = nn.add %2, %b : tensor<3x16x8x8xf32>, tensor<16x1x1xf32>
  %4 = nn.slice %3 from [0, 0, 0, 1] to [3, 16, 8, 8] by [1, 1, 1, 1] : tensor<3x16x8x8xf32>
  %5 = nn.pad %4 low [0, 0, 2, 0] high [0, 0, 0, 1] interior [0, 0, 0, 0] value 0.0 : tensor<3x16x8x7xf32>
  %6 = nn.reverse %5 over [3] : tensor<3x16x10x8xf32>
  %7 = nn.concat %6, %5 along 1 : tensor<3x16x10x8xf32>, tensor<3x16x10x8xf32>
  %8 = nn.windows %7 along 2 size 2 stride 2 dilation 1 : tensor<3x32x10x8xf32>
  %9 = nn.amax %8 over [2] : tensor<3x32x2x5x8xf32>
  return %9 : tensor<3x32x5x8xf32>
}

// -----

// The gradient of side by side windows: rows and their taps stay neighbours.
// CHECK-LABEL: func.func @taps
// CHECK: %[[G:.*]] = nn.transpose %{{.*}} [0, 2, 3, 4, 5, 1] : tensor<3x16x4x1x4x1xf32>
// CHECK: nn.select %{{.*}}, %[[G]], %{{.*}} : tensor<3x4x2x4x2x16xi1>
// CHECK: nn.reshape %{{.*}} : tensor<3x4x2x4x2x16xf32> to tensor<3x8x8x16xf32>
func.func @taps(%x: tensor<3x1x4x6x6xf32>, %w: tensor<1x3x3x4x16xf32>, %g: tensor<3x16x4x4xf32>) -> tensor<3x16x8x8xf32> {
  %0 = nn.correlate %x order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x4x6x6xf32>, tensor<1x3x3x4x16xf32>
  %1 = nn.transpose %0 [0, 1, 4, 2, 3] : tensor<3x1x4x4x16xf32>
  %2 = nn.reshape %1 : tensor<3x1x16x4x4xf32> to tensor<3x16x4x1x4x1xf32>
  %3 = nn.iota 3 : tensor<1x1x1x2x1x2xi64>
  %4 = nn.cast %3 : tensor<1x1x1x2x1x2xi64> to tensor<1x1x1x2x1x2xf32>
  %5 = nn.compare eq %2, %4 : tensor<3x16x4x1x4x1xf32>, tensor<1x1x1x2x1x2xf32>
  %6 = nn.reshape %g : tensor<3x16x4x4xf32> to tensor<3x16x4x1x4x1xf32>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %7 = nn.select %5, %6, %zero : tensor<3x16x4x2x4x2xi1>, tensor<3x16x4x1x4x1xf32>, tensor<f32>
  %8 = nn.reshape %7 : tensor<3x16x4x2x4x2xf32> to tensor<3x16x8x8xf32>
  return %8 : tensor<3x16x8x8xf32>
}

// -----

// Flattening mixes channels and rows: a transposition before. What is kept of a reduction moves no element.
// CHECK-LABEL: func.func @flattened
// CHECK: %[[E:.*]] = nn.exp
// CHECK: %[[R:.*]] = nn.reshape %[[E]] : tensor<3x1x4x4x16xf32> to tensor<3x4x4x16xf32>
// CHECK: %[[T:.*]] = nn.transpose %[[R]] [0, 3, 1, 2]
// CHECK: nn.reshape %[[T]] : tensor<3x16x4x4xf32> to tensor<3x256xf32>
// CHECK: nn.sum %{{.*}} over [0, 2, 3] : tensor<3x1x4x4x16xf32>
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @flattened(%x: tensor<3x1x4x6x6xf32>, %w: tensor<1x3x3x4x16xf32>) -> (tensor<3x256xf32>, tensor<1x16x1x1xf32>, tensor<16xi64>) {
  %0 = nn.correlate %x order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x4x6x6xf32>, tensor<1x3x3x4x16xf32>
  %1 = nn.transpose %0 [0, 1, 4, 2, 3] : tensor<3x1x4x4x16xf32>
  %2 = nn.reshape %1 : tensor<3x1x16x4x4xf32> to tensor<3x16x4x4xf32>
  %3 = nn.exp %2 : tensor<3x16x4x4xf32>
  %4 = nn.reshape %3 : tensor<3x16x4x4xf32> to tensor<3x256xf32>
  %5 = nn.sum %3 over [0, 2, 3] keepdim : tensor<3x16x4x4xf32>
  %6 = nn.reshape %5 : tensor<1x16x1x1xf32> to tensor<16x1xf32>
  %7 = nn.argmax %6 over 1 : tensor<16x1xf32>
  return %4, %5, %7 : tensor<3x256xf32>, tensor<1x16x1x1xf32>, tensor<16xi64>
}

// -----

// Too few channels for a vector, and a larger operand in PyTorch's order: these stay.
// CHECK-LABEL: func.func @kept
// CHECK: %[[T:.*]] = nn.transpose %{{.*}} [0, 1, 4, 2, 3] : tensor<3x1x4x4x6xf32>
// CHECK: nn.mul %{{.*}}, %arg3
func.func @kept(%x: tensor<3x1x4x6x6xf32>, %w: tensor<1x3x3x4x6xf32>, %v: tensor<1x6x6x4x16xf32>, %y: tensor<3x16x9x9xf32>) -> (tensor<3x6x4x4xf32>, tensor<3x16x9x9xf32>) {
  %0 = nn.correlate %x order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x4x6x6xf32>, tensor<1x3x3x4x6xf32>
  %1 = nn.transpose %0 [0, 1, 4, 2, 3] : tensor<3x1x4x4x6xf32>
  %2 = nn.reshape %1 : tensor<3x1x6x4x4xf32> to tensor<3x6x4x4xf32>
  %3 = nn.exp %2 : tensor<3x6x4x4xf32>
  %4 = nn.correlate %x order [0, 1, 2, 3, 4], %v order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x4x6x6xf32>, tensor<1x6x6x4x16xf32>
  %5 = nn.transpose %4 [0, 1, 4, 2, 3] : tensor<3x1x1x1x16xf32>
  %6 = nn.reshape %5 : tensor<3x1x16x1x1xf32> to tensor<3x16x1x1xf32>
  %7 = nn.mul %6, %y : tensor<3x16x1x1xf32>, tensor<3x16x9x9xf32>
  return %3, %7 : tensor<3x6x4x4xf32>, tensor<3x16x9x9xf32>
}

// -----

// One sample: dimensions of extent 1 stay where they are, so that what follows is part of the product's kernel.
// CHECK-LABEL: func.func @one_sample
// CHECK: %[[S:.*]] = nn.reshape %arg2 : tensor<1x16x1x1xf32> to tensor<16xf32>
// CHECK: nn.mul %{{.*}}, %[[S]] : tensor<1x1x8x8x16xf32>, tensor<16xf32>
func.func @one_sample(%x: tensor<1x1x4x10x10xf32>, %w: tensor<1x3x3x4x16xf32>, %scale: tensor<1x16x1x1xf32>) -> tensor<1x16x8x8xf32> {
  %0 = nn.correlate %x order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<1x1x4x10x10xf32>, tensor<1x3x3x4x16xf32>
  %1 = nn.transpose %0 [0, 1, 4, 2, 3] : tensor<1x1x8x8x16xf32>
  %2 = nn.reshape %1 : tensor<1x1x16x8x8xf32> to tensor<1x16x8x8xf32>
  %3 = nn.mul %2, %scale : tensor<1x16x8x8xf32>, tensor<1x16x1x1xf32>
  return %3 : tensor<1x16x8x8xf32>
}
