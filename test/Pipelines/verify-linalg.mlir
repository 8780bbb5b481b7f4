// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-linalg --split-input-file --verify-diagnostics

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  // expected-error @below {{expected linalg on tensors in a kernel, but got nn.relu}}
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

// expected-error @below {{expected a kernel's operands to be contiguous buffers of numbers, but got 'tensor<4xf32>'}}
func.func private @signature(%x: tensor<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

func.func private @inside(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = tensor.empty() : tensor<4xf32>
  // expected-error @below {{expected linalg on tensors in a kernel, but got linalg.generic}}
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%1 : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %c = memref.alloca() : memref<4xf32>
    linalg.yield %a : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
