// RUN: sinter-opt %s --sinter-expand-fma | FileCheck %s
// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Multiply-adds of products round twice; those of functions go through f64.

// CHECK-LABEL: func.func @product(
// CHECK-SAME:    %[[A:.*]]: vector<4xf32>, %[[B:.*]]: vector<4xf32>, %[[C:.*]]: vector<4xf32>
// CHECK-NEXT:    %[[P:.*]] = arith.mulf %[[A]], %[[B]] : vector<4xf32>
// CHECK-NEXT:    arith.addf %[[P]], %[[C]] : vector<4xf32>
func.func @product(%a: vector<4xf32>, %b: vector<4xf32>, %c: vector<4xf32>) -> vector<4xf32> {
  %0 = vector.fma %a, %b, %c : vector<4xf32>
  return %0 : vector<4xf32>
}

// CHECK-LABEL: func.func @function(
// CHECK-SAME:    %[[A:.*]]: vector<4xf32>, %[[B:.*]]: vector<4xf32>, %[[C:.*]]: vector<4xf32>
// CHECK-DAG:     %[[X:.*]] = arith.extf %[[A]] : vector<4xf32> to vector<4xf64>
// CHECK-DAG:     %[[Y:.*]] = arith.extf %[[B]]
// CHECK-DAG:     %[[Z:.*]] = arith.extf %[[C]]
// CHECK-DAG:     %[[P:.*]] = arith.mulf %[[X]], %[[Y]]
// CHECK:         %[[S:.*]] = arith.addf %[[P]], %[[Z]]
// CHECK:         arith.truncf %[[S]] : vector<4xf64> to vector<4xf32>
func.func @function(%a: vector<4xf32>, %b: vector<4xf32>, %c: vector<4xf32>) -> vector<4xf32> {
  %0 = math.fma %a, %b, %c : vector<4xf32>
  return %0 : vector<4xf32>
}

// CHECK-LABEL: func.func @wide(
// CHECK-NEXT:    math.fma
func.func @wide(%a: f64, %b: f64, %c: f64) -> f64 {
  %0 = math.fma %a, %b, %c : f64
  return %0 : f64
}
