// RUN: sinter-opt %s --split-input-file --sinter-reference-loops --verify-diagnostics | FileCheck %s
// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of the linalg phase become scalar loops that run with tile 0.

// CHECK-LABEL: func.func private @relu
// CHECK-SAME:    %[[X:[^:]*]]: memref<3x5xf32>, %[[Y:[^:]*]]: memref<3x5xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index
// CHECK-DAG:     %[[STARTED:.*]] = arith.cmpi sle, %[[BEGIN]], %{{.*}}
// CHECK-DAG:     %[[ENDS:.*]] = arith.cmpi sgt, %[[END]], %{{.*}}
// CHECK:         %[[RUNS:.*]] = arith.andi %[[STARTED]], %[[ENDS]]
// CHECK:         scf.if %[[RUNS]]
// CHECK:         scf.for %[[I:.*]] =
// CHECK:         scf.for %[[J:.*]] =
// CHECK:         %[[VALUE:.*]] = memref.load %[[X]][%[[I]], %[[J]]]
// CHECK:         %[[MAX:.*]] = arith.maximumf %[[VALUE]], %{{.*}}
// CHECK:         memref.store %[[MAX]], %[[Y]][%[[I]], %[[J]]]
// CHECK-NOT:     memref.alloc
// CHECK-NOT:     tensor<
func.func private @relu(%x: memref<3x5xf32>, %y: memref<3x5xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<3x5xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x5xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<3x5xf32>) outs(%empty : tensor<3x5xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<3x5xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<3x5xf32>, memref<3x5xf32>) -> ()
  return
}

// -----

// An input is copied before an op that would overwrite it; small values live on the stack.
// CHECK-LABEL: func.func private @input_is_kept
// CHECK-SAME:    %[[X:[^:]*]]: memref<4xf32>
// CHECK-NOT:     memref.copy
// CHECK-NOT:     memref.store %{{.*}}, %[[X]]
// CHECK:         return
func.func private @input_is_kept(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%0 : tensor<4xf32>) {
  ^bb0(%a: f32):
    %m = arith.negf %a : f32
    linalg.yield %m : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

// Not a kernel: left alone.
// CHECK-LABEL: func.func @entry
// CHECK:         tensor.empty
func.func @entry() -> tensor<4xf32> {
  %0 = tensor.empty() : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func private @too_much_scratch(%x: memref<5000xf32>, %y: memref<f32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<5000xf32>
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{expected intermediate values of at most 16384 bytes in one kernel, but got 20000}}
  %empty = tensor.empty() : tensor<5000xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<5000xf32>) outs(%empty : tensor<5000xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.negf %a : f32
    linalg.yield %m : f32
  } -> tensor<5000xf32>
  %scalar = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%scalar : tensor<f32>) -> tensor<f32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%1 : tensor<5000xf32>) outs(%init : tensor<f32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<f32>, memref<f32>) -> ()
  return
}

// -----

// A sum of f32 is carried in f64, in a register; an arg-reduction has no buffer for its best values, however many there are.
// CHECK-LABEL: func.func private @sum
// CHECK:         scf.for
// CHECK:         %[[SUM:.*]] = scf.for {{.*}} iter_args(%[[BEFORE:.*]] = %{{.*}}) -> (f64)
// CHECK:         %[[TERM:.*]] = arith.extf %{{.*}} : f32 to f64
// CHECK:         arith.addf %[[BEFORE]], %[[TERM]] : f64
// CHECK:         arith.truncf %[[SUM]] : f64 to f32
// CHECK-LABEL: func.func private @argmax
// CHECK-NOT:     memref.alloc
// CHECK:         scf.for {{.*}} iter_args({{.*}}) -> (f32, i64)
// CHECK-NOT:     memref.store %{{.*}} : memref<9000xf32>
// CHECK:         return
func.func private @sum(%x: memref<50x4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<50x4xf32>
  %zero = arith.constant 0.0 : f32
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.fill ins(%zero : f32) outs(%1 : tensor<4xf32>) -> tensor<4xf32>
  %3 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%0 : tensor<50x4xf32>) outs(%2 : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.addf %b, %a : f32
    linalg.yield %m : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func private @argmax(%x: memref<9000x4xf32>, %y: memref<9000xi64>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<9000x4xf32>
  %lowest = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %1 = tensor.empty() : tensor<9000xf32>
  %2 = linalg.fill ins(%lowest : f32) outs(%1 : tensor<9000xf32>) -> tensor<9000xf32>
  %3 = tensor.empty() : tensor<9000xi64>
  %4 = linalg.fill ins(%none : i64) outs(%3 : tensor<9000xi64>) -> tensor<9000xi64>
  %5:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%0 : tensor<9000x4xf32>) outs(%2, %4 : tensor<9000xf32>, tensor<9000xi64>) {
  ^bb0(%a: f32, %best: f32, %index: i64):
    %better = arith.cmpf ogt, %a, %best : f32
    %j = linalg.index 1 : index
    %number = arith.index_cast %j : index to i64
    %next = arith.select %better, %a, %best : f32
    %at = arith.select %better, %number, %index : i64
    linalg.yield %next, %at : f32, i64
  } -> (tensor<9000xf32>, tensor<9000xi64>)
  bufferization.materialize_in_destination %5#1 in restrict writable %y : (tensor<9000xi64>, memref<9000xi64>) -> ()
  return
}
