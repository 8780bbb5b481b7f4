// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What fusion decided stays at the kernels, each reason once, and goes with their calls.

// RUN: sinter-opt %s --nn-decompose --nn-fuse="remarks=true" | FileCheck %s
// RUN: sinter-opt %s --nn-decompose --nn-fuse="remarks=true" --nn-outline-kernels | FileCheck %s --check-prefix=CALL
// RUN: sinter-opt %s --nn-decompose --nn-fuse | FileCheck %s --check-prefix=NONE
// NONE-NOT: nn.fusion

// CHECK-LABEL: func.func @remarks
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = ["fused nn.linear, nn.relu"]}
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = ["not fused: nn.sum needs all rows of nn.linear"]}
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = ["not fused: nn.matmul reads other elements of nn.relu than it computes"]}
// CALL-LABEL: func.func @remarks
// CALL:         call @{{.*}} {nn.fusion = ["fused nn.linear, nn.relu"]}
func.func @remarks(%x: tensor<64x784xf32>, %w: tensor<128x784xf32>, %b: tensor<128xf32>) -> (tensor<128xf32>, tensor<64x64xf32>) {
  %0 = nn.linear %x, %w bias %b : tensor<64x784xf32>, tensor<128x784xf32>, tensor<128xf32>
  %1 = nn.relu %0 : tensor<64x128xf32>
  %2 = nn.sum %1 over [0] : tensor<64x128xf32>
  %3 = nn.matmul %1, %1 transpose_b : tensor<64x128xf32>, tensor<64x128xf32>
  return %2, %3 : tensor<128xf32>, tensor<64x64xf32>
}

// CHECK-LABEL: func.func @reductions
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = []}
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = ["fused nn.sub, nn.sum", "not fused: nn.sum and nn.sum reduce over different dimensions"]}
func.func @reductions(%x: tensor<64x128xf32>) -> tensor<64x128xf32> {
  %0 = nn.sum %x over [1] keepdim : tensor<64x128xf32>
  %1 = nn.sub %x, %0 : tensor<64x128xf32>, tensor<64x1xf32>
  %2 = nn.sum %1 over [0] keepdim : tensor<64x128xf32>
  %3 = nn.sub %1, %2 : tensor<64x128xf32>, tensor<1x128xf32>
  return %3 : tensor<64x128xf32>
}

// A part of a layer says of which; parts of one layer are called what they are in it, other layers of its kind others.
// CHECK-LABEL: func.func @layers
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = ["of nn.linear"]}
// CHECK:         nn.kernel {{.*}} attributes {nn.fusion = ["of nn.linear", "not fused: nn.linear reads other elements of another nn.linear than it computes"]}
func.func @layers(%x: tensor<64x16xf32>, %w: tensor<16x16xf32>, %b: tensor<16xf32>) -> tensor<64x16xf32> {
  %0 = nn.linear %x, %w bias %b : tensor<64x16xf32>, tensor<16x16xf32>, tensor<16xf32>
  %1 = nn.linear %0, %w bias %b : tensor<64x16xf32>, tensor<16x16xf32>, tensor<16xf32>
  return %1 : tensor<64x16xf32>
}
