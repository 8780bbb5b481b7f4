// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-share-histories | FileCheck %s

// A y that is the new carry is slots 1 to T of the history.
// CHECK-LABEL: func.func @forward
// CHECK: %[[H:.*]], %[[Z:.*]] = nn.scan
// CHECK-SAME: histories(tensor<6x4xf32>) ys(tensor<5x4xf32>) {
// CHECK: nn.scan_yield carries(%[[C:.*]] : tensor<4xf32>) ys(%[[OTHER:.*]] : tensor<4xf32>)
// CHECK: %[[Y:.*]] = nn.slice %[[H]] from [1, 0] to [6, 4] by [1, 1]
// CHECK-NEXT: return %[[Y]], %[[Z]]
func.func @forward(%h: tensor<4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>) {
  %s:3 = nn.scan %t to 5 inits(%c = %h : tensor<4xf32>) -> histories(tensor<6x4xf32>) ys(tensor<5x4xf32>, tensor<5x4xf32>) {
    %0 = nn.tanh %c : tensor<4xf32>
    %1 = nn.exp %c : tensor<4xf32>
    nn.scan_yield carries(%0 : tensor<4xf32>) ys(%0, %1 : tensor<4xf32>, tensor<4xf32>)
  }
  return %s#1, %s#2 : tensor<5x4xf32>, tensor<5x4xf32>
}

// A reverse scan's history is read through one nn.reverse: slot s + 1 is at time T - 1 - s, the final state at time 0, the init at T.
// CHECK-LABEL: func.func @reverse
// CHECK: %[[H:.*]] = nn.scan
// CHECK-SAME: histories(tensor<6x4xf32>) {
// CHECK: %[[T:.*]] = nn.reverse %[[H]] over [0] : tensor<6x4xf32>
// CHECK-DAG: %[[Y:.*]] = nn.slice %[[T]] from [0, 0] to [5, 4] by [1, 1]
// CHECK-DAG: %[[BEFORE:.*]] = nn.slice %[[T]] from [1, 0] to [6, 4] by [1, 1]
// CHECK-DAG: %[[FINAL:.*]] = nn.slice %[[T]] from [0, 0] to [1, 4] by [1, 1]
// CHECK: return %[[Y]], %[[BEFORE]], %[[FINAL]]
func.func @reverse(%h: tensor<4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>, tensor<1x4xf32>) {
  %s:2 = nn.scan %t to 5 reverse inits(%c = %h : tensor<4xf32>) -> histories(tensor<6x4xf32>) ys(tensor<5x4xf32>) {
    %0 = nn.tanh %c : tensor<4xf32>
    nn.scan_yield carries(%0 : tensor<4xf32>) ys(%0 : tensor<4xf32>)
  }
  %0 = nn.slice %s#0 from [0, 0] to [5, 4] by [1, 1] : tensor<6x4xf32>
  %1 = nn.reverse %0 over [0] : tensor<5x4xf32>
  %2 = nn.slice %s#0 from [5, 0] to [6, 4] by [1, 1] : tensor<6x4xf32>
  return %s#1, %1, %2 : tensor<5x4xf32>, tensor<5x4xf32>, tensor<1x4xf32>
}

// Who wants the order of the steps turns it around again.
// CHECK-LABEL: func.func @in_steps
// CHECK: %[[H:.*]] = nn.scan
// CHECK: %[[T:.*]] = nn.reverse %[[H]] over [0]
// CHECK: %[[S:.*]] = nn.reverse %[[T]] over [0]
// CHECK: nn.slice %[[S]] from [0, 0] to [3, 4] by [1, 1]
// CHECK: return %[[S]]
func.func @in_steps(%h: tensor<4xf32>) -> (tensor<6x4xf32>, tensor<3x4xf32>) {
  %s = nn.scan %t to 5 reverse inits(%c = %h : tensor<4xf32>) -> histories(tensor<6x4xf32>) {
    %0 = nn.tanh %c : tensor<4xf32>
    nn.scan_yield carries(%0 : tensor<4xf32>)
  }
  %0 = nn.slice %s from [0, 0] to [3, 4] by [1, 1] : tensor<6x4xf32>
  return %s, %0 : tensor<6x4xf32>, tensor<3x4xf32>
}

// A y that is the carry before the step is slots 0 to T - 1.
// CHECK-LABEL: func.func @before
// CHECK: %[[H:.*]] = nn.scan
// CHECK-SAME: histories(tensor<6x4xf32>) {
// CHECK: nn.slice %[[H]] from [0, 0] to [5, 4] by [1, 1]
func.func @before(%h: tensor<4xf32>) -> tensor<5x4xf32> {
  %s:2 = nn.scan %t to 5 inits(%c = %h : tensor<4xf32>) -> histories(tensor<6x4xf32>) ys(tensor<5x4xf32>) {
    %0 = nn.tanh %c : tensor<4xf32>
    nn.scan_yield carries(%0 : tensor<4xf32>) ys(%c : tensor<4xf32>)
  }
  return %s#1 : tensor<5x4xf32>
}
