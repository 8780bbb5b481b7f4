// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt --nn-to-linalg %s | FileCheck %s

// CHECK: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK: #[[ROWS:.+]] = affine_map<(d0, d1) -> (d0)>

// Accumulators of f64 beside the results.
// CHECK-LABEL: func.func @sum
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROWS]]], iterator_types = ["parallel", "reduction"]}
// CHECK-SAME: outs(%{{.+}}, %{{.+}} : tensor<3x5xf32>, tensor<3xf64>)
// CHECK: ^bb0(%[[X:.+]]: f32, %{{.+}}: f32, %[[BEFORE:.+]]: f64):
// CHECK: %[[WIDE:.+]] = arith.extf %[[X]]
// CHECK: %[[NEXT:.+]] = arith.addf %[[BEFORE]], %[[WIDE]]
// CHECK: %[[Y:.+]] = arith.truncf %[[NEXT]]
// CHECK: linalg.yield %[[Y]], %[[NEXT]]
func.func @sum(%x: tensor<3x5xf32>) -> tensor<3x5xf32> attributes {sinter.kernel} {
  %0 = nn.cumulate sum %x along 1 : tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// The index is kept beside the best value: NaN and equal ones replace it.
// CHECK-LABEL: func.func @index
// CHECK-SAME: %[[INPUT:.+]]: tensor<3x5xf32>
// CHECK: linalg.generic
// CHECK-SAME: outs(%{{.+}}, %{{.+}}, %{{.+}} : tensor<3x5xi64>, tensor<5xf32>, tensor<5xi64>)
// CHECK: arith.cmpf oge
// CHECK: arith.cmpf uno
// CHECK: linalg.index 0
func.func @index(%x: tensor<3x5xf32>) -> tensor<3x5xi64> attributes {sinter.kernel} {
  %0 = nn.cumulated_index maximum %x along 0 : tensor<3x5xf32>
  return %0 : tensor<3x5xi64>
}
