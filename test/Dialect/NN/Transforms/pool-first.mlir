// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: sinter-opt %s --nn-pool-first | FileCheck %s

// CHECK-LABEL: func.func @swapped
// CHECK: %[[Y:.*]], %{{.*}} = nn.max_pool %arg0
// CHECK: %[[Z:.*]] = nn.relu %[[Y]] : tensor<3x4x3xf32>
// CHECK: return %[[Z]]
func.func @swapped(%x: tensor<3x4x9xf32>) -> tensor<3x4x3xf32> {
  %0 = nn.relu %x : tensor<3x4x9xf32>
  %1:2 = nn.max_pool %0 sizes [3] strides [3] dilations [1] low [0] high [0] : tensor<3x4x9xf32>
  return %1#0 : tensor<3x4x3xf32>
}

// What else is read stays: the rectified tensor, and which of its elements is the first of those that are 0.
// CHECK-LABEL: func.func @kept
// CHECK: %[[X:.*]] = nn.relu %arg0
// CHECK: nn.max_pool %[[X]]
// CHECK: %[[Y:.*]] = nn.relu %arg1
// CHECK: nn.max_pool %[[Y]]
func.func @kept(%x: tensor<9xf32>, %y: tensor<9xf32>) -> (tensor<9xf32>, tensor<3xf32>, tensor<3xi32>) {
  %0 = nn.relu %x : tensor<9xf32>
  %1:2 = nn.max_pool %0 sizes [3] strides [3] dilations [1] low [0] high [0] : tensor<9xf32>
  %2 = nn.relu %y : tensor<9xf32>
  %3:2 = nn.max_pool %2 sizes [3] strides [3] dilations [1] low [0] high [0] : tensor<9xf32>
  return %0, %1#0, %3#1 : tensor<9xf32>, tensor<3xf32>, tensor<3xi32>
}
