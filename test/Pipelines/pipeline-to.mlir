// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Phase by phase gives what one run gives, and so does an unedited dump.
// RUN: sinter-opt %s --nn-pipeline-to="phase=llvm" -o %t.whole
// RUN: sinter-opt %s --nn-pipeline-to="phase=fused" | sinter-opt --nn-pipeline-to="from=fused phase=kernels" \
// RUN:   | sinter-opt --nn-pipeline-to="from=kernels phase=linalg" | sinter-opt --nn-pipeline-to="from=linalg phase=loops" \
// RUN:   | sinter-opt --nn-pipeline-to="from=loops phase=llvm" -o %t.parts
// RUN: diff %t.whole %t.parts
// RUN: sinter-opt %s --nn-pipeline-to="phase=kernels optimize=false" | FileCheck %s --check-prefix=REFERENCE
// RUN: sinter-opt %s --nn-pipeline-to="phase=llvm optimize=false" -o /dev/null

// REFERENCE: nn.launch @matmul_64x10 tiles(1)
// REFERENCE: nn.launch @add_64x10 tiles(1)
// REFERENCE: nn.launch @relu_64x10 tiles(1)
module attributes {nn.model = "net"} {
  func.func @f(%x: tensor<64x784xf32> {nn.name = "x"}, %w: tensor<10x784xf32> {nn.name = "w"}, %b: tensor<10xf32> {nn.name = "b"})
      -> (tensor<64x10xf32> {nn.name = "y"}) attributes {nn.entry = "f"} {
    %0 = nn.linear %x, %w bias %b : tensor<64x784xf32>, tensor<10x784xf32>, tensor<10xf32>
    %1 = nn.relu %0 : tensor<64x10xf32>
    return %1 : tensor<64x10xf32>
  }
}
