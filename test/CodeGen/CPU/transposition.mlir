// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops --sinter-verify-loops | FileCheck %s

// Sixteen rows are read along the operand's lines and transposed in registers.
// CHECK-LABEL: func.func private @transpose
// CHECK-NOT:     vector.gather
// CHECK-COUNT-16: vector.load {{.*}} : memref<128x64xf32>, vector<16xf32>
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store {{.*}} : memref<64x128xf32>, vector<16xf32>
func.func private @transpose(%x: memref<128x64xf32>, %y: memref<64x128xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 64, 128>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 64, 128>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<128x64xf32>
  %1 = tensor.empty() : tensor<64x128xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<128x64xf32>) outs(%1 : tensor<64x128xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<64x128xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<64x128xf32>, memref<64x128xf32>) -> ()
  return
}
