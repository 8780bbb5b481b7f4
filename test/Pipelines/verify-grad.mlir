// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-grad --verify-diagnostics

nn.state @M bytes 128 {
  nn.segment "trainer.step" header : tensor<i64> at 0
  nn.segment "w" parameter : tensor<16xf32> at 64
}

func.func @gradient(%x: tensor<f32>) {
  // expected-error @below {{expected no nn.gradient after autodiff}}
  %0 = nn.gradient %x wrt %x : tensor<f32>, tensor<f32>
  return
}

func.func @twice(%a: tensor<16xf32>) {
  // expected-note @below {{first set here}}
  nn.set_segment @M "w" %a : tensor<16xf32>
  // expected-error @below {{expected each segment to be set once, but got 'w' again}}
  nn.set_run @M "parameter" %a : tensor<16xf32>
  return
}
