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

func.func @dropouts(%x: tensor<4xf32>, %seed: tensor<i64>, %step: tensor<i64>) {
  // expected-note @below {{first used here}}
  %a = nn.dropout %x p 0.5 seed %seed, %step id 3 : tensor<4xf32>
  // expected-error @below {{expected an id of its own for each random op, but got 3 again}}
  %b = nn.dropout %a p 0.5 seed %seed, %step id 3 : tensor<4xf32>
  return
}

// expected-error @below {{expected tensors of static shape, but got 'tensor<?xf32>'}}
func.func @dynamic(%x: tensor<?xf32>) {
  return
}

func.func @buffer(%x: tensor<4xf32>) {
  // expected-error @below {{expected nn ops in an entry, but got arith.addf}}
  %0 = arith.addf %x, %x : tensor<4xf32>
  return
}

// expected-error @below {{expected an entry of one block, but got 0}}
func.func private @declared(%x: tensor<4xf32>)

func.func @kernel(%x: tensor<4xf32>) {
  // expected-error @below {{expected no kernel before fusion}}
  %0 = nn.kernel (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) domain [4] reduced [] {
    %1 = nn.relu %a : tensor<4xf32>
    nn.yield %1 : tensor<4xf32>
  }
  return
}
