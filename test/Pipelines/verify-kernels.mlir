// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-kernels --split-input-file --verify-diagnostics

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

func.func @entry(%x: memref<4xf32>, %d: memref<4xf64>, %w: memref<64xi8>, %y: memref<4xf32>) {
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<4xf32>
  %1 = nn.buffer_view %w at 12 : memref<64xi8> to memref<4xf32>
  %2 = nn.buffer_view %w at 16 : memref<64xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%0, %2) : memref<4xf32>, memref<4xf32>
  // expected-error @below {{expected operands that do not overlap, but got 0 and 1 in the same bytes}}
  nn.launch @k tiles(1) (%0, %1) : memref<4xf32>, memref<4xf32>
  // expected-error @below {{expected operands of the kernel's types}}
  nn.launch @k tiles(1) (%x, %d) : memref<4xf32>, memref<4xf64>
  // expected-error @below {{expected a kernel function, but got 'entry'}}
  nn.launch @entry tiles(1) (%x) : memref<4xf32>
  // expected-error @below {{expected the kernel's 1 tiles, but got 2}}
  nn.launch @k tiles(2) (%x, %y) : memref<4xf32>, memref<4xf32>
  // expected-error @below {{expected launches, loops, views, checks and constants in an entry, but got memref.alloc}}
  %a = memref.alloc() : memref<4xf32>
  return
}

// -----

// expected-error @below {{expected kernels to be private functions in destination style}}
func.func @public(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected kernels to be private functions in destination style}}
func.func private @result(%x: memref<4xf32>, %begin: index, %end: index) -> memref<4xf32>
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return %x : memref<4xf32>
}

// -----

// expected-error @below {{expected the attribute 'sinter.inputs' on a kernel, a number of 0 or more}}
func.func private @bare(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel} {
  return
}

// -----

// expected-error @below {{expected the attribute 'sinter.inouts' on a kernel, a number of 0 or more}}
func.func private @negative(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = -1 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected the attribute 'sinter.domain' on a kernel, an array of numbers}}
func.func private @domain(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = 4 : i64,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected the attribute 'sinter.tiles' on a kernel, a number of 0 or more}}
func.func private @tiles(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = "1"} {
  return
}

// -----

// expected-error @below {{expected at most 2 inputs and in-outs, but got 2 and 1}}
func.func private @many(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 1 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected a kernel's last parameters to be a range of tiles}}
func.func private @range(%x: memref<4xf32>, %y: memref<4xf32>)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected a kernel's operands to be contiguous buffers of numbers, but got 'memref<?xf32>'}}
func.func private @dynamic(%x: memref<?xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected a kernel's operands to be contiguous buffers of numbers, but got 'tensor<4xf32>'}}
func.func private @tensor(%x: tensor<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected sorted reduced dimensions of the domain [4], but got [1]}}
func.func private @reduced(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected tile sizes that divide the domain [4] into 2 tiles and no reduced dimension, but got [4]}}
func.func private @count(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 2 : i64} {
  return
}

// -----

// expected-error @below {{expected tile sizes that divide the domain [4] into 1 tiles and no reduced dimension, but got [0]}}
func.func private @zero(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 0>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected tile sizes that divide the domain [4] into 1 tiles and no reduced dimension, but got [4, 4]}}
func.func private @rank(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4, 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected tile sizes that divide the domain [4] into 1 tiles and no reduced dimension, but got [2]}}
func.func private @split(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64: 0>, sinter.tile_sizes = array<i64: 2>, sinter.tiles = 1 : i64} {
  return
}

// -----

// expected-error @below {{expected a kernel to write each of its in-outs and outputs once, and no input, but got none written for operand 1}}
func.func private @nothing_written(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

func.func private @input_written(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  // expected-error @below {{expected a kernel to write each of its in-outs and outputs once, and no input}}
  bufferization.materialize_in_destination %0 in restrict writable %x : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @written_twice(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  bufferization.materialize_in_destination %0 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  // expected-error @below {{expected a kernel to write each of its in-outs and outputs once, and no input}}
  bufferization.materialize_in_destination %0 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @layer(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  // expected-error @below {{expected primitives in a kernel, but got nn.softmax}}
  %1 = nn.softmax %0 over 0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @allocates(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  // expected-error @below {{expected primitives in a kernel, but got memref.alloc}}
  %a = memref.alloc() : memref<4xf32>
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  bufferization.materialize_in_destination %0 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

memref.global "private" constant @c : memref<4xf32> = dense<1.0>
func.func private @reads(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  // expected-error @below {{expected primitives in a kernel, but got memref.get_global}}
  %g = memref.get_global @c : memref<4xf32>
  // expected-error @below {{expected a kernel to read its operands}}
  %0 = bufferization.to_tensor %g restrict : memref<4xf32>
  bufferization.materialize_in_destination %0 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func @branches(%x: memref<4xf32>) {
  // expected-error @above {{expected an entry of one block without results}}
  cf.br ^bb1
^bb1:
  return
}

// -----

memref.global "private" @variable : memref<4xf32> = dense<1.0>
func.func @constant() {
  // expected-error @below {{expected a constant of the module, but got 'variable'}}
  %0 = memref.get_global @variable : memref<4xf32>
  return
}
