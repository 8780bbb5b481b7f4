// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A step of a scan computes in kernels alone, like an entry.
// RUN: sinter-opt %s --nn-verify-fused --split-input-file --verify-diagnostics

func.func @kernels(%h: tensor<4xf32>) -> tensor<4x4xf32> {
  %s = nn.scan %t to 3 inits(%c = %h : tensor<4xf32>) -> histories(tensor<4x4xf32>) {
    %0 = nn.kernel (%a = %c : tensor<4xf32>) -> (tensor<4xf32>) domain [4] reduced [] {
      %1 = nn.exp %a : tensor<4xf32>
      nn.yield %1 : tensor<4xf32>
    }
    nn.scan_yield carries(%0 : tensor<4xf32>)
  }
  return %s : tensor<4x4xf32>
}

// -----

func.func @outside(%h: tensor<4xf32>) -> tensor<4x4xf32> {
  %s = nn.scan %t to 3 inits(%c = %h : tensor<4xf32>) -> histories(tensor<4x4xf32>) {
    // expected-error@+1 {{expected every compute op in a kernel, but got nn.exp outside}}
    %0 = nn.exp %c : tensor<4xf32>
    nn.scan_yield carries(%0 : tensor<4xf32>)
  }
  return %s : tensor<4x4xf32>
}
