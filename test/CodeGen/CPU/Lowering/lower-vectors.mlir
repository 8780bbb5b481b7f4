// RUN: sinter-opt %s --sinter-lower-vectors | FileCheck %s
// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A mask is a comparison of lane numbers with the clamped bound.
// CHECK-LABEL: func.func @mask
// CHECK-DAG:     %[[LANES:.*]] = arith.constant dense<[0, 1, 2, 3]> : vector<4xi32>
// CHECK:         arith.minsi
// CHECK:         %[[BOUND:.*]] = vector.splat %{{.*}} : vector<4xi32>
// CHECK:         arith.cmpi sgt, %[[BOUND]], %[[LANES]]
func.func @mask(%n: index) -> vector<4xi1> {
  %0 = vector.create_mask %n : vector<4xi1>
  return %0 : vector<4xi1>
}

// CHECK-LABEL: func.func @transfers
// CHECK-COUNT-2: vector.load {{.*}} vector<8xf32>
// CHECK-COUNT-2: vector.store {{.*}} vector<8xf32>
// CHECK-NOT:     vector.transfer
func.func @transfers(%x: memref<2x8xf32>, %y: memref<2x8xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %0 = vector.transfer_read %x[%c0, %c0], %zero {in_bounds = [true, true]} : memref<2x8xf32>, vector<2x8xf32>
  vector.transfer_write %0, %y[%c0, %c0] {in_bounds = [true, true]} : vector<2x8xf32>, memref<2x8xf32>
  return
}

// CHECK-LABEL: func.func @beyond_the_end
// CHECK:         vector.maskedload
func.func @beyond_the_end(%x: memref<5xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %0 = vector.transfer_read %x[%c0], %zero : memref<5xf32>, vector<8xf32>
  return %0 : vector<8xf32>
}
