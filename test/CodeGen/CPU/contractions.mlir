// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-emit-loops --sinter-verify-loops | FileCheck %s
// RUN: sinter-opt %s --sinter-emit-loops=vector-bytes=32 | FileCheck %s --check-prefix=AVX2

#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (k, n)>
#transposed = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>

// Eight rows by two vectors stay in registers over a block of the sum, whose
// blocks add up in f64; bias and relu are applied before the only store.
// CHECK-LABEL: func.func private @linear_relu
// CHECK:       %[[C:.+]]:16 = scf.for {{.*}} step %c128
// CHECK:         %[[BLOCK:.+]]:16 = scf.for
// CHECK-COUNT-2: vector.load {{.*}} : memref<784x128xf32>, vector<16xf32>
// CHECK:         memref.load {{.*}} : memref<64x784xf32>
// CHECK:         vector.broadcast
// CHECK-COUNT-16: vector.fma
// CHECK:         scf.yield
// CHECK-COUNT-16: arith.addf %{{.*}}, %[[BLOCK]]#{{[0-9]+}} : vector<16xf32>
// CHECK:       vector.load {{.*}} : memref<128xf32>
// CHECK:       arith.addf %[[C]]#0
// CHECK:       arith.maximumf
// CHECK:       vector.store
// AVX2-LABEL:  func.func private @linear_relu
// AVX2:        :8 = scf.for {{.*}} vector<8xf32>
func.func private @linear_relu(%x: memref<64x784xf32>, %w: memref<784x128xf32>, %b: memref<128xf32>,
                               %y: memref<64x128xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 3 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 64, 128>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 8, 128>, sinter.tiles = 8 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<64x784xf32>
  %1 = bufferization.to_tensor %w restrict : memref<784x128xf32>
  %2 = bufferization.to_tensor %b restrict : memref<128xf32>
  %3 = tensor.empty() : tensor<64x128xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%3 : tensor<64x128xf32>) -> tensor<64x128xf32>
  %5 = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<64x784xf32>, tensor<784x128xf32>) outs(%4 : tensor<64x128xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %7 = arith.mulf %l, %r : f32
    %8 = arith.addf %s, %7 : f32
    linalg.yield %8 : f32
  } -> tensor<64x128xf32>
  %6 = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%5, %2 : tensor<64x128xf32>, tensor<128xf32>) outs(%3 : tensor<64x128xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %7 = arith.addf %l, %r : f32
    %8 = arith.maximumf %7, %zero : f32
    linalg.yield %8 : f32
  } -> tensor<64x128xf32>
  bufferization.materialize_in_destination %6 in restrict writable %y : (tensor<64x128xf32>, memref<64x128xf32>) -> ()
  return
}

// Rows beyond the last full block are a block of their own, columns a mask.
// CHECK-LABEL: func.func private @tails
// CHECK:       vector.constant_mask [3]
// CHECK:       %{{.+}}:10 = scf.for
// CHECK:         vector.maskedload
// CHECK-COUNT-10: vector.fma
// CHECK:       %{{.+}}:9 = scf.for
// CHECK-COUNT-9: vector.fma
// CHECK:       vector.maskedstore
func.func private @tails(%x: memref<19x7xf32>, %w: memref<7x3xf32>, %y: memref<19x3xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 19, 3>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 19, 3>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<19x7xf32>
  %1 = bufferization.to_tensor %w restrict : memref<7x3xf32>
  %3 = tensor.empty() : tensor<19x3xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%3 : tensor<19x3xf32>) -> tensor<19x3xf32>
  %5 = linalg.matmul ins(%0, %1 : tensor<19x7xf32>, tensor<7x3xf32>) outs(%4 : tensor<19x3xf32>) -> tensor<19x3xf32>
  bufferization.materialize_in_destination %5 in restrict writable %y : (tensor<19x3xf32>, memref<19x3xf32>) -> ()
  return
}

// Both factors are contiguous along K: sixteen dot products at a time, whose lanes are summed together. The results of a vector
// of columns wait on the stack for the epilogue.
// CHECK-LABEL: func.func private @dots(
// CHECK:       %[[STACK:.+]] = memref.alloca() {{.*}} : memref<1x8x16xf32>
// CHECK:       %{{.+}}:16 = scf.for
// CHECK-COUNT-8: vector.load {{.*}} vector<16xf32>
// CHECK-NOT:     vector.load
// CHECK-COUNT-30: vector.shuffle {{.*}} : vector<16xf32>, vector<16xf32>
// CHECK-NOT:   vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}}, %[[STACK]]{{.*}} vector<4xf32>
// CHECK:       vector.load %[[STACK]]{{.*}} vector<16xf32>
// CHECK:       vector.maskedstore
func.func private @dots(%x: memref<8x64xf32>, %w: memref<12x64xf32>, %y: memref<8x12xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 8, 12>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 8, 12>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<8x64xf32>
  %1 = bufferization.to_tensor %w restrict : memref<12x64xf32>
  %3 = tensor.empty() : tensor<8x12xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%3 : tensor<8x12xf32>) -> tensor<8x12xf32>
  %5 = linalg.generic {indexing_maps = [#lhs, #transposed, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<8x64xf32>, tensor<12x64xf32>) outs(%4 : tensor<8x12xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %7 = arith.mulf %l, %r : f32
    %8 = arith.addf %s, %7 : f32
    linalg.yield %8 : f32
  } -> tensor<8x12xf32>
  bufferization.materialize_in_destination %5 in restrict writable %y : (tensor<8x12xf32>, memref<8x12xf32>) -> ()
  return
}

// One row: the vectors of one column after the other, several sums of each; their number divides the vectors.
// CHECK-LABEL: func.func private @dots_of_one_row(
// CHECK:       scf.for {{.*}} to %c12 step %c1
// CHECK:         %{{.+}}:7 = scf.for {{.*}} to %c784 step %c112
// CHECK-COUNT-7:   vector.fma
// CHECK-COUNT-6: arith.addf {{.*}} vector<16xf32>
// CHECK:         memref.store
func.func private @dots_of_one_row(%x: memref<1x784xf32>, %w: memref<12x784xf32>, %y: memref<1x12xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 1, 12>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 1, 12>, sinter.tiles = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<1x784xf32>
  %1 = bufferization.to_tensor %w restrict : memref<12x784xf32>
  %3 = tensor.empty() : tensor<1x12xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%3 : tensor<1x12xf32>) -> tensor<1x12xf32>
  %5 = linalg.generic {indexing_maps = [#lhs, #transposed, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<1x784xf32>, tensor<12x784xf32>) outs(%4 : tensor<1x12xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %7 = arith.mulf %l, %r : f32
    %8 = arith.addf %s, %7 : f32
    linalg.yield %8 : f32
  } -> tensor<1x12xf32>
  bufferization.materialize_in_destination %5 in restrict writable %y : (tensor<1x12xf32>, memref<1x12xf32>) -> ()
  return
}

// Two gates side by side: a vector of each per row, combined in registers; only the domain's shape is stored, with its parts side by side.
// CHECK-LABEL: func.func private @gates
// CHECK:       %[[C:.+]]:12 = scf.for
// CHECK:         vector.load %{{.*}} : memref<8x40xf32>, vector<16xf32>
// CHECK:         vector.load %{{.*}} : memref<8x40xf32>, vector<16xf32>
// CHECK-COUNT-12: vector.fma
// CHECK:       %[[S:.+]] = arith.mulf %[[C]]#0, %[[C]]#1
// CHECK:       %[[D:.+]] = arith.subf %[[C]]#0, %[[C]]#1
// CHECK:       vector.store %[[S]], %{{.*}} : memref<6x40xf32>, vector<16xf32>
// CHECK:       vector.store %[[D]], %{{.*}} : memref<6x40xf32>, vector<16xf32>
#identity = affine_map<(m, n) -> (m, n)>
func.func private @gates(%x: memref<6x8xf32>, %w: memref<8x40xf32>, %y: memref<6x40xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 2 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 6, 20>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 6, 20>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<6x8xf32>
  %1 = bufferization.to_tensor %w restrict : memref<8x40xf32>
  %zero = arith.constant 0.0 : f32
  %2 = tensor.empty() : tensor<6x40xf32>
  %3 = linalg.fill ins(%zero : f32) outs(%2 : tensor<6x40xf32>) -> tensor<6x40xf32>
  %4 = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<6x8xf32>, tensor<8x40xf32>) outs(%3 : tensor<6x40xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<6x40xf32>
  %5 = tensor.extract_slice %4[0, 0] [6, 20] [1, 1] : tensor<6x40xf32> to tensor<6x20xf32>
  %6 = tensor.extract_slice %4[0, 20] [6, 20] [1, 1] : tensor<6x40xf32> to tensor<6x20xf32>
  %7 = tensor.empty() : tensor<6x20xf32>
  %8 = linalg.generic {indexing_maps = [#identity, #identity, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%5, %6 : tensor<6x20xf32>, tensor<6x20xf32>) outs(%7 : tensor<6x20xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<6x20xf32>
  %9 = linalg.generic {indexing_maps = [#identity, #identity, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%5, %6 : tensor<6x20xf32>, tensor<6x20xf32>) outs(%7 : tensor<6x20xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.subf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<6x20xf32>
  %10 = tensor.insert_slice %8 into %2[0, 0] [6, 20] [1, 1] : tensor<6x20xf32> into tensor<6x40xf32>
  %11 = tensor.insert_slice %9 into %10[0, 20] [6, 20] [1, 1] : tensor<6x20xf32> into tensor<6x40xf32>
  bufferization.materialize_in_destination %11 in restrict writable %y : (tensor<6x40xf32>, memref<6x40xf32>) -> ()
  return
}
