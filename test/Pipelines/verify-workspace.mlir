// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Values that lie in the workspace at the same time, and the order of checks.
// RUN: sinter-opt %s --nn-verify-kernels --split-input-file --verify-diagnostics

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func @reuses(%x: memref<4xf32>, %y: memref<4xf32>, %i: memref<4xi64>, %w: memref<64xi8> {nn.role = "workspace"}) {
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<4xf32>
  %1 = nn.buffer_view %w at 16 : memref<64xi8> to memref<4xf32>
  %8 = nn.buffer_view %w at 8 : memref<64xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%x, %0) : memref<4xf32>, memref<4xf32>
  nn.launch @k tiles(1) (%0, %1) : memref<4xf32>, memref<4xf32>
  // The first value is not needed any more.
  nn.launch @k tiles(1) (%1, %0) : memref<4xf32>, memref<4xf32>
  nn.launch @k tiles(1) (%0, %y) : memref<4xf32>, memref<4xf32>
  return
}

// -----

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func private @k8(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 8>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 8>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = nn.relu %0 : tensor<8xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<8xf32>, memref<8xf32>) -> ()
  return
}
func.func @parts(%z: memref<8xf32>, %x: memref<4xf32>, %y: memref<4xf32>, %i: memref<4xi64>, %w: memref<64xi8> {nn.role = "workspace"}) {
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<4xf32>
  %1 = nn.buffer_view %w at 16 : memref<64xi8> to memref<4xf32>
  %8 = nn.buffer_view %w at 8 : memref<64xi8> to memref<4xf32>
  %both = nn.buffer_view %w at 0 : memref<64xi8> to memref<8xf32>
  nn.launch @k tiles(1) (%x, %0) : memref<4xf32>, memref<4xf32>
  nn.launch @k tiles(1) (%x, %1) : memref<4xf32>, memref<4xf32>
  nn.launch @k8 tiles(1) (%both, %z) : memref<8xf32>, memref<8xf32>
  return
}

// -----

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func @unwritten(%x: memref<4xf32>, %y: memref<4xf32>, %i: memref<4xi64>, %w: memref<64xi8> {nn.role = "workspace"}) {
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<4xf32>
  %1 = nn.buffer_view %w at 16 : memref<64xi8> to memref<4xf32>
  %8 = nn.buffer_view %w at 8 : memref<64xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%x, %0) : memref<4xf32>, memref<4xf32>
  // expected-error @below {{expected a slot of the workspace that was written before it is read, but got bytes 16 to 32}}
  nn.launch @k tiles(1) (%1, %y) : memref<4xf32>, memref<4xf32>
  return
}

// -----

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func @overlap(%x: memref<4xf32>, %y: memref<4xf32>, %i: memref<4xi64>, %w: memref<64xi8> {nn.role = "workspace"}) {
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<4xf32>
  %1 = nn.buffer_view %w at 16 : memref<64xi8> to memref<4xf32>
  %8 = nn.buffer_view %w at 8 : memref<64xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%x, %0) : memref<4xf32>, memref<4xf32>
  // expected-note @below {{the other one is written here}}
  nn.launch @k tiles(1) (%x, %8) : memref<4xf32>, memref<4xf32>
  // expected-error @below {{expected slots of the workspace that do not overlap while both are in use, but got bytes 0 to 16 and 8 to 24}}
  nn.launch @k tiles(1) (%0, %y) : memref<4xf32>, memref<4xf32>
  return
}

// -----

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func @late_check(%x: memref<4xf32>, %y: memref<4xf32>, %i: memref<4xi64>, %w: memref<64xi8> {nn.role = "workspace"}) {
  nn.check_index %i below 4 : memref<4xi64>
  // expected-note @below {{written here}}
  nn.launch @k tiles(1) (%x, %y) : memref<4xf32>, memref<4xf32>
  // expected-error @below {{expected checks before what lasts is written}}
  nn.check_index %i below 4 : memref<4xi64>
  return
}
