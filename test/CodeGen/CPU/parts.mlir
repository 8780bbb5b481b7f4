// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// A comparison of an index cuts the domain into parts; in each the index is
// affine, and nothing is gathered. Within a vector that has a border in it, a
// mask keeps what lies outside from being read.
// CHECK-LABEL: func.func private @pad
// CHECK-NOT:   vector.gather
// The row before the first: zeros.
// CHECK:       vector.store %{{.+}}, %{{.+}}[%c0, %{{.+}}] : memref<10x66xf32>
// CHECK:       scf.for %[[R:.+]] = %c1 to %c9
// CHECK:         %[[ROW:.+]] = arith.addi %[[R]], %c-1
// CHECK:         vector.maskedload %{{.+}}[%[[ROW]], %c-1{{.*}}]
// CHECK:         vector.load %{{.+}} : memref<8x64xf32>, vector<16xf32>
// The row after the last.
// CHECK:       vector.store %{{.+}}, %{{.+}}[%c9, %{{.+}}] : memref<10x66xf32>
func.func private @pad(%x: memref<8x64xf32>, %y: memref<10x66xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 10, 66>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 10, 66>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8x64xf32>
  %1 = tensor.empty() : tensor<10x66xf32>
  %2 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%1 : tensor<10x66xf32>) {
  ^bb0(%o: f32):
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c7 = arith.constant 7 : index
    %c63 = arith.constant 63 : index
    %zero = arith.constant 0.0 : f32
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %i1 = arith.subi %i, %c1 : index
    %iInside = arith.cmpi ule, %i1, %c7 : index
    %iSafe = arith.select %iInside, %i1, %c0 : index
    %j1 = arith.subi %j, %c1 : index
    %jInside = arith.cmpi ule, %j1, %c63 : index
    %jSafe = arith.select %jInside, %j1, %c0 : index
    %inside = arith.andi %iInside, %jInside : i1
    %e = tensor.extract %0[%iSafe, %jSafe] : tensor<8x64xf32>
    %r = arith.select %inside, %e, %zero : f32
    linalg.yield %r : f32
  } -> tensor<10x66xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<10x66xf32>, memref<10x66xf32>) -> ()
  return
}

// What lies the other way round in memory is loaded and turned.
// CHECK-LABEL: func.func private @reversed
// CHECK-NOT:   vector.gather
// CHECK:       %[[X:.+]] = vector.load %{{.+}} : memref<2048xf32>, vector<16xf32>
// CHECK:       vector.shuffle %[[X]], %[[X]] [31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16]
func.func private @reversed(%x: memref<8x256xf32>, %y: memref<8x256xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 8, 256>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 8, 256>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8x256xf32>
  %1 = tensor.empty() : tensor<8x256xf32>
  %2 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%1 : tensor<8x256xf32>) {
  ^bb0(%o: f32):
    %c255 = arith.constant 255 : index
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = arith.subi %c255, %j : index
    %e = tensor.extract %0[%i, %k] : tensor<8x256xf32>
    linalg.yield %e : f32
  } -> tensor<8x256xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<8x256xf32>, memref<8x256xf32>) -> ()
  return
}

// Every second element: two loads, of which the second ends with the last
// element.
// CHECK-LABEL: func.func private @strided
// CHECK-NOT:   vector.gather
// CHECK:       vector.load
// CHECK:       vector.shuffle {{.*}} [16, 18, 20, 22, 24, 26, 28, 30, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK:       vector.load
// CHECK:       vector.shuffle {{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 17, 19, 21, 23, 25, 27, 29, 31]
func.func private @strided(%x: memref<8x256xf32>, %y: memref<8x128xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 8, 128>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 8, 128>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8x256xf32>
  %1 = tensor.extract_slice %0[0, 0] [8, 128] [1, 2] : tensor<8x256xf32> to tensor<8x128xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<8x128xf32>, memref<8x128xf32>) -> ()
  return
}

// Elements too far apart for that are gathered. Lanes that are not in use read
// the first element, since a mask may cost a branch per lane.
// CHECK-LABEL: func.func private @far_apart
// CHECK:       vector.gather
// CHECK:       %[[AT:.+]] = arith.select %[[MASK:.+]], %{{.+}}, %{{.+}} : vector<16xi1>, vector<16xi64>
// CHECK:       %[[X:.+]] = vector.gather %{{.+}}[%c0] [%[[AT]]], %[[ALL:.+]], %{{.+}}
// CHECK:       arith.select %[[MASK]], %[[X]], %{{.+}} : vector<16xi1>, vector<16xf32>
func.func private @far_apart(%x: memref<8x320xf32>, %y: memref<8x40xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 8, 40>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 8, 40>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8x320xf32>
  %1 = tensor.extract_slice %0[0, 0] [8, 40] [1, 8] : tensor<8x320xf32> to tensor<8x40xf32>
  %2 = tensor.empty() : tensor<8x40xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<8x40xf32>) outs(%2 : tensor<8x40xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.exp %a : f32
    linalg.yield %r : f32
  } -> tensor<8x40xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<8x40xf32>, memref<8x40xf32>) -> ()
  return
}

// Tiles that are cut along the vectors: each part has a loop from where the
// tile or the part begins, whichever is later.
// CHECK-LABEL: func.func private @tiles
// CHECK-NOT:   vector.gather
// CHECK:       scf.for
// CHECK:         arith.maxui
// CHECK:         arith.minui
// CHECK:         scf.for
func.func private @tiles(%x: memref<1x1000xf32>, %y: memref<1x1000xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 1, 1000>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 1, 256>, sinter.tiles = 4 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<1x1000xf32>
  %1 = tensor.empty() : tensor<1x1000xf32>
  %2 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%1 : tensor<1x1000xf32>) {
  ^bb0(%o: f32):
    %c0 = arith.constant 0 : index
    %c300 = arith.constant 300 : index
    %zero = arith.constant 0.0 : f32
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = arith.subi %j, %c300 : index
    %inside = arith.cmpi sge, %j, %c300 : index
    %safe = arith.select %inside, %k, %c0 : index
    %e = tensor.extract %0[%i, %safe] : tensor<1x1000xf32>
    %r = arith.select %inside, %e, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x1000xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<1x1000xf32>, memref<1x1000xf32>) -> ()
  return
}
