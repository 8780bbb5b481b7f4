// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --split-input-file --nn-choose-layouts=vector-bytes=64 --nn-simplify | FileCheck %s

// Six channels of 28 pixels in a row: lanes along the pixels, the weight as it is, and PyTorch's order for what follows.
// CHECK-LABEL: func.func @pixels
// CHECK: %[[P:.*]] = nn.pad %arg0
// CHECK: %[[C:.*]] = nn.correlate %[[P]] order [0, 1, 2, 3, 4], %arg1 order [0, 1, 2, 3, 4] into [0, 1, 2, 3, 4]
// CHECK: nn.relu %[[C]]
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @pixels(%x: tensor<3x1x1x28x28xf32>, %w: tensor<1x6x1x5x5xf32>) -> tensor<3x6x28x28xf32> {
  %0 = nn.pad %x low [0, 0, 0, 2, 2] high [0, 0, 0, 2, 2] interior [0, 0, 0, 0, 0] value 0.0 : tensor<3x1x1x28x28xf32>
  %1 = nn.transpose %w [0, 2, 3, 4, 1] : tensor<1x6x1x5x5xf32>
  %2 = nn.correlate %0 order [0, 1, 2, 3, 4], %1 order [0, 4, 1, 2, 3] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x1x32x32xf32>, tensor<1x1x5x5x6xf32>
  %3 = nn.transpose %2 [0, 1, 4, 2, 3] : tensor<3x1x28x28x6xf32>
  %4 = nn.reshape %3 : tensor<3x1x6x28x28xf32> to tensor<3x6x28x28xf32>
  %5 = nn.relu %4 : tensor<3x6x28x28xf32>
  return %5 : tensor<3x6x28x28xf32>
}

// -----

// Sixteen channels of the input are neighbours: lanes along them, which are the weight's last dim.
// CHECK-LABEL: func.func @summed_channels
// CHECK: %[[W:.*]] = nn.transpose %arg1 [0, 1, 3, 4, 2]
// CHECK: nn.correlate %{{.*}} order [0, 1, 4, 2, 3], %[[W]] order [0, 1, 4, 2, 3] into [0, 1, 2, 3, 4]
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @summed_channels(%x: tensor<3x1x10x10x16xf32>, %w: tensor<1x6x16x5x5xf32>) -> tensor<3x1x6x14x14xf32> {
  %0 = nn.pad %x low [0, 0, 4, 4, 0] high [0, 0, 4, 4, 0] interior [0, 0, 0, 0, 0] value 0.0 : tensor<3x1x10x10x16xf32>
  %1 = nn.transpose %w [0, 3, 4, 2, 1] : tensor<1x6x16x5x5xf32>
  %2 = nn.correlate %0 order [0, 1, 4, 2, 3], %1 order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x1x18x18x16xf32>, tensor<1x5x5x16x6xf32>
  %3 = nn.transpose %2 [0, 1, 4, 2, 3] : tensor<3x1x14x14x6xf32>
  return %3 : tensor<3x1x6x14x14xf32>
}

// -----

// Few results of long rows, as of a weight's gradient: lanes along the rows that are summed.
// CHECK-LABEL: func.func @taps
// CHECK: nn.correlate %arg0 order [0, 1, 2, 3, 4], %arg1 order [0, 2, 1, 3, 4] into [0, 1, 2, 3, 4]
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @taps(%x: tensor<1x2x8x32x32xf32>, %w: tensor<2x8x6x28x28xf32>) -> tensor<1x2x6x5x5xf32> {
  %0 = nn.transpose %w [0, 1, 3, 4, 2] : tensor<2x8x6x28x28xf32>
  %1 = nn.correlate %x order [0, 1, 2, 3, 4], %0 order [0, 4, 1, 2, 3] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<1x2x8x32x32xf32>, tensor<2x8x28x28x6xf32>
  %2 = nn.transpose %1 [0, 1, 4, 2, 3] : tensor<1x2x5x5x6xf32>
  return %2 : tensor<1x2x6x5x5xf32>
}

// -----

// Lanes along strided pixels would be gathered: the channels remain the columns, although they are few.
// CHECK-LABEL: func.func @strided
// CHECK: nn.correlate %arg0 order [0, 1, 2, 3, 4], %{{.*}} into [0, 1, 4, 2, 3]
func.func @strided(%x: tensor<3x1x1x57x57xf32>, %w: tensor<1x5x5x1x6xf32>) -> tensor<3x1x27x27x6xf32> {
  %0 = nn.correlate %x order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [2, 2] dilations [1, 1] : tensor<3x1x1x57x57xf32>, tensor<1x5x5x1x6xf32>
  return %0 : tensor<3x1x27x27x6xf32>
}
