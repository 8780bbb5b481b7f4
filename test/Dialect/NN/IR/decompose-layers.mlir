// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-decompose --split-input-file | FileCheck %s

// The product is of matrices, whatever the rank of the input.
// CHECK-LABEL: func.func @linear_vector
// CHECK: nn.reshape %{{.*}} : tensor<3xf32> to tensor<1x3xf32>
// CHECK: nn.matmul %{{.*}}, %{{.*}} transpose_b : tensor<1x3xf32>, tensor<5x3xf32>
// CHECK: nn.reshape %{{.*}} : tensor<1x5xf32> to tensor<5xf32>
func.func @linear_vector(%x: tensor<3xf32>, %w: tensor<5x3xf32>) -> tensor<5xf32> {
  %0 = nn.linear %x, %w : tensor<3xf32>, tensor<5x3xf32>
  return %0 : tensor<5xf32>
}

// -----

// CHECK-LABEL: func.func @log_softmax
// CHECK: %[[MAX:.*]] = nn.amax %[[X:.*]] over [1] keepdim
// CHECK: %[[SHIFTED:.*]] = nn.sub %[[X]], %[[MAX]]
// CHECK: %[[EXP:.*]] = nn.exp %[[SHIFTED]]
// CHECK: %[[SUM:.*]] = nn.sum %[[EXP]] over [1] keepdim
// CHECK: %[[LOG:.*]] = nn.log %[[SUM]]
// CHECK: nn.sub %[[SHIFTED]], %[[LOG]]
func.func @log_softmax(%x: tensor<4x3x2xf32>) -> tensor<4x3x2xf32> {
  %0 = nn.log_softmax %x over 1 : tensor<4x3x2xf32>
  return %0 : tensor<4x3x2xf32>
}

// -----

// Targets are compared with and never an index; an ignored class is masked.
// CHECK-LABEL: func.func @nll_loss_ignored_class
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x3xf32>, %[[T:[^:]*]]: tensor<4xi64>
// CHECK-NOT: nn.gather
// CHECK: %[[TARGET:.*]] = nn.reshape %[[T]] : tensor<4xi64> to tensor<4x1xi64>
// CHECK: %[[CLASS:.*]] = nn.iota 1
// CHECK: %[[EQUAL:.*]] = nn.compare {{ *}}eq %[[CLASS]], %[[TARGET]]
// CHECK: %[[COUNTED:.*]] = nn.compare {{ *}}ne %[[TARGET]]
// CHECK: %[[MASK:.*]] = nn.logical_and %[[EQUAL]], %[[COUNTED]]
// CHECK: nn.select %[[MASK]], %[[X]]
// CHECK: %[[WEIGHT:.*]] = nn.cast %[[COUNTED]]
// CHECK: %[[TOTAL:.*]] = nn.sum %[[WEIGHT]] over [0, 1]
// CHECK: nn.div %{{.*}}, %[[TOTAL]]
func.func @nll_loss_ignored_class(%x: tensor<4x3xf32>, %t: tensor<4xi64>) -> tensor<f32> {
  %0 = nn.nll_loss %x, %t mean ignore 1 : tensor<4x3xf32>, tensor<4xi64>
  return %0 : tensor<f32>
}

// -----

// The variance is of centered values.
// CHECK-LABEL: func.func @batch_norm_training
// CHECK: %[[CENTERED:.*]] = nn.sub
// CHECK: %[[SQUARES:.*]] = nn.mul %[[CENTERED]], %[[CENTERED]]
// CHECK: nn.sum %[[SQUARES]] over [0, 2]
// CHECK: nn.constant dense<1.05263162>
func.func @batch_norm_training(%x: tensor<4x3x5xf32>, %m: tensor<3xf32>, %v: tensor<3xf32>) -> (tensor<4x3x5xf32>, tensor<3xf32>) {
  %0:5 = nn.batch_norm %x running %m, %v {eps = 1.0e-5, momentum = 0.1, training = true} : tensor<4x3x5xf32>, tensor<3xf32>, tensor<3xf32>
  return %0#0, %0#2 : tensor<4x3x5xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func.func @batch_norm_evaluation
// CHECK-SAME: %{{.*}}: tensor<4x3xf32>, %[[M:[^:]*]]: tensor<3xf32>, %[[V:[^:]*]]: tensor<3xf32>
// CHECK-NOT: nn.sum
// CHECK: return %{{.*}}, %[[M]], %[[V]]
func.func @batch_norm_evaluation(%x: tensor<4x3xf32>, %m: tensor<3xf32>, %v: tensor<3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %0:5 = nn.batch_norm %x running %m, %v {eps = 1.0e-5, momentum = 0.1, training = false} : tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>
  return %0#0, %0#1, %0#2 : tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func.func @dropout
// CHECK: %[[U:.*]] = nn.random_uniform %{{.*}}, %{{.*}} id 3
// CHECK: nn.compare {{ *}}ge %[[U]]
// CHECK: nn.constant dense<1.33333337>
func.func @dropout(%x: tensor<7xf32>, %seed: tensor<i64>, %step: tensor<i64>) -> tensor<7xf32> {
  %0 = nn.dropout %x p 0.25 seed %seed, %step id 3 : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// -----

// CHECK-LABEL: func.func @extrema
// CHECK: nn.amax %{{.*}} over [1] keepdim
// CHECK: nn.argmax %{{.*}} over 1 keepdim
// CHECK: nn.amin %{{.*}} over [0]
// CHECK: nn.argmin %{{.*}} over 0
func.func @extrema(%x: tensor<4x3xf32>) -> (tensor<4x1xf32>, tensor<4x1xi64>, tensor<3xf32>, tensor<3xi64>) {
  %0:2 = nn.max_with_indices %x over 1 keepdim : tensor<4x3xf32>
  %1:2 = nn.min_with_indices %x over 0 : tensor<4x3xf32>
  return %0#0, %0#1, %1#0, %1#1 : tensor<4x1xf32>, tensor<4x1xi64>, tensor<3xf32>, tensor<3xi64>
}

// -----

// What the indices do not cover is zero.
// CHECK-LABEL: func.func @scatter_add
// CHECK: %[[SUM:.*]] = nn.sum %{{.*}} over [2] : tensor<4x3x2x5xf32>
// CHECK: nn.pad %[[SUM]] low [0, 0, 0] high [2, 0, 2]
func.func @scatter_add(%u: tensor<4x2x5xf32>, %i: tensor<4x2x5xi64>) -> tensor<6x3x7xf32> {
  %0 = nn.scatter_add %u, %i along 1 : tensor<4x2x5xf32>, tensor<4x2x5xi64> to tensor<6x3x7xf32>
  return %0 : tensor<6x3x7xf32>
}

// -----

// The input is padded, the weight's features are the columns, the result comes back to channels before space.
// CHECK-LABEL: func.func @convolution
// CHECK: %[[X:.+]] = nn.reshape %{{.*}} : tensor<2x3x8xf32> to tensor<2x1x3x8xf32>
// CHECK: %[[W:.+]] = nn.transpose %{{.*}} [0, 3, 2, 1] : tensor<1x5x3x3xf32>
// CHECK: %[[PADDED:.+]] = nn.pad %[[X]] low [0, 0, 0, 1] high [0, 0, 0, 2]
// CHECK: %[[Y:.+]] = nn.correlate %[[PADDED]] order [0, 1, 2, 3], %[[W]] order [0, 3, 2, 1] into [0, 1, 3, 2] strides [2] dilations [1] : tensor<2x1x3x11xf32>, tensor<1x3x3x5xf32>
// CHECK: %[[MOVED:.+]] = nn.transpose %[[Y]] [0, 1, 3, 2] : tensor<2x1x5x5xf32>
// CHECK: nn.reshape %[[MOVED]] : tensor<2x1x5x5xf32> to tensor<2x5x5xf32>
func.func @convolution(%x: tensor<2x3x8xf32>, %w: tensor<5x3x3xf32>) -> tensor<2x5x5xf32> {
  %0 = nn.convolution %x, %w strides [2] dilations [1] spread [1] low [1] high [2] groups 1 : tensor<2x3x8xf32>, tensor<5x3x3xf32>
  return %0 : tensor<2x5x5xf32>
}

// -----

// A spread input is a convolution per phase: with two taps and with one here.
// CHECK-LABEL: func.func @phases
// CHECK: nn.correlate %{{.*}} order [0, 1, 2, 3], %{{.*}} order [0, 3, 1, 2] into [0, 1, 3, 2] strides [1] dilations [1] : tensor<1x1x1x6xf32>, tensor<1x1x2x1xf32>
// CHECK: nn.correlate %{{.*}} order [0, 1, 2, 3], %{{.*}} order [0, 3, 1, 2] into [0, 1, 3, 2] strides [1] dilations [1] : tensor<1x1x1x5xf32>, tensor<1x1x1x1xf32>
// CHECK: nn.concat %{{.*}}, %{{.*}} along 3
// CHECK-NOT: nn.correlate
func.func @phases(%x: tensor<1x1x4xf32>, %w: tensor<1x1x3xf32>) -> tensor<1x1x9xf32> {
  %0 = nn.convolution %x, %w strides [1] dilations [1] spread [2] low [2] high [2] groups 1 : tensor<1x1x4xf32>, tensor<1x1x3xf32>
  return %0 : tensor<1x1x9xf32>
}

// -----

// Blocks of results that do not overlap: one product with a column for each of their elements.
// CHECK-LABEL: func.func @blocks
// CHECK: %[[W:.+]] = nn.reverse %{{.*}} over
// CHECK: %[[Y:.+]] = nn.correlate %{{.*}}, %{{.*}} order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<2x1x3x4x5xf32>, tensor<1x1x1x3x12xf32>
// CHECK: %[[B:.+]] = nn.reshape %[[Y]] : tensor<2x1x4x5x12xf32> to tensor<2x1x4x5x2x3x2xf32>
// CHECK: nn.transpose %[[B]] [0, 1, 2, 4, 3, 5, 6]
// CHECK-NOT: nn.correlate
func.func @blocks(%x: tensor<2x3x4x5xf32>, %w: tensor<2x3x2x3xf32>) -> tensor<2x2x8x15xf32> {
  %0 = nn.convolution %x, %w strides [1, 1] dilations [1, 1] spread [2, 3] low [1, 2] high [1, 2] groups 1 : tensor<2x3x4x5xf32>, tensor<2x3x2x3xf32>
  return %0 : tensor<2x2x8x15xf32>
}

// -----

// A weight's gradient: the samples, which are the channels, in parts whose results are added.
// CHECK-LABEL: func.func @parts
// CHECK: nn.correlate %{{.*}} order [0, 1, 2, 3, 4], %{{.*}} order [0, 4, 1, 2, 3] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<3x4x16x34x34xf32>, tensor<4x16x32x32x4xf32>
// CHECK: nn.sum %{{.*}} over [1] keepdim : tensor<3x4x3x3x4xf32>
func.func @parts(%x: tensor<3x64x34x34xf32>, %w: tensor<4x64x32x32xf32>) -> tensor<3x4x3x3xf32> {
  %0 = nn.convolution %x, %w strides [1, 1] dilations [1, 1] spread [1, 1] low [0, 0] high [0, 0] groups 1 : tensor<3x64x34x34xf32>, tensor<4x64x32x32xf32>
  return %0 : tensor<3x4x3x3xf32>
}

// -----

// Windows that overlap by one element: two parts, one of them a window later.
// CHECK-LABEL: func.func @overlap_add
// CHECK: %[[FIRST:.+]] = nn.pad %{{.*}} low [0, 0] high [0, 1] interior [0, 0] value 0.0
// CHECK: %[[SECOND:.+]] = nn.pad %{{.*}} low [0, 1] high [0, 0]
// CHECK: %[[SUM:.+]] = nn.add %[[FIRST]], %[[SECOND]]
// CHECK: nn.transpose %[[SUM]] [1, 0] : tensor<2x5xf32>
func.func @overlap_add(%x: tensor<3x4xf32>) -> tensor<9xf32> {
  %0 = nn.overlap_add %x along 0 extent 9 stride 2 dilation 1 : tensor<3x4xf32>
  return %0 : tensor<9xf32>
}

// -----

// Taps that were exchanged with windows are not exchanged twice.
// CHECK-LABEL: func.func @exchanged_overlap_add
// CHECK: %[[FIRST:.+]] = nn.pad %{{.*}} low [0, 0] high [1, 0] interior [0, 0] value 0.0
// CHECK: %[[SECOND:.+]] = nn.pad %{{.*}} low [1, 0] high [0, 0]
// CHECK: %[[SUM:.+]] = nn.add %[[FIRST]], %[[SECOND]]
// CHECK-NEXT: nn.reshape %[[SUM]] : tensor<5x2xf32> to tensor<10xf32>
func.func @exchanged_overlap_add(%x: tensor<4x4xf32>) -> tensor<10xf32> {
  %0 = nn.transpose %x [1, 0] : tensor<4x4xf32>
  %1 = nn.overlap_add %0 along 0 extent 10 stride 2 dilation 1 : tensor<4x4xf32>
  return %1 : tensor<10xf32>
}

// -----

// Few taps are compared one after the other; a window that begins in the padding has its first tap there left out.
// CHECK-LABEL: func.func @max_pool
// CHECK: %[[PADDED:.+]] = nn.pad %{{.*}} low [1] high [0] interior [0] value 0xFFF0000000000000
// CHECK: %[[FIRST:.+]] = nn.slice %[[PADDED]] from [0] to [9] by [2]
// CHECK: nn.constant dense<[1, 0, 0, 0, 0]> : tensor<5xi32>
// CHECK: %[[SECOND:.+]] = nn.slice %[[PADDED]] from [1] to [10] by [2]
// CHECK: %[[LARGER:.+]] = nn.compare gt %[[SECOND]], %[[FIRST]]
// CHECK: %[[NAN:.+]] = nn.compare ne %[[SECOND]], %[[SECOND]]
// CHECK: %[[REPLACES:.+]] = nn.logical_or %[[LARGER]], %[[NAN]]
// CHECK: nn.select %[[REPLACES]], %[[SECOND]], %[[FIRST]]
func.func @max_pool(%x: tensor<9xf32>) -> (tensor<5xf32>, tensor<5xi32>) {
  %0:2 = nn.max_pool %x sizes [2] strides [2] dilations [1] low [1] high [0] : tensor<9xf32>
  return %0#0, %0#1 : tensor<5xf32>, tensor<5xi32>
}

// -----

// Of many taps, the windows are reduced.
// CHECK-LABEL: func.func @max_pool_large
// CHECK: %[[WINDOWS:.+]] = nn.windows %{{.*}} along 0 size 40 stride 1 dilation 1
// CHECK: nn.amax %[[WINDOWS]] over [0]
// CHECK: nn.argmax %[[WINDOWS]] over 0
func.func @max_pool_large(%x: tensor<64xf32>) -> (tensor<25xf32>, tensor<25xi32>) {
  %0:2 = nn.max_pool %x sizes [40] strides [1] dilations [1] low [0] high [0] : tensor<64xf32>
  return %0#0, %0#1 : tensor<25xf32>, tensor<25xi32>
}

// -----

// Each channel by itself: shifted inputs times a number per channel.
// CHECK-LABEL: func.func @depthwise
// CHECK: %[[P:.+]] = nn.pad %arg0 low [0, 0, 1] high [0, 0, 1]
// CHECK: %[[X:.+]] = nn.slice %{{.*}} from [0, 0, 0] to [2, 4, 7] by [1, 1, 2] : tensor<2x4x10xf32>
// CHECK: nn.mul %[[X]], %{{.*}} : tensor<2x4x4xf32>, tensor<1x4x1xf32>
// CHECK: nn.slice %{{.*}} from [0, 0, 1] to [2, 4, 8] by [1, 1, 2]
// CHECK-NOT: nn.correlate
func.func @depthwise(%x: tensor<2x4x8xf32>, %w: tensor<4x1x3xf32>) -> tensor<2x4x4xf32> {
  %0 = nn.convolution %x, %w strides [2] dilations [1] spread [1] low [1] high [1] groups 4 : tensor<2x4x8xf32>, tensor<4x1x3xf32>
  return %0 : tensor<2x4x4xf32>
}

// -----

// The gradient of such weights: a sum for each of them.
// CHECK-LABEL: func.func @depthwise_weights
// CHECK-COUNT-3: nn.sum %{{.*}} over [1, 2] : tensor<4x2x8xf32>
// CHECK: nn.concat %{{.*}} along 1
// CHECK-NOT: nn.correlate
func.func @depthwise_weights(%x: tensor<1x8x8xf32>, %g: tensor<4x2x8xf32>) -> tensor<1x4x3xf32> {
  %0 = nn.convolution %x, %g strides [1] dilations [1] spread [1] low [1] high [1] groups 4 : tensor<1x8x8xf32>, tensor<4x2x8xf32>
  return %0 : tensor<1x4x3xf32>
}
