// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops | FileCheck %s
// RUN: sinter-opt %s --sinter-emit-loops=vector-bytes=32 | FileCheck %s --check-prefix=AVX2

#id = affine_map<(d0) -> (d0)>
#scalar = affine_map<(d0) -> ()>

// Four vectors at a time, then the rest, then a mask; the tail of the last tile
// is another one, and what does not vary is loaded as a scalar.
// CHECK-LABEL: func.func private @scale
// CHECK-SAME:    memref<150xf32> {llvm.noalias}
// CHECK-NOT:   tensor
// CHECK:       vector.constant_mask [4] : vector<16xi1>
// CHECK:       scf.for %[[T:.+]] = %{{.+}} to %{{.+}} step
// CHECK:         scf.if
// CHECK:           vector.maskedload
// CHECK:           vector.maskedstore
// CHECK:         } else {
// CHECK:           memref.load %{{.+}}[] : memref<f32>
// CHECK-COUNT-4:   vector.store {{.*}} vector<16xf32>
// CHECK:           vector.store {{.*}} vector<16xf32>
// CHECK:           vector.maskedload
// CHECK:           vector.maskedstore
// AVX2:          vector<8xf32>
// AVX2-NOT:      vector<16xf32>
func.func private @scale(%x: memref<150xf32>, %s: memref<f32>, %y: memref<150xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 150>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 84>, sinter.tiles = 2 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<150xf32>
  %1 = bufferization.to_tensor %s restrict : memref<f32>
  %2 = tensor.empty() : tensor<150xf32>
  %3 = linalg.generic {indexing_maps = [#id, #scalar, #id], iterator_types = ["parallel"]}
      ins(%0, %1 : tensor<150xf32>, tensor<f32>) outs(%2 : tensor<150xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %4 = arith.mulf %a, %b : f32
    linalg.yield %4 : f32
  } -> tensor<150xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<150xf32>, memref<150xf32>) -> ()
  return
}

// A fused producer is code at its use: one load, no intermediate buffer.
// CHECK-LABEL: func.func private @chain
// CHECK-NOT:   memref.alloc
// CHECK:       %[[X:.+]] = vector.load
// CHECK-NEXT:  %[[E:.+]] = math.exp %[[X]] : vector<16xf32>
// CHECK-NEXT:  %[[S:.+]] = arith.addf %[[E]], %[[X]]
// CHECK-NEXT:  vector.store %[[S]]
// CHECK-NOT:   vector.load
func.func private @chain(%x: memref<16xf32>, %y: memref<16xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 16>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 16>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<16xf32>
  %1 = tensor.empty() : tensor<16xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<16xf32>) outs(%1 : tensor<16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %4 = math.exp %a : f32
    linalg.yield %4 : f32
  } -> tensor<16xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%2, %0 : tensor<16xf32>, tensor<16xf32>) outs(%1 : tensor<16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %4 = arith.addf %a, %b : f32
    linalg.yield %4 : f32
  } -> tensor<16xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<16xf32>, memref<16xf32>) -> ()
  return
}

// Booleans are bytes in memory.
// CHECK-LABEL: func.func private @is_positive
// CHECK:       %[[BYTES:.+]] = builtin.unrealized_conversion_cast %{{.+}} : memref<16xi1> to memref<16xi8>
// CHECK:       %[[C:.+]] = arith.cmpf ogt
// CHECK:       %[[B:.+]] = arith.extui %[[C]] : vector<16xi1> to vector<16xi8>
// CHECK:       vector.store %[[B]], %[[BYTES]]
func.func private @is_positive(%x: memref<16xf32>, %y: memref<16xi1>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 16>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 16>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<16xf32>
  %1 = tensor.empty() : tensor<16xi1>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<16xf32>) outs(%1 : tensor<16xi1>) {
  ^bb0(%a: f32, %o: i1):
    %4 = arith.cmpf ogt, %a, %zero : f32
    linalg.yield %4 : i1
  } -> tensor<16xi1>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<16xi1>, memref<16xi1>) -> ()
  return
}
