// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops --split-input-file --verify-diagnostics -o /dev/null

// expected-error@+1 {{expected the attributes sinter.domain, sinter.reduced and sinter.tile_sizes on a kernel}}
func.func private @no_domain(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  return
}

// -----

// expected-error@+1 {{expected one tile size per dimension of the domain, but got 2 for 1}}
func.func private @tile_sizes(%x: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4, 4>} {
  return
}

// -----

// expected-error@+1 {{expected a reduced dimension below 1, but got 3}}
func.func private @reduced(%x: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64: 3>, sinter.tile_sizes = array<i64: 4>} {
  return
}

// -----

// expected-error@+1 {{expected a positive tile size, the whole extent for a reduced dimension, but got 2 for dimension 0 of size 4}}
func.func private @split_reduction(%x: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64: 0>, sinter.tile_sizes = array<i64: 2>} {
  return
}

// -----

// expected-error@+1 {{expected a range of tiles as the last two arguments of a kernel}}
func.func private @no_range(%x: memref<4xf32>)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>} {
  return
}

// -----

func.func private @output_shape(%x: memref<4xf32>, %y: memref<2xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = tensor.extract_slice %0[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  // expected-error@+1 {{expected an output of the shape of the domain or of its rows, but got 'tensor<2xf32>'}}
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<2xf32>, memref<2xf32>) -> ()
  return
}

// -----

func.func private @unknown_op(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %zero = arith.constant 0.0 : f32
  %index = arith.constant 0 : index
  // expected-error@+1 {{expected an op of the linalg phase in a kernel, but there is no code for this one}}
  %1 = tensor.insert %zero into %0[%index] : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @uneven_parts(%x: memref<4xf32>, %y: memref<6xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = tensor.empty() : tensor<6xf32>
  %2 = tensor.insert_slice %0 into %1[0] [4] [1] : tensor<4xf32> into tensor<6xf32>
  %3 = tensor.extract_slice %0[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  // expected-error@+1 {{expected a part of the shape of the domain, but got 'tensor<2xf32>'}}
  %4 = tensor.insert_slice %3 into %2[4] [2] [1] : tensor<2xf32> into tensor<6xf32>
  bufferization.materialize_in_destination %4 in restrict writable %y : (tensor<6xf32>, memref<6xf32>) -> ()
  return
}

// -----

func.func private @dynamic(%x: memref<?xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.domain = array<i64: 4>, sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>} {
  // expected-error@+1 {{expected static shapes in a kernel, but got 'tensor<?xf32>'}}
  %0 = bufferization.to_tensor %x restrict : memref<?xf32>
  return
}
