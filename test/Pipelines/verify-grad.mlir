// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-grad --verify-diagnostics

nn.state @M bytes 256 {
  nn.segment "trainer.step" header : tensor<i64> at 0
  nn.segment "w" parameter : tensor<16xf32> at 64
  nn.segment "b" parameter : tensor<4xf32> at 128
}

func.func @gradient(%x: tensor<f32>) {
  // expected-error @below {{expected no nn.gradient after autodiff}}
  %0 = nn.gradient %x wrt %x : tensor<f32>, tensor<f32>
  return
}

func.func @twice(%a: tensor<16xf32>, %run: tensor<32xf32>) {
  // expected-note @below {{first set here}}
  nn.set_segment @M "w" %a : tensor<16xf32>
  // expected-error @below {{expected each segment to be set once, but got 'w' again}}
  nn.set_run @M "parameter" %run : tensor<32xf32>
  return
}

// A step of the optimizer.
func.func @whole_run(%run: tensor<32xf32>) attributes {nn.state = @M, nn.updates} {
  nn.set_run @M "parameter" %run : tensor<32xf32>
  return
}

func.func @frozen(%b: tensor<4xf32>) attributes {nn.state = @M, nn.updates, nn.frozen = ["w"]} {
  nn.set_segment @M "b" %b : tensor<4xf32>
  return
}

// expected-error @below {{expected each parameter to be updated or listed as frozen, but got 'w' neither updated nor frozen}}
func.func @forgotten(%b: tensor<4xf32>) attributes {nn.state = @M, nn.updates} {
  nn.set_segment @M "b" %b : tensor<4xf32>
  return
}

// expected-error @below {{expected each parameter to be updated or listed as frozen, but got 'w' updated and frozen}}
func.func @both(%run: tensor<32xf32>) attributes {nn.state = @M, nn.updates, nn.frozen = ["w"]} {
  nn.set_run @M "parameter" %run : tensor<32xf32>
  return
}

// expected-error @below {{expected frozen parameters of the state, but got 'v'}}
func.func @unknown(%run: tensor<32xf32>) attributes {nn.state = @M, nn.updates, nn.frozen = ["v"]} {
  nn.set_run @M "parameter" %run : tensor<32xf32>
  return
}

// expected-error @below {{expected an entry that updates parameters to have a state}}
func.func @no_state() attributes {nn.updates} {
  return
}

// Frozen parameters are no part of the run, and nothing sets them.
nn.state @F bytes 256 {
  nn.segment "w" parameter : tensor<16xf32> at 64
  nn.segment "b" frozen : tensor<4xf32> at 128
}

func.func @rest(%run: tensor<16xf32>) attributes {nn.state = @F, nn.updates, nn.frozen = ["b"]} {
  nn.set_run @F "parameter" %run : tensor<16xf32>
  return
}

// expected-error @below {{expected each parameter to be updated or listed as frozen, but got 'b' neither updated nor frozen}}
func.func @unlisted(%run: tensor<16xf32>) attributes {nn.state = @F, nn.updates} {
  nn.set_run @F "parameter" %run : tensor<16xf32>
  return
}
