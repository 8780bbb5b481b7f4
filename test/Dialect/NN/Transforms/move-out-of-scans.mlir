// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-move-out-of-scans --canonicalize | FileCheck %s

// The product of the inputs is one product over all steps, and what is made of invariants alone is made once. Elementwise ops on xs and
// what depends on the carry stay.
// CHECK-LABEL: func.func @hoist
// CHECK-SAME: (%[[A0:.*]]: tensor<4x3xf32>, %[[A1:.*]]: tensor<5x4x2xf32>, %[[A2:.*]]: tensor<3x2xf32>, %[[A3:.*]]: tensor<3x3xf32>)
// CHECK-NEXT: %[[V0:.*]] = nn.reshape %[[A1]] : tensor<5x4x2xf32> to tensor<20x2xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.matmul %[[V0]], %[[A2]] transpose_b
// CHECK-NEXT: %[[V2:.*]] = nn.reshape %[[V1]] : tensor<20x3xf32> to tensor<5x4x3xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.exp %[[A3]]
// CHECK-NEXT: %[[V4:.*]] = nn.scan %[[V5:.*]] to 5 inits(%[[V6:.*]] = %[[A0]] : tensor<4x3xf32>) xs(%[[V7:.*]] = %[[V2]] : tensor<5x4x3xf32>) invariants(%[[V8:.*]] = %[[V3]] : tensor<3x3xf32>) -> histories(tensor<6x4x3xf32>) {
// CHECK-NEXT: %[[V9:.*]] = nn.matmul %[[V6]], %[[V8]]
// CHECK-NEXT: %[[V10:.*]] = nn.add %[[V7]], %[[V9]]
// CHECK-NEXT: nn.scan_yield carries(%[[V10]] : tensor<4x3xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V4]]
func.func @hoist(%h: tensor<4x3xf32>, %xs: tensor<5x4x2xf32>, %w: tensor<3x2xf32>, %u: tensor<3x3xf32>) -> tensor<6x4x3xf32> {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<4x3xf32>) xs(%x = %xs : tensor<5x4x2xf32>) invariants(%a = %w, %b = %u : tensor<3x2xf32>, tensor<3x3xf32>)
      -> histories(tensor<6x4x3xf32>) {
    %0 = nn.matmul %x, %a transpose_b : tensor<4x2xf32>, tensor<3x2xf32>
    %1 = nn.exp %b : tensor<3x3xf32>
    %2 = nn.matmul %c, %1 : tensor<4x3xf32>, tensor<3x3xf32>
    %3 = nn.add %0, %2 : tensor<4x3xf32>, tensor<4x3xf32>
    nn.scan_yield carries(%3 : tensor<4x3xf32>)
  }
  return %s : tensor<6x4x3xf32>
}

// CHECK-LABEL: func.func @elementwise_stays
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[A1:.*]]: tensor<5x2xf32>)
// CHECK-NEXT: %[[V0:.*]] = nn.scan %[[V1:.*]] to 5 inits(%[[V2:.*]] = %[[A0]] : tensor<2xf32>) xs(%[[V3:.*]] = %[[A1]] : tensor<5x2xf32>) -> histories(tensor<6x2xf32>) {
// CHECK-NEXT: %[[V4:.*]] = nn.exp %[[V3]]
// CHECK-NEXT: %[[V5:.*]] = nn.mul %[[V2]], %[[V4]]
// CHECK-NEXT: nn.scan_yield carries(%[[V5]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V0]]
func.func @elementwise_stays(%h: tensor<2xf32>, %xs: tensor<5x2xf32>) -> tensor<6x2xf32> {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<5x2xf32>) -> histories(tensor<6x2xf32>) {
    %0 = nn.exp %x : tensor<2xf32>
    %1 = nn.mul %c, %0 : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%1 : tensor<2xf32>)
  }
  return %s : tensor<6x2xf32>
}

// A gradient of weights is one product whose reduced dimension spans all steps, one of a bias a sum over one dimension more.
// CHECK-LABEL: func.func @sink_sums
// CHECK-SAME: (%[[A0:.*]]: tensor<4x3xf32>, %[[A1:.*]]: tensor<5x4x2xf32>)
// CHECK-NEXT: %[[V0:.*]], %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 reverse inits(%[[V3:.*]] = %[[A0]] : tensor<4x3xf32>) -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x3xf32>) {
// CHECK-NEXT: %[[V4:.*]] = nn.tanh %[[V3]]
// CHECK-NEXT: nn.scan_yield carries(%[[V4]] : tensor<4x3xf32>) ys(%[[V4]] : tensor<4x3xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V5:.*]] = nn.reshape %[[V1]] : tensor<5x4x3xf32> to tensor<20x3xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.reshape %[[A1]] : tensor<5x4x2xf32> to tensor<20x2xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.matmul %[[V5]] transpose_a, %[[V6]]
// CHECK-NEXT: %[[V8:.*]] = nn.sum %[[V1]] over [0, 1]
// CHECK-NEXT: return %[[V7]], %[[V8]]
func.func @sink_sums(%h: tensor<4x3xf32>, %xs: tensor<5x4x2xf32>) -> (tensor<3x2xf32>, tensor<3xf32>) {
  %s:3 = nn.scan %t to 5 reverse inits(%c = %h : tensor<4x3xf32>) xs(%x = %xs : tensor<5x4x2xf32>)
      -> histories(tensor<6x4x3xf32>) sums(tensor<3x2xf32>, tensor<3xf32>) {
    %0 = nn.tanh %c : tensor<4x3xf32>
    %1 = nn.matmul %0 transpose_a, %x : tensor<4x3xf32>, tensor<4x2xf32>
    %2 = nn.sum %0 over [0] : tensor<4x3xf32>
    nn.scan_yield carries(%0 : tensor<4x3xf32>) sums(%1, %2 : tensor<3x2xf32>, tensor<3xf32>)
  }
  return %s#1, %s#2 : tensor<3x2xf32>, tensor<3xf32>
}

// A sum of what no product or sum gives stays.
// CHECK-LABEL: func.func @sum_stays
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>)
// CHECK-NEXT: %[[V0:.*]], %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 inits(%[[V3:.*]] = %[[A0]] : tensor<2xf32>) -> histories(tensor<6x2xf32>) sums(tensor<2xf32>) {
// CHECK-NEXT: %[[V4:.*]] = nn.exp %[[V3]]
// CHECK-NEXT: %[[V5:.*]] = nn.mul %[[V3]], %[[V4]]
// CHECK-NEXT: nn.scan_yield carries(%[[V4]] : tensor<2xf32>) sums(%[[V5]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V1]]
func.func @sum_stays(%h: tensor<2xf32>) -> tensor<2xf32> {
  %s:2 = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) -> histories(tensor<6x2xf32>) sums(tensor<2xf32>) {
    %0 = nn.exp %c : tensor<2xf32>
    %1 = nn.mul %c, %0 : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>) sums(%1 : tensor<2xf32>)
  }
  return %s#1 : tensor<2xf32>
}

// A product that ys alone read is one over all steps.
// CHECK-LABEL: func.func @sink_output
// CHECK-SAME: (%[[A0:.*]]: tensor<4x3xf32>, %[[A1:.*]]: tensor<3x2xf32>)
// CHECK-NEXT: %[[V0:.*]], %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 inits(%[[V3:.*]] = %[[A0]] : tensor<4x3xf32>) -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x3xf32>) {
// CHECK-NEXT: %[[V4:.*]] = nn.tanh %[[V3]]
// CHECK-NEXT: nn.scan_yield carries(%[[V4]] : tensor<4x3xf32>) ys(%[[V4]] : tensor<4x3xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V5:.*]] = nn.reshape %[[V1]] : tensor<5x4x3xf32> to tensor<20x3xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.matmul %[[V5]], %[[A1]]
// CHECK-NEXT: %[[V7:.*]] = nn.reshape %[[V6]] : tensor<20x2xf32> to tensor<5x4x2xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.exp %[[V7]]
// CHECK-NEXT: return %[[V8]]
func.func @sink_output(%h: tensor<4x3xf32>, %w: tensor<3x2xf32>) -> tensor<5x4x2xf32> {
  %s:2 = nn.scan %t to 5 inits(%c = %h : tensor<4x3xf32>) invariants(%v = %w : tensor<3x2xf32>)
      -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x2xf32>) {
    %0 = nn.tanh %c : tensor<4x3xf32>
    %1 = nn.matmul %0, %v : tensor<4x3xf32>, tensor<3x2xf32>
    %2 = nn.exp %1 : tensor<4x2xf32>
    nn.scan_yield carries(%0 : tensor<4x3xf32>) ys(%2 : tensor<4x2xf32>)
  }
  return %s#1 : tensor<5x4x2xf32>
}

// CHECK-LABEL: func.func @output_stays
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>)
// CHECK-NEXT: %[[V0:.*]], %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 inits(%[[V3:.*]] = %[[A0]] : tensor<2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
// CHECK-NEXT: %[[V4:.*]] = nn.tanh %[[V3]]
// CHECK-NEXT: %[[V5:.*]] = nn.exp %[[V4]]
// CHECK-NEXT: nn.scan_yield carries(%[[V4]] : tensor<2xf32>) ys(%[[V5]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V1]]
func.func @output_stays(%h: tensor<2xf32>) -> tensor<5x2xf32> {
  %s:2 = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
    %0 = nn.tanh %c : tensor<2xf32>
    %1 = nn.exp %0 : tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>) ys(%1 : tensor<2xf32>)
  }
  return %s#1 : tensor<5x2xf32>
}

// Slots of carries are in the order of the steps, ys in that of time.
// CHECK-LABEL: func.func @sink_reverse
// CHECK-SAME: (%[[A0:.*]]: tensor<4x3xf32>, %[[A1:.*]]: tensor<3x2xf32>)
// CHECK-NEXT: %[[V0:.*]] = nn.scan %[[V1:.*]] to 5 reverse inits(%[[V2:.*]] = %[[A0]] : tensor<4x3xf32>) -> histories(tensor<6x4x3xf32>) {
// CHECK-NEXT: %[[V3:.*]] = nn.tanh %[[V2]]
// CHECK-NEXT: nn.scan_yield carries(%[[V3]] : tensor<4x3xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V4:.*]] = nn.slice %[[V0]] from [0, 0, 0] to [5, 4, 3] by [1, 1, 1]
// CHECK-NEXT: %[[V5:.*]] = nn.reverse %[[V4]] over [0]
// CHECK-NEXT: %[[V6:.*]] = nn.reshape %[[V5]] : tensor<5x4x3xf32> to tensor<20x3xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.matmul %[[V6]], %[[A1]]
// CHECK-NEXT: %[[V8:.*]] = nn.reshape %[[V7]] : tensor<20x2xf32> to tensor<5x4x2xf32>
// CHECK-NEXT: return %[[V8]]
func.func @sink_reverse(%h: tensor<4x3xf32>, %w: tensor<3x2xf32>) -> tensor<5x4x2xf32> {
  %s:2 = nn.scan %t to 5 reverse inits(%c = %h : tensor<4x3xf32>) invariants(%v = %w : tensor<3x2xf32>)
      -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x2xf32>) {
    %0 = nn.tanh %c : tensor<4x3xf32>
    %1 = nn.matmul %c, %v : tensor<4x3xf32>, tensor<3x2xf32>
    nn.scan_yield carries(%0 : tensor<4x3xf32>) ys(%1 : tensor<4x2xf32>)
  }
  return %s#1 : tensor<5x4x2xf32>
}

// Slices of what is hoisted stay where they are read, and panels are read as such.
// CHECK-LABEL: func.func @views_stay
// CHECK: nn.matmul
// CHECK-NOT: nn.slice
// CHECK-NOT: nn.unpack_panels
// CHECK: nn.scan
// CHECK: nn.slice
// CHECK: nn.unpack_panels
// CHECK: nn.scan_yield
func.func @views_stay(%h: tensor<4x3xf32>, %xs: tensor<5x4x2xf32>, %w: tensor<2x6xf32>, %p: tensor<1x3x4xf32>) -> tensor<6x4x3xf32> {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<4x3xf32>) xs(%x = %xs : tensor<5x4x2xf32>) invariants(%a = %w, %b = %p : tensor<2x6xf32>, tensor<1x3x4xf32>)
      -> histories(tensor<6x4x3xf32>) {
    %0 = nn.matmul %x, %a : tensor<4x2xf32>, tensor<2x6xf32>
    %1 = nn.slice %0 from [0, 3] to [4, 6] by [1, 1] : tensor<4x6xf32>
    %2 = nn.unpack_panels %b columns 3 : tensor<1x3x4xf32>
    %3 = nn.matmul %c, %2 : tensor<4x3xf32>, tensor<3x3xf32>
    %4 = nn.add %1, %3 : tensor<4x3xf32>, tensor<4x3xf32>
    nn.scan_yield carries(%4 : tensor<4x3xf32>)
  }
  return %s : tensor<6x4x3xf32>
}
