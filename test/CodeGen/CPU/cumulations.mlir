// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops --sinter-verify-loops | FileCheck %s
// RUN: sinter-opt %s --sinter-reference-loops | FileCheck %s --check-prefix=REFERENCE

#full = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// Along contiguous rows, of which there are too few for vectors: one scalar loop per row, which stores as it goes.
// CHECK-LABEL: func.func private @rows
// CHECK-NOT:   vector
// CHECK:       scf.for %{{.+}} iter_args(%[[SUM:.+]] = %{{.+}}) -> (f64)
// CHECK:       %[[X:.+]] = memref.load
// CHECK:       %[[WIDE:.+]] = arith.extf %[[X]]
// CHECK:       %[[NEXT:.+]] = arith.addf %[[SUM]], %[[WIDE]] : f64
// CHECK:       %[[Y:.+]] = arith.truncf %[[NEXT]]
// CHECK:       memref.store %[[Y]]
// CHECK:       scf.yield %[[NEXT]]
// The reference schedule has the accumulator in a register, too.
// REFERENCE-LABEL: func.func private @rows
// REFERENCE-NOT:   memref.alloc
// REFERENCE:       scf.for
// REFERENCE:       scf.for %{{.+}} iter_args(%[[SUM:.+]] = %{{.+}}) -> (f64)
// REFERENCE:       memref.store
// REFERENCE:       scf.yield
func.func private @rows(%x: memref<2x500xf32>, %y: memref<2x500xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 2, 500>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 2, 500>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f64
  %0 = bufferization.to_tensor %x restrict : memref<2x500xf32>
  %1 = tensor.empty() : tensor<2x500xf32>
  %2 = tensor.empty() : tensor<2xf64>
  %3 = linalg.fill ins(%zero : f64) outs(%2 : tensor<2xf64>) -> tensor<2xf64>
  %4:2 = linalg.generic {indexing_maps = [#full, #full, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<2x500xf32>) outs(%1, %3 : tensor<2x500xf32>, tensor<2xf64>) {
  ^bb0(%a: f32, %b: f32, %s: f64):
    %5 = arith.extf %a : f32 to f64
    %6 = arith.addf %s, %5 : f64
    %7 = arith.truncf %6 : f64 to f32
    linalg.yield %7, %6 : f32, f64
  } -> (tensor<2x500xf32>, tensor<2xf64>)
  bufferization.materialize_in_destination %4#0 in restrict writable %y : (tensor<2x500xf32>, memref<2x500xf32>) -> ()
  return
}

// Down columns: vectors of neighbouring columns.
// CHECK-LABEL: func.func private @columns
// CHECK:       scf.for {{.+}} iter_args({{.+}}) -> (vector<8xf64>
// CHECK:       vector.load
// CHECK:       arith.addf %{{.+}} : vector<8xf64>
// CHECK:       vector.store
func.func private @columns(%x: memref<500x64xf32>, %y: memref<500x64xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 500, 64>,
                sinter.reduced = array<i64: 0>, sinter.tile_sizes = array<i64: 500, 64>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f64
  %0 = bufferization.to_tensor %x restrict : memref<500x64xf32>
  %1 = tensor.empty() : tensor<500x64xf32>
  %2 = tensor.empty() : tensor<64xf64>
  %3 = linalg.fill ins(%zero : f64) outs(%2 : tensor<64xf64>) -> tensor<64xf64>
  %4:2 = linalg.generic {indexing_maps = [#full, #full, #column], iterator_types = ["reduction", "parallel"]}
      ins(%0 : tensor<500x64xf32>) outs(%1, %3 : tensor<500x64xf32>, tensor<64xf64>) {
  ^bb0(%a: f32, %b: f32, %s: f64):
    %5 = arith.extf %a : f32 to f64
    %6 = arith.addf %s, %5 : f64
    %7 = arith.truncf %6 : f64 to f32
    linalg.yield %7, %6 : f32, f64
  } -> (tensor<500x64xf32>, tensor<64xf64>)
  bufferization.materialize_in_destination %4#0 in restrict writable %y : (tensor<500x64xf32>, memref<500x64xf32>) -> ()
  return
}
