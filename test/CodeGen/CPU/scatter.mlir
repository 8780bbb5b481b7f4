// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops | FileCheck %s

#full = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#update = affine_map<(d0, d1, d2) -> (0, d1, d2)>
#number = affine_map<(d0, d1, d2) -> (0, d1, 0)>
#row = affine_map<(d0, d1, d2) -> (d0, d2)>
#matrix = affine_map<(d0, d1) -> (d0, d1)>
#scalar = affine_map<(d0, d1) -> ()>

// A sum of the updates whose number is the row's: not each row looks at all
// updates, but each update goes to its row, in order. The sums are the output.
// CHECK-LABEL: func.func private @sums
// CHECK-NOT:   memref.alloca
// CHECK:       scf.for %[[T:.+]] = %{{.+}} to
// CHECK:         vector.store %{{.+}} : memref<100x32xf32>, vector<16xf32>
// CHECK:         scf.for %[[I:.+]] = %c0 to %c7
// CHECK:           %[[NUMBER:.+]] = memref.load %{{.+}}[%c0, %[[I]], %c0] : memref<1x7x1xi64>
// CHECK:           %[[ROW:.+]] = arith.index_cast %[[NUMBER]]
// CHECK:           %[[PLACE:.+]] = arith.subi %[[ROW]], %{{.+}}
// CHECK:           %[[INSIDE:.+]] = arith.cmpi ult, %[[PLACE]], %c50
// CHECK:           scf.if %[[INSIDE]] {
// CHECK-DAG:         %[[UPDATE:.+]] = vector.load %{{.+}}[%c0, %[[I]], %{{.+}}] : memref<1x7x32xf32>
// CHECK-DAG:         %[[BEFORE:.+]] = vector.load %[[SUMS:.+]][%[[ROW]], %[[C:.+]]] : memref<100x32xf32>
// CHECK:             %[[AFTER:.+]] = arith.addf %[[BEFORE]], %[[UPDATE]]
// CHECK:             vector.store %[[AFTER]], %[[SUMS]][%[[ROW]], %[[C]]]
func.func private @sums(%i: memref<1x7x1xi64>, %u: memref<1x7x32xf32>, %y: memref<100x32xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 100, 7, 32>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 50, 7, 32>, sinter.tiles = 2 : i64} {
  %0 = bufferization.to_tensor %i restrict : memref<1x7x1xi64>
  %1 = bufferization.to_tensor %u restrict : memref<1x7x32xf32>
  %2 = tensor.empty() : tensor<100x7x32xf32>
  %3 = linalg.generic {indexing_maps = [#number, #update, #full], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %1 : tensor<1x7x1xi64>, tensor<1x7x32xf32>) outs(%2 : tensor<100x7x32xf32>) {
  ^bb0(%number: i64, %update: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %index = linalg.index 0 : index
    %row = arith.index_cast %index : index to i64
    %here = arith.cmpi eq, %number, %row : i64
    %r = arith.select %here, %update, %zero : f32
    linalg.yield %r : f32
  } -> tensor<100x7x32xf32>
  %cst = arith.constant 0.0 : f32
  %4 = tensor.empty() : tensor<100x32xf32>
  %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<100x32xf32>) -> tensor<100x32xf32>
  %6 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%3 : tensor<100x7x32xf32>) outs(%5 : tensor<100x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<100x32xf32>
  bufferization.materialize_in_destination %6 in restrict writable %y : (tensor<100x32xf32>, memref<100x32xf32>) -> ()
  return
}

// What follows the sum reads it from scratch, a block of rows at a time. The
// tile lists the updates that it takes first, for each block to look at these.
// CHECK-LABEL: func.func private @followed
// CHECK:       memref.alloca() {alignment = 64 : i64} : memref<95x32xf32>
// CHECK:       %[[LIST:.+]] = memref.alloca() {alignment = 64 : i64} : memref<1024xi32>
// CHECK:       %[[COUNT:.+]] = scf.for %[[I:.+]] = %c0 to %c7 step %c1 iter_args(%[[N:.+]] = %c0) -> (index) {
// CHECK:         %[[TAKEN:.+]] = arith.cmpi ult, %{{.+}}, %c100
// CHECK:         %[[PLACE:.+]] = arith.minui %[[N]], %c1023
// CHECK:         memref.store %{{.+}}, %[[LIST]][%[[PLACE]]]
// CHECK:         %[[ONE:.+]] = arith.index_castui %[[TAKEN]] : i1 to index
// CHECK:         %[[NEXT:.+]] = arith.addi %[[N]], %[[ONE]]
// CHECK:         scf.yield %[[NEXT]]
// CHECK:       scf.if
// CHECK:       arith.addf
// CHECK:       }
// CHECK:       math.exp
// CHECK:       vector.store %{{.+}} : memref<100x32xf32>
func.func private @followed(%i: memref<1x7x1xi64>, %u: memref<1x7x32xf32>, %y: memref<100x32xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 100, 7, 32>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 100, 7, 32>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %i restrict : memref<1x7x1xi64>
  %1 = bufferization.to_tensor %u restrict : memref<1x7x32xf32>
  %2 = tensor.empty() : tensor<100x7x32xf32>
  %3 = linalg.generic {indexing_maps = [#number, #update, #full], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %1 : tensor<1x7x1xi64>, tensor<1x7x32xf32>) outs(%2 : tensor<100x7x32xf32>) {
  ^bb0(%number: i64, %update: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %index = linalg.index 0 : index
    %row = arith.index_cast %index : index to i64
    %here = arith.cmpi eq, %row, %number : i64
    %r = arith.select %here, %update, %zero : f32
    linalg.yield %r : f32
  } -> tensor<100x7x32xf32>
  %cst = arith.constant 0.0 : f32
  %4 = tensor.empty() : tensor<100x32xf32>
  %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<100x32xf32>) -> tensor<100x32xf32>
  %6 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%3 : tensor<100x7x32xf32>) outs(%5 : tensor<100x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<100x32xf32>
  %7 = tensor.empty() : tensor<100x32xf32>
  %8 = linalg.generic {indexing_maps = [#matrix, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%6 : tensor<100x32xf32>) outs(%7 : tensor<100x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.exp %a : f32
    linalg.yield %r : f32
  } -> tensor<100x32xf32>
  bufferization.materialize_in_destination %8 in restrict writable %y : (tensor<100x32xf32>, memref<100x32xf32>) -> ()
  return
}

// A row whose buffer holds what it would get for a sum of +0 rests: no code but
// for the rows that updates marked, unless the rate times +0 is not +0.
// CHECK-LABEL: func.func private @rests
// CHECK:       %[[SUMS:.+]] = memref.alloca() {alignment = 64 : i64} : memref<95x32xf32>
// CHECK:       %[[MARKS:.+]] = memref.alloca() {alignment = 64 : i64} : memref<95xi8>
// CHECK:       %[[RATE:.+]] = memref.load %{{.+}}[] : memref<f32>
// CHECK:       %[[PRODUCT:.+]] = arith.mulf %[[RATE]], %{{.+}} : f32
// CHECK:       %[[BITS:.+]] = arith.bitcast %[[PRODUCT]] : f32 to i32
// CHECK:       %[[RESTS:.+]] = arith.cmpi eq, %[[BITS]], %c0_i32
// CHECK:       memref.store %{{.+}}, %[[MARKS]]
// CHECK:       scf.if
// CHECK:         vector.store %{{.+}}, %[[SUMS]]
// CHECK:       memref.load %[[MARKS]]
// CHECK:       scf.if
// CHECK:         memref.store %c1_i8, %[[MARKS]]
// CHECK:         vector.store %{{.+}}, %[[SUMS]]
// CHECK:       arith.addf
// CHECK:       %[[MARK:.+]] = memref.load %[[MARKS]]
// CHECK:       %[[ISMARKED:.+]] = arith.cmpi ne, %[[MARK]], %c0_i8
// CHECK:       scf.if %[[ISMARKED]]
// CHECK:         arith.subf
// CHECK:         vector.store %{{.+}}, %{{.+}} : memref<100x32xf32>
func.func private @rests(%i: memref<1x7x1xi64>, %u: memref<1x7x32xf32>, %lr: memref<f32>, %p: memref<100x32xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 3 : i64, sinter.inouts = 1 : i64, sinter.domain = array<i64: 100, 7, 32>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 100, 7, 32>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %i restrict : memref<1x7x1xi64>
  %1 = bufferization.to_tensor %u restrict : memref<1x7x32xf32>
  %rate = bufferization.to_tensor %lr restrict : memref<f32>
  %old = bufferization.to_tensor %p restrict : memref<100x32xf32>
  %2 = tensor.empty() : tensor<100x7x32xf32>
  %3 = linalg.generic {indexing_maps = [#number, #update, #full], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %1 : tensor<1x7x1xi64>, tensor<1x7x32xf32>) outs(%2 : tensor<100x7x32xf32>) {
  ^bb0(%number: i64, %update: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %index = linalg.index 0 : index
    %row = arith.index_cast %index : index to i64
    %here = arith.cmpi eq, %row, %number : i64
    %r = arith.select %here, %update, %zero : f32
    linalg.yield %r : f32
  } -> tensor<100x7x32xf32>
  %cst = arith.constant 0.0 : f32
  %4 = tensor.empty() : tensor<100x32xf32>
  %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<100x32xf32>) -> tensor<100x32xf32>
  %6 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%3 : tensor<100x7x32xf32>) outs(%5 : tensor<100x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<100x32xf32>
  %7 = tensor.empty() : tensor<100x32xf32>
  %8 = linalg.generic {indexing_maps = [#matrix, #scalar, #matrix, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%6, %rate, %old : tensor<100x32xf32>, tensor<f32>, tensor<100x32xf32>) outs(%7 : tensor<100x32xf32>) {
  ^bb0(%a: f32, %s: f32, %before: f32, %o: f32):
    %change = arith.mulf %a, %s : f32
    %r = arith.subf %before, %change : f32
    linalg.yield %r : f32
  } -> tensor<100x32xf32>
  bufferization.materialize_in_destination %8 in restrict writable %p : (tensor<100x32xf32>, memref<100x32xf32>) -> ()
  return
}
