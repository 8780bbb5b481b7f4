// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-linalg --verify-diagnostics

func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {sinter.kernel} {
  // expected-error @below {{expected no nn op in a kernel after the lowering to linalg, but got nn.relu}}
  %0 = nn.relu %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
