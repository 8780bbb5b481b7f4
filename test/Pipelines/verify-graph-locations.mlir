// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: not sinter-opt %s --nn-verify-graph 2>&1 | FileCheck %s
// RUN: sinter-opt %s --nn-verify-graph="require-locations=false" -o /dev/null

// CHECK: error: expected a source location on every op, but got none on nn.relu
func.func @located(%x: tensor<4xf32>) {
  %0 = nn.relu %x : tensor<4xf32> loc(unknown)
  return
}
