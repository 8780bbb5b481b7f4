// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops --sinter-verify-loops | FileCheck %s

#full = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// A reduced row: vectors of partial sums, a masked rest, then a tree of lanes.
// CHECK-LABEL: func.func private @row_sum
// CHECK:       %[[SUMS:.+]]:4 = scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-4: vector.load
// CHECK:       vector.maskedload
// CHECK:       arith.select
// CHECK:       vector.shuffle {{.*}} : vector<16xf32>, vector<16xf32>
// CHECK:       vector.extract %{{.+}}[0] : f32 from vector<1xf32>
// CHECK:       memref.store
func.func private @row_sum(%x: memref<9x300xf32>, %y: memref<9xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 9, 300>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 4, 300>, sinter.tiles = 3 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<9x300xf32>
  %1 = tensor.empty() : tensor<9xf32>
  %2 = linalg.fill ins(%zero : f32) outs(%1 : tensor<9xf32>) -> tensor<9xf32>
  %3 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<9x300xf32>) outs(%2 : tensor<9xf32>) {
  ^bb0(%a: f32, %s: f32):
    %4 = arith.addf %s, %a : f32
    linalg.yield %4 : f32
  } -> tensor<9xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<9xf32>, memref<9xf32>) -> ()
  return
}

// A reduced column: lanes are neighbouring columns, rows follow one another.
// CHECK-LABEL: func.func private @column_sum
// CHECK:       scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-NOT:   vector.shuffle
// CHECK:       vector.store
func.func private @column_sum(%x: memref<9x64xf32>, %y: memref<64xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 9, 64>,
                sinter.reduced = array<i64: 0>, sinter.tile_sizes = array<i64: 9, 64>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<9x64xf32>
  %1 = tensor.empty() : tensor<64xf32>
  %2 = linalg.fill ins(%zero : f32) outs(%1 : tensor<64xf32>) -> tensor<64xf32>
  %3 = linalg.generic {indexing_maps = [#full, #column], iterator_types = ["reduction", "parallel"]}
      ins(%0 : tensor<9x64xf32>) outs(%2 : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %4 = arith.addf %s, %a : f32
    linalg.yield %4 : f32
  } -> tensor<64xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<64xf32>, memref<64xf32>) -> ()
  return
}

// A short row stays in registers over all stages: one load, one exponential.
// CHECK-LABEL: func.func private @softmax
// CHECK-COUNT-1: vector.maskedload
// CHECK-NOT:   vector.maskedload
// CHECK:       arith.maximumf
// CHECK-COUNT-1: math.exp
// CHECK-NOT:   math.exp
// CHECK:       vector.maskedstore
func.func private @softmax(%x: memref<9x10xf32>, %y: memref<9x10xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 9, 10>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 9, 10>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %0 = bufferization.to_tensor %x restrict : memref<9x10xf32>
  %1 = tensor.empty() : tensor<9xf32>
  %2 = tensor.empty() : tensor<9x10xf32>
  %3 = linalg.fill ins(%lowest : f32) outs(%1 : tensor<9xf32>) -> tensor<9xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%1 : tensor<9xf32>) -> tensor<9xf32>
  %5 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<9x10xf32>) outs(%3 : tensor<9xf32>) {
  ^bb0(%a: f32, %s: f32):
    %9 = arith.maximumf %s, %a : f32
    linalg.yield %9 : f32
  } -> tensor<9xf32>
  %6 = linalg.generic {indexing_maps = [#full, #row, #full], iterator_types = ["parallel", "parallel"]}
      ins(%0, %5 : tensor<9x10xf32>, tensor<9xf32>) outs(%2 : tensor<9x10xf32>) {
  ^bb0(%a: f32, %m: f32, %o: f32):
    %9 = arith.subf %a, %m : f32
    %10 = math.exp %9 : f32
    linalg.yield %10 : f32
  } -> tensor<9x10xf32>
  %7 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction"]}
      ins(%6 : tensor<9x10xf32>) outs(%4 : tensor<9xf32>) {
  ^bb0(%a: f32, %s: f32):
    %9 = arith.addf %s, %a : f32
    linalg.yield %9 : f32
  } -> tensor<9xf32>
  %8 = linalg.generic {indexing_maps = [#full, #row, #full], iterator_types = ["parallel", "parallel"]}
      ins(%6, %7 : tensor<9x10xf32>, tensor<9xf32>) outs(%2 : tensor<9x10xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %9 = arith.divf %a, %s : f32
    linalg.yield %9 : f32
  } -> tensor<9x10xf32>
  bufferization.materialize_in_destination %8 in restrict writable %y : (tensor<9x10xf32>, memref<9x10xf32>) -> ()
  return
}

// A long row keeps its exponentials on the stack: the loop that divides reads
// them back.
// CHECK-LABEL: func.func private @long_softmax
// CHECK:       %[[KEPT:.+]] = memref.alloca() {alignment = 64 : i64} : memref<320xf32>
// CHECK:       math.exp
// CHECK:       vector.store {{.*}}, %[[KEPT]]
// CHECK:       vector.shuffle
// CHECK-NOT:   math.exp
// CHECK:       vector.load %[[KEPT]]
// CHECK:       vector.broadcast
// CHECK-NEXT:  arith.divf
// CHECK-NOT:   math.exp
func.func private @long_softmax(%x: memref<9x320xf32>, %y: memref<9x320xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 9, 320>,
                sinter.reduced = array<i64: 1>, sinter.tile_sizes = array<i64: 9, 320>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %0 = bufferization.to_tensor %x restrict : memref<9x320xf32>
  %1 = tensor.empty() : tensor<9xf32>
  %2 = tensor.empty() : tensor<9x320xf32>
  %3 = linalg.fill ins(%lowest : f32) outs(%1 : tensor<9xf32>) -> tensor<9xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%1 : tensor<9xf32>) -> tensor<9xf32>
  %5 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<9x320xf32>) outs(%3 : tensor<9xf32>) {
  ^bb0(%a: f32, %s: f32):
    %9 = arith.maximumf %s, %a : f32
    linalg.yield %9 : f32
  } -> tensor<9xf32>
  %6 = linalg.generic {indexing_maps = [#full, #row, #full], iterator_types = ["parallel", "parallel"]}
      ins(%0, %5 : tensor<9x320xf32>, tensor<9xf32>) outs(%2 : tensor<9x320xf32>) {
  ^bb0(%a: f32, %m: f32, %o: f32):
    %9 = arith.subf %a, %m : f32
    %10 = math.exp %9 : f32
    linalg.yield %10 : f32
  } -> tensor<9x320xf32>
  %7 = linalg.generic {indexing_maps = [#full, #row], iterator_types = ["parallel", "reduction"]}
      ins(%6 : tensor<9x320xf32>) outs(%4 : tensor<9xf32>) {
  ^bb0(%a: f32, %s: f32):
    %9 = arith.addf %s, %a : f32
    linalg.yield %9 : f32
  } -> tensor<9xf32>
  %8 = linalg.generic {indexing_maps = [#full, #row, #full], iterator_types = ["parallel", "parallel"]}
      ins(%6, %7 : tensor<9x320xf32>, tensor<9xf32>) outs(%2 : tensor<9x320xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %9 = arith.divf %a, %s : f32
    linalg.yield %9 : f32
  } -> tensor<9x320xf32>
  bufferization.materialize_in_destination %8 in restrict writable %y : (tensor<9x320xf32>, memref<9x320xf32>) -> ()
  return
}

// Many terms: blocks of 64 in f32, whose sums are f64.
// CHECK-LABEL: func.func private @long_column
// CHECK:       scf.for {{.+}} step %{{.+}} iter_args(%[[TOTAL:.+]] = %{{.+}}) -> (vector<16xf64>)
// CHECK:       %[[SUM:.+]] = scf.for {{.+}} iter_args({{.+}}) -> (vector<16xf32>)
// CHECK:       arith.addf %{{.+}} : vector<16xf32>
// CHECK:       %[[WIDE:.+]] = arith.extf %[[SUM]] : vector<16xf32> to vector<16xf64>
// CHECK:       %[[NEXT:.+]] = arith.addf %[[TOTAL]], %[[WIDE]] : vector<16xf64>
// CHECK:       scf.yield %[[NEXT]]
// CHECK:       arith.truncf %{{.+}} : vector<16xf64> to vector<16xf32>
func.func private @long_column(%x: memref<1000x16xf32>, %y: memref<16xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 1000, 16>,
                sinter.reduced = array<i64: 0>, sinter.tile_sizes = array<i64: 1000, 16>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<1000x16xf32>
  %1 = tensor.empty() : tensor<16xf32>
  %2 = linalg.fill ins(%zero : f32) outs(%1 : tensor<16xf32>) -> tensor<16xf32>
  %3 = linalg.generic {indexing_maps = [#full, #column], iterator_types = ["reduction", "parallel"]}
      ins(%0 : tensor<1000x16xf32>) outs(%2 : tensor<16xf32>) {
  ^bb0(%a: f32, %s: f32):
    %4 = arith.addf %s, %a : f32
    linalg.yield %4 : f32
  } -> tensor<16xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<16xf32>, memref<16xf32>) -> ()
  return
}
