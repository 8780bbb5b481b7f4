// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-fused --verify-diagnostics

func.func @outside(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{expected every compute op in a kernel, but got nn.relu outside}}
  %0 = nn.relu %x : tensor<4x4xf32>
  %1 = nn.kernel (%a = %0 : tensor<4x4xf32>) -> (tensor<4x4xf32>) domain [4, 4] reduced [1] {
    // expected-error @below {{expected primitives in kernels, but got nn.softmax}}
    %2 = nn.softmax %a over 1 : tensor<4x4xf32>
    nn.yield %2 : tensor<4x4xf32>
  }
  return %1 : tensor<4x4xf32>
}
