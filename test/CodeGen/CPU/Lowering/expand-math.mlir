// RUN: sinter-opt %s --sinter-expand-math | FileCheck %s
// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f32 math becomes arithmetic; the numbers are tested in the unit tests.

// CHECK-LABEL: func.func @functions
// CHECK-NOT:     math.{{(exp|log|tanh|erf|powf)}}
// CHECK:         return
func.func @functions(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  %1 = math.exp2 %0 : vector<16xf32>
  %2 = math.expm1 %1 : vector<16xf32>
  %3 = math.log %2 : vector<16xf32>
  %4 = math.log1p %3 : vector<16xf32>
  %5 = math.log2 %4 : vector<16xf32>
  %6 = math.log10 %5 : vector<16xf32>
  %7 = math.tanh %6 : vector<16xf32>
  %8 = math.erf %7 : vector<16xf32>
  %9 = math.powf %8, %x : vector<16xf32>
  return %9 : vector<16xf32>
}

// The same code for scalars, with one rounding per fused step.
// CHECK-LABEL: func.func @scalar
// CHECK:         math.fma %{{.*}} : f32
// CHECK-NOT:     math.exp
func.func @scalar(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  return %0 : f32
}

// The power is of -|x|, which cannot overflow.
// CHECK-LABEL: func.func @logistic
// CHECK-SAME:    %[[X:.*]]: f32
// CHECK:         %[[SIZE:.*]] = math.absf %[[X]]
// CHECK:         arith.negf %[[SIZE]]
// CHECK:         arith.divf
// CHECK-NOT:     arith.divf
func.func @logistic(%x: f32) -> f32 {
  %one = arith.constant 1.0 : f32
  %0 = arith.negf %x : f32
  %1 = math.exp %0 : f32
  %2 = arith.addf %1, %one : f32
  %3 = arith.divf %one, %2 : f32
  return %3 : f32
}

// Huge angles take a path through f64.
// CHECK-LABEL: func.func @angle
// CHECK:         %[[HUGE:.*]] = vector.reduction <or>
// CHECK:         scf.if %[[HUGE]]
// CHECK:           math.sin %{{.*}} : vector<8xf64>
// CHECK:         } else {
// CHECK-NOT:       math.sin
// CHECK:         return
func.func @angle(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sin %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// CHECK-LABEL: func.func @double
// CHECK:         math.exp %{{.*}} : f64
func.func @double(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  return %0 : f64
}
