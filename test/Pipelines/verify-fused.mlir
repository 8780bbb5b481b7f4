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

func.func @result(%x: tensor<4x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{expected results of the domain [4, 4] or of its rows, but got 'tensor<2x4xf32>'}}
  %0 = nn.kernel (%a = %x : tensor<4x4xf32>) -> (tensor<2x4xf32>) domain [4, 4] reduced [1] {
    %1 = nn.slice %a from [0, 0] to [2, 4] by [1, 1] : tensor<4x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  return %0 : tensor<2x4xf32>
}

func.func @parts(%x: tensor<4x4xf32>) -> (tensor<4x8xf32>, tensor<f32>) {
  // expected-error @below {{expected results of the domain [4, 4] or of its rows, but got 'tensor<4x8xf32>'}}
  %0:2 = nn.kernel (%a = %x : tensor<4x4xf32>) -> (tensor<4x8xf32>, tensor<f32>) domain [4, 4] reduced [0, 1] {
    %1 = nn.concat %a, %a along 1 : tensor<4x4xf32>, tensor<4x4xf32>
    %2 = nn.sum %a over [0, 1] : tensor<4x4xf32>
    nn.yield %1, %2 : tensor<4x8xf32>, tensor<f32>
  }
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<f32>
}

func.func @rows(%x: tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4x1xf32>) {
  %0:2 = nn.kernel (%a = %x : tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4x1xf32>) domain [4, 4] reduced [1] {
    %1 = nn.sum %a over [1] : tensor<4x4xf32>
    %2 = nn.amax %a over [1] keepdim : tensor<4x4xf32>
    nn.yield %1, %2 : tensor<4xf32>, tensor<4x1xf32>
  }
  return %0#0, %0#1 : tensor<4xf32>, tensor<4x1xf32>
}

func.func @nothing(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected a compute op in a kernel}}
  %0 = nn.kernel (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) domain [4] reduced [] {
    nn.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

nn.state @M bytes 128 {
  nn.segment "w" parameter : tensor<16xf32> at 64
}
func.func @nested(%x: tensor<16xf32>) {
  %0 = nn.kernel (%a = %x : tensor<16xf32>) -> (tensor<16xf32>) domain [16] reduced [] {
    // expected-error @below {{expected primitives in kernels, but got nn.get_segment}}
    %1 = nn.get_segment @M "w" : tensor<16xf32>
    nn.yield %1 : tensor<16xf32>
  }
  // expected-note @below {{first set here}}
  nn.set_segment @M "w" %0 : tensor<16xf32>
  // expected-error @below {{expected each segment to be set once, but got 'w' again}}
  nn.set_segment @M "w" %0 : tensor<16xf32>
  return
}
