// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s | sinter-opt | FileCheck %s
// RUN: sinter-opt %s --mlir-print-op-generic | sinter-opt | FileCheck %s

// CHECK-LABEL: func @all
// CHECK-SAME: (%[[H:.*]]: tensor<4x3xf32>, %[[X:.*]]: tensor<5x4x3xf32>, %[[Z:.*]]: tensor<5x4xi64>, %[[W:.*]]: tensor<3x3xf32>, %[[N:.*]]: tensor<4xi64>)
func.func @all(%h0: tensor<4x3xf32>, %xs: tensor<5x4x3xf32>, %zs: tensor<5x4xi64>, %w: tensor<3x3xf32>, %n: tensor<4xi64>)
    -> (tensor<6x4x3xf32>, tensor<5x4x3xf32>, tensor<5x4xi64>, tensor<f32>) {
  // CHECK: %[[S:.*]], %[[Y:.*]]:2, %[[U:.*]] = nn.scan %{{.*}} to 5 reverse inits(%[[C:.*]] = %[[H]] : tensor<4x3xf32>) xs(%[[P:.*]] = %[[X]], %[[Q:.*]] = %[[Z]] : tensor<5x4x3xf32>, tensor<5x4xi64>) invariants(%[[V:.*]] = %[[W]] : tensor<3x3xf32>) lengths(%[[N]] : tensor<4xi64>) -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x3xf32>, tensor<5x4xi64>) sums(tensor<f32>) {
  // CHECK-NEXT: %[[M:.*]] = nn.matmul %[[C]], %[[V]]
  // CHECK-NEXT: %[[A:.*]] = nn.add %[[M]], %[[P]]
  // CHECK-NEXT: %[[R:.*]] = nn.sum %[[A]] over [0, 1]
  // CHECK-NEXT: nn.scan_yield carries(%[[A]] : tensor<4x3xf32>) ys(%[[M]], %[[Q]] : tensor<4x3xf32>, tensor<4xi64>) sums(%[[R]] : tensor<f32>)
  // CHECK-NEXT: }
  // CHECK-NEXT: return %[[S]], %[[Y]]#0, %[[Y]]#1, %[[U]]
  %s:4 = nn.scan %t to 5 reverse inits(%c = %h0 : tensor<4x3xf32>) xs(%x = %xs, %z = %zs : tensor<5x4x3xf32>, tensor<5x4xi64>)
      invariants(%v = %w : tensor<3x3xf32>) lengths(%n : tensor<4xi64>)
      -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x3xf32>, tensor<5x4xi64>) sums(tensor<f32>) {
    %0 = nn.matmul %c, %v : tensor<4x3xf32>, tensor<3x3xf32>
    %1 = nn.add %0, %x : tensor<4x3xf32>, tensor<4x3xf32>
    %2 = nn.sum %1 over [0, 1] : tensor<4x3xf32>
    nn.scan_yield carries(%1 : tensor<4x3xf32>) ys(%0, %z : tensor<4x3xf32>, tensor<4xi64>) sums(%2 : tensor<f32>)
  }
  return %s#0, %s#1, %s#2, %s#3 : tensor<6x4x3xf32>, tensor<5x4x3xf32>, tensor<5x4xi64>, tensor<f32>
}

// The time is an argument like any other; attributes of others stay.
// CHECK-LABEL: func @time
func.func @time() -> tensor<5xi64> {
  // CHECK: nn.scan %[[T:.*]] to 5 -> ys(tensor<5xi64>) attributes {note = "x"}
  // CHECK-NEXT: nn.scan_yield ys(%[[T]] : tensor<i64>)
  %s = nn.scan %t to 5 -> ys(tensor<5xi64>) attributes {note = "x"} {
    nn.scan_yield ys(%t : tensor<i64>)
  }
  return %s : tensor<5xi64>
}

// CHECK-LABEL: func @scalars
func.func @scalars(%xs: tensor<0xf32>) -> tensor<f32> {
  // CHECK: nn.scan %{{.*}} to 0 xs(%[[X:.*]] = %{{.*}} : tensor<0xf32>) -> sums(tensor<f32>) {
  // CHECK-NEXT: nn.scan_yield sums(%[[X]] : tensor<f32>)
  %s = nn.scan %t to 0 xs(%x = %xs : tensor<0xf32>) -> sums(tensor<f32>) {
    nn.scan_yield sums(%x : tensor<f32>)
  }
  return %s : tensor<f32>
}

// CHECK-LABEL: func @nothing
func.func @nothing() {
  // CHECK: nn.scan %{{.*}} to 5 -> {
  // CHECK-NEXT: nn.scan_yield
  nn.scan %t to 5 -> {
    nn.scan_yield
  }
  return
}

// CHECK-LABEL: func @loop
func.func @loop(%x: memref<5x4xf32>, %w: memref<128xi8>) {
  // CHECK: nn.loop 5 reverse {
  // CHECK-NEXT: ^bb0(%[[S:.*]]: index, %[[T:.*]]: index):
  // CHECK-NEXT: %[[A:.*]] = nn.step_view %{{.*}} at 0 plus %[[T]] times 16 : memref<5x4xf32> to memref<4xf32>
  // CHECK-NEXT: %[[B:.*]] = nn.step_view %{{.*}} at 48 plus %[[S]] times 16 : memref<128xi8> to memref<4xf32>
  // CHECK-NEXT: nn.launch @k tiles(1) (%[[A]], %[[B]])
  nn.loop 5 reverse {
  ^bb0(%s: index, %t: index):
    %0 = nn.step_view %x at 0 plus %t times 16 : memref<5x4xf32> to memref<4xf32>
    %1 = nn.step_view %w at 48 plus %s times 16 : memref<128xi8> to memref<4xf32>
    nn.launch @k tiles(1) (%0, %1) : memref<4xf32>, memref<4xf32>
  }
  // CHECK: nn.loop 0 {
  nn.loop 0 {
  ^bb0(%s: index, %t: index):
  }
  return
}
