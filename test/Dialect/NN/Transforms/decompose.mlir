// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-decompose --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// The primitives of a layer keep its name.
// CHECK-LABEL: func.func @linear
// CHECK: %[[P:.*]] = nn.matmul %{{.*}}, %{{.*}} transpose_b : {{.*}} loc("nn.linear"
// CHECK: nn.add %[[P]], %{{.*}} loc("nn.linear"
// CHECK-NOT: nn.linear %
func.func @linear(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %b: tensor<5xf32>) -> tensor<4x5xf32> {
  %0 = nn.linear %x, %w bias %b : tensor<4x3xf32>, tensor<5x3xf32>, tensor<5xf32>
  return %0 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @softmax
// CHECK: nn.amax
// CHECK: nn.exp
// CHECK: nn.sum
// CHECK-NOT: nn.softmax %
func.func @softmax(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %0 = nn.softmax %x over 1 : tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}
