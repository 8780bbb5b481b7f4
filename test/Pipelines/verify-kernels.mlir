// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-kernels --verify-diagnostics

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// expected-error @below {{expected kernels to be private functions in destination style}}
func.func @public(%begin: index, %end: index) attributes {sinter.kernel} {
  return
}

// expected-error @below {{expected the attribute 'sinter.inputs' on a kernel}}
func.func private @bare(%begin: index, %end: index) attributes {sinter.kernel} {
  return
}

func.func @entry(%x: memref<4xf32>, %d: memref<4xf64>, %w: memref<64xi8>) {
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
  // expected-error @below {{expected launches, views, checks and constants in an entry, but got memref.alloc}}
  %a = memref.alloc() : memref<4xf32>
  return
}
