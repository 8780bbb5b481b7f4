// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-graph --verify-diagnostics

func.func @draws(%seed: tensor<i64>, %step: tensor<i64>) {
  // expected-note @below {{first used here}}
  %a = nn.random_uniform %seed, %step id 3 : tensor<4xf32>
  %same = nn.random_uniform %seed, %step id 3 : tensor<4xf32>
  // expected-error @below {{expected an id of its own for each random op, but got 3 again}}
  %b = nn.random_uniform %seed, %step id 3 : tensor<8xf32>
  return
}
