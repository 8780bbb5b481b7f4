// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-split-concats="max-parts=2" | FileCheck %s

// Groups of groups; one part is no group.
// CHECK-LABEL: func.func @five
// CHECK: %[[A:.*]] = nn.concat %arg0, %arg1 along 0
// CHECK: %[[B:.*]] = nn.concat %arg0, %arg1 along 0
// CHECK: %[[C:.*]] = nn.concat %[[A]], %[[B]] along 0
// CHECK: %[[D:.*]] = nn.concat %[[C]], %arg0 along 0 : tensor<8xf32>, tensor<2xf32>
// CHECK: return %[[D]]
func.func @five(%a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<10xf32> {
  %0 = nn.concat %a, %b, %a, %b, %a along 0 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  return %0 : tensor<10xf32>
}

// CHECK-LABEL: func.func @two
// CHECK-NEXT: nn.concat %arg0, %arg1 along 0
// CHECK-NEXT: return
func.func @two(%a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<4xf32> {
  %0 = nn.concat %a, %b along 0 : tensor<2xf32>, tensor<2xf32>
  return %0 : tensor<4xf32>
}
