// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-decompose --nn-fuse="remarks=true" --verify-diagnostics --mlir-print-op-on-diagnostic=false

func.func @remarks(%x: tensor<64x784xf32>, %w: tensor<128x784xf32>, %b: tensor<128xf32>) -> (tensor<128xf32>, tensor<64x64xf32>) {
  // expected-remark @below {{fused nn.linear, nn.relu into one kernel}}
  %0 = nn.linear %x, %w bias %b : tensor<64x784xf32>, tensor<128x784xf32>, tensor<128xf32>
  %1 = nn.relu %0 : tensor<64x128xf32>
  // expected-remark @below {{not fused: nn.sum needs all rows of nn.linear}}
  %2 = nn.sum %1 over [0] : tensor<64x128xf32>
  // expected-remark @below {{not fused: nn.matmul reads other elements of nn.relu than it computes}}
  %3 = nn.matmul %1, %1 transpose_b : tensor<64x128xf32>, tensor<64x128xf32>
  return %2, %3 : tensor<128xf32>, tensor<64x64xf32>
}

func.func @reductions(%x: tensor<64x128xf32>) -> tensor<64x128xf32> {
  // expected-remark @below {{fused nn.sum, nn.sub into one kernel}}
  %0 = nn.sum %x over [1] keepdim : tensor<64x128xf32>
  %1 = nn.sub %x, %0 : tensor<64x128xf32>, tensor<64x1xf32>
  // expected-remark @below {{fused nn.sum, nn.sub into one kernel}}
  // expected-remark @below {{not fused: nn.sum and nn.sum reduce over different dimensions}}
  %2 = nn.sum %1 over [0] keepdim : tensor<64x128xf32>
  // expected-remark @below {{not fused: nn.sum and nn.sum reduce over different dimensions}}
  %3 = nn.sub %1, %2 : tensor<64x128xf32>, tensor<1x128xf32>
  return %3 : tensor<64x128xf32>
}
