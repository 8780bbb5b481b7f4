// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-join-pads | FileCheck %s

// Parts of any extent, in any order; what is no part stays a summand.
// CHECK-LABEL: func.func @side_by_side
// CHECK-SAME: (%[[A:.*]]: tensor<4x2xf32>, %[[B:.*]]: tensor<4x3xf32>, %[[C:.*]]: tensor<4x5xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.concat %[[B]], %[[A]] along 1
// CHECK-NEXT: %[[S:.*]] = nn.add %[[C]], %[[Y]]
// CHECK-NEXT: return %[[S]]
func.func @side_by_side(%a: tensor<4x2xf32>, %b: tensor<4x3xf32>, %c: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = nn.pad %a low [0, 3] high [0, 0] interior [0, 0] value 0.0 : tensor<4x2xf32>
  %1 = nn.pad %b low [0, 0] high [0, 2] interior [0, 0] value 0.0 : tensor<4x3xf32>
  %2 = nn.add %0, %c : tensor<4x5xf32>, tensor<4x5xf32>
  %3 = nn.add %2, %1 : tensor<4x5xf32>, tensor<4x5xf32>
  return %3 : tensor<4x5xf32>
}

// Zeros fill the gaps, before, between and behind.
// CHECK-LABEL: func.func @gaps
// CHECK-DAG: %[[ONE:.*]] = nn.constant dense<0.000000e+00> : tensor<1xf32>
// CHECK-DAG: %[[TWO:.*]] = nn.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK-DAG: %[[THREE:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK: nn.concat %[[ONE]], %arg0, %[[TWO]], %arg1, %[[THREE]] along 0
func.func @gaps(%a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<10xf32> {
  %0 = nn.pad %a low [1] high [7] interior [0] value 0.0 : tensor<2xf32>
  %1 = nn.pad %b low [5] high [3] interior [0] value 0.0 : tensor<2xf32>
  %2 = nn.add %0, %1 : tensor<10xf32>, tensor<10xf32>
  return %2 : tensor<10xf32>
}

// Four windows of two, each one further: two that do not overlap are one.
// CHECK-LABEL: func.func @windows
// CHECK: %[[E:.*]] = nn.concat %arg0, %arg2, %{{.*}} along 0 : tensor<2xf32>, tensor<2xf32>, tensor<1xf32>
// CHECK: %[[O:.*]] = nn.concat %{{.*}}, %arg1, %arg3 along 0 : tensor<1xf32>, tensor<2xf32>, tensor<2xf32>
// CHECK: nn.add %[[E]], %[[O]]
// CHECK-NOT: nn.pad
func.func @windows(%a: tensor<2xf32>, %b: tensor<2xf32>, %c: tensor<2xf32>, %d: tensor<2xf32>) -> tensor<5xf32> {
  %0 = nn.pad %a low [0] high [3] interior [0] value 0.0 : tensor<2xf32>
  %1 = nn.pad %b low [1] high [2] interior [0] value 0.0 : tensor<2xf32>
  %2 = nn.pad %c low [2] high [1] interior [0] value 0.0 : tensor<2xf32>
  %3 = nn.pad %d low [3] high [0] interior [0] value 0.0 : tensor<2xf32>
  %4 = nn.add %3, %2 : tensor<5xf32>, tensor<5xf32>
  %5 = nn.add %4, %1 : tensor<5xf32>, tensor<5xf32>
  %6 = nn.add %5, %0 : tensor<5xf32>, tensor<5xf32>
  return %6 : tensor<5xf32>
}

// Elements of rows: parts in one place are summed, and that sum is one of parts again.
// CHECK-LABEL: func.func @elements
// CHECK: %[[ROW:.*]] = nn.concat %arg0, %arg1 along 1
// CHECK: nn.concat %[[ROW]], %{{.*}} along 0 : tensor<1x2xf32>, tensor<2x2xf32>
// CHECK-NOT: nn.add
func.func @elements(%a: tensor<1x1xf32>, %b: tensor<1x1xf32>) -> tensor<3x2xf32> {
  %0 = nn.pad %a low [0, 0] high [0, 1] interior [0, 0] value 0.0 : tensor<1x1xf32>
  %1 = nn.pad %b low [0, 1] high [0, 0] interior [0, 0] value 0.0 : tensor<1x1xf32>
  %2 = nn.pad %0 low [0, 0] high [2, 0] interior [0, 0] value 0.0 : tensor<1x2xf32>
  %3 = nn.pad %1 low [0, 0] high [2, 0] interior [0, 0] value 0.0 : tensor<1x2xf32>
  %4 = nn.add %2, %3 : tensor<3x2xf32>, tensor<3x2xf32>
  return %4 : tensor<3x2xf32>
}

// They overlap, have another value around or zeros between their elements, or are read otherwise too.
// CHECK-LABEL: func.func @not_joined
// CHECK-NOT: nn.concat
func.func @not_joined(%a: tensor<2xf32>) -> (tensor<3xf32>, tensor<4xf32>, tensor<5xf32>, tensor<6xf32>, tensor<6xf32>) {
  %0 = nn.pad %a low [1] high [0] interior [0] value 0.0 : tensor<2xf32>
  %1 = nn.pad %a low [0] high [1] interior [0] value 0.0 : tensor<2xf32>
  %2 = nn.add %0, %1 : tensor<3xf32>, tensor<3xf32>
  %3 = nn.pad %a low [2] high [0] interior [0] value 0.0 : tensor<2xf32>
  %4 = nn.pad %a low [0] high [2] interior [0] value 1.0 : tensor<2xf32>
  %5 = nn.add %3, %4 : tensor<4xf32>, tensor<4xf32>
  %6 = nn.pad %a low [0] high [2] interior [1] value 0.0 : tensor<2xf32>
  %7 = nn.pad %a low [3] high [0] interior [0] value 0.0 : tensor<2xf32>
  %8 = nn.add %6, %7 : tensor<5xf32>, tensor<5xf32>
  %9 = nn.pad %a low [0] high [4] interior [0] value 0.0 : tensor<2xf32>
  %10 = nn.exp %9 : tensor<6xf32>
  %11 = nn.add %9, %10 : tensor<6xf32>, tensor<6xf32>
  %12 = nn.pad %a low [4] high [0] interior [0] value 0.0 : tensor<2xf32>
  %13 = nn.add %11, %12 : tensor<6xf32>, tensor<6xf32>
  return %2, %5, %8, %11, %13 : tensor<3xf32>, tensor<4xf32>, tensor<5xf32>, tensor<6xf32>, tensor<6xf32>
}
