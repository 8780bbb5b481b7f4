// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-expand-lengths | FileCheck %s --check-prefix=LENGTHS
// RUN: sinter-opt %s --nn-expand-sums | FileCheck %s --check-prefix=SUMS

// LENGTHS-LABEL: func.func @lengths
// LENGTHS-SAME: (%[[A0:.*]]: tensor<2x3xf32>, %[[A1:.*]]: tensor<5x2xf32>, %[[A2:.*]]: tensor<2xi32>)
// LENGTHS-NEXT: %[[V0:.*]] = nn.iota 0 : tensor<5xi64>
// LENGTHS-NEXT: %[[V1:.*]], %[[V2:.*]] = nn.scan %[[V3:.*]] to 5 inits(%[[V4:.*]] = %[[A0]] : tensor<2x3xf32>) xs(%[[V5:.*]] = %[[A1]], %[[V6:.*]] = %[[V0]] : tensor<5x2xf32>, tensor<5xi64>) invariants(%[[V7:.*]] = %[[A2]] : tensor<2xi32>) -> histories(tensor<6x2x3xf32>) ys(tensor<5x2xf32>) {
// LENGTHS-NEXT: %[[V8:.*]] = nn.cast %[[V7]] : tensor<2xi32> to tensor<2xi64>
// LENGTHS-NEXT: %[[V9:.*]] = nn.compare  lt %[[V6]], %[[V8]]
// LENGTHS-NEXT: %[[V10:.*]] = nn.constant dense<0.000000e+00> : tensor<f32>
// LENGTHS-NEXT: %[[V11:.*]] = nn.select %[[V9]], %[[V5]], %[[V10]]
// LENGTHS-NEXT: %[[V12:.*]] = nn.exp %[[V4]]
// LENGTHS-NEXT: %[[V13:.*]] = nn.exp %[[V11]]
// LENGTHS-NEXT: %[[V14:.*]] = nn.reshape %[[V9]] : tensor<2xi1> to tensor<2x1xi1>
// LENGTHS-NEXT: %[[V15:.*]] = nn.select %[[V14]], %[[V12]], %[[V4]]
// LENGTHS-NEXT: %[[V16:.*]] = nn.constant dense<0.000000e+00> : tensor<f32>
// LENGTHS-NEXT: %[[V17:.*]] = nn.select %[[V9]], %[[V13]], %[[V16]]
// LENGTHS-NEXT: nn.scan_yield carries(%[[V15]] : tensor<2x3xf32>) ys(%[[V17]] : tensor<2xf32>)
// LENGTHS-NEXT: }
// LENGTHS-NEXT: return %[[V1]], %[[V2]]
func.func @lengths(%h: tensor<2x3xf32>, %xs: tensor<5x2xf32>, %n: tensor<2xi32>) -> (tensor<6x2x3xf32>, tensor<5x2xf32>) {
  %s:2 = nn.scan %t to 5 inits(%c = %h : tensor<2x3xf32>) xs(%x = %xs : tensor<5x2xf32>) lengths(%n : tensor<2xi32>)
      -> histories(tensor<6x2x3xf32>) ys(tensor<5x2xf32>) {
    %0 = nn.exp %c : tensor<2x3xf32>
    %1 = nn.exp %x : tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2x3xf32>) ys(%1 : tensor<2xf32>)
  }
  return %s#0, %s#1 : tensor<6x2x3xf32>, tensor<5x2xf32>
}

// LENGTHS-LABEL: func.func @time
// LENGTHS-NEXT: %[[V0:.*]] = nn.iota 0 : tensor<5xi64>
// LENGTHS-NEXT: %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 reverse xs(%[[V3:.*]] = %[[V0]] : tensor<5xi64>) -> ys(tensor<5xi64>) {
// LENGTHS-NEXT: nn.scan_yield ys(%[[V3]] : tensor<i64>)
// LENGTHS-NEXT: }
// LENGTHS-NEXT: return %[[V1]]
func.func @time() -> tensor<5xi64> {
  %s = nn.scan %t to 5 reverse -> ys(tensor<5xi64>) {
    nn.scan_yield ys(%t : tensor<i64>)
  }
  return %s : tensor<5xi64>
}

// SUMS-LABEL: func.func @sums
// SUMS-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[A1:.*]]: tensor<5x3xf32>)
// SUMS-NEXT: %[[V0:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// SUMS-NEXT: %[[V1:.*]]:2, %[[V2:.*]] = nn.scan %[[V3:.*]] to 5 inits(%[[V4:.*]] = %[[A0]], %[[V5:.*]] = %[[V0]] : tensor<2xf32>, tensor<3xf32>) xs(%[[V6:.*]] = %[[A1]] : tensor<5x3xf32>) -> histories(tensor<6x2xf32>, tensor<6x3xf32>) ys(tensor<5x2xf32>) {
// SUMS-NEXT: %[[V7:.*]] = nn.exp %[[V4]]
// SUMS-NEXT: %[[V8:.*]] = nn.add %[[V5]], %[[V6]]
// SUMS-NEXT: nn.scan_yield carries(%[[V7]], %[[V8]] : tensor<2xf32>, tensor<3xf32>) ys(%[[V4]] : tensor<2xf32>)
// SUMS-NEXT: }
// SUMS-NEXT: %[[V9:.*]] = nn.slice %[[V1]]#1 from [5, 0] to [6, 3] by [1, 1]
// SUMS-NEXT: %[[V10:.*]] = nn.reshape %[[V9]] : tensor<1x3xf32> to tensor<3xf32>
// SUMS-NEXT: return %[[V1]]#0, %[[V2]], %[[V10]]
func.func @sums(%h: tensor<2xf32>, %xs: tensor<5x3xf32>) -> (tensor<6x2xf32>, tensor<5x2xf32>, tensor<3xf32>) {
  %s:3 = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<5x3xf32>)
      -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) sums(tensor<3xf32>) {
    %0 = nn.exp %c : tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>) ys(%c : tensor<2xf32>) sums(%x : tensor<3xf32>)
  }
  return %s#0, %s#1, %s#2 : tensor<6x2xf32>, tensor<5x2xf32>, tensor<3xf32>
}
