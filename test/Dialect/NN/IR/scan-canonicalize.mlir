// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --canonicalize | FileCheck %s

// What nothing reads goes: a y, a sum, a carry that serves itself alone, and what they read. A carry that a y needs stays.
// CHECK-LABEL: func @dead
// CHECK-SAME: (%[[H:.*]]: tensor<2xf32>, %[[X:.*]]: tensor<5x2xf32>, %{{.*}}: tensor<5x2xf32>, %{{.*}}: tensor<2xf32>)
// CHECK: %{{.*}}, %[[S:.*]] = nn.scan %{{.*}} to 5 inits(%[[C:.*]] = %[[H]] : tensor<2xf32>) xs(%[[P:.*]] = %[[X]] : tensor<5x2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
// CHECK-NEXT: %[[N:.*]] = nn.mul %[[C]], %[[P]]
// CHECK-NEXT: %[[Y:.*]] = nn.exp %[[C]]
// CHECK-NEXT: nn.scan_yield carries(%[[N]] : tensor<2xf32>) ys(%[[Y]] : tensor<2xf32>)
// CHECK: return %[[S]]
func.func @dead(%h: tensor<2xf32>, %xs: tensor<5x2xf32>, %zs: tensor<5x2xf32>, %w: tensor<2xf32>) -> tensor<5x2xf32> {
  %s:5 = nn.scan %t to 5 inits(%d = %h, %c = %h : tensor<2xf32>, tensor<2xf32>) xs(%z = %zs, %x = %xs : tensor<5x2xf32>, tensor<5x2xf32>)
      invariants(%v = %w : tensor<2xf32>)
      -> histories(tensor<6x2xf32>, tensor<6x2xf32>) ys(tensor<5x2xf32>, tensor<5x2xf32>) sums(tensor<2xf32>) {
    %0 = nn.mul %c, %x : tensor<2xf32>, tensor<2xf32>
    %1 = nn.exp %c : tensor<2xf32>
    %2 = nn.add %d, %z : tensor<2xf32>, tensor<2xf32>
    %3 = nn.tanh %2 : tensor<2xf32>
    %4 = nn.sub %z, %v : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%2, %0 : tensor<2xf32>, tensor<2xf32>) ys(%3, %1 : tensor<2xf32>, tensor<2xf32>) sums(%4 : tensor<2xf32>)
  }
  return %s#3 : tensor<5x2xf32>
}

// CHECK-LABEL: func @all_dead
// CHECK-NEXT: return
func.func @all_dead(%h: tensor<2xf32>) {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) -> histories(tensor<6x2xf32>) {
    %0 = nn.exp %c : tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>)
  }
  return
}

// CHECK-LABEL: func @ys_of_others
// CHECK-SAME: (%[[X:.*]]: tensor<5x2xf32>, %[[W:.*]]: tensor<2xf32>)
// CHECK-NEXT: %[[B:.*]] = nn.broadcast %[[W]] : tensor<2xf32> to tensor<5x2xf32>
// CHECK-NEXT: return %[[X]], %[[B]]
func.func @ys_of_others(%xs: tensor<5x2xf32>, %w: tensor<2xf32>) -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %s:2 = nn.scan %t to 5 reverse xs(%x = %xs : tensor<5x2xf32>) invariants(%v = %w : tensor<2xf32>) -> ys(tensor<5x2xf32>, tensor<5x2xf32>) {
    nn.scan_yield ys(%x, %v : tensor<2xf32>, tensor<2xf32>)
  }
  return %s#0, %s#1 : tensor<5x2xf32>, tensor<5x2xf32>
}

// Rows that have ended are zero in ys.
// CHECK-LABEL: func @ys_end
// CHECK: %[[S:.*]]:2 = nn.scan
// CHECK: return %[[S]]#0, %[[S]]#1
func.func @ys_end(%xs: tensor<5x2xf32>, %w: tensor<2xf32>, %n: tensor<2xi64>) -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %s:2 = nn.scan %t to 5 xs(%x = %xs : tensor<5x2xf32>) invariants(%v = %w : tensor<2xf32>) lengths(%n : tensor<2xi64>)
      -> ys(tensor<5x2xf32>, tensor<5x2xf32>) {
    nn.scan_yield ys(%x, %v : tensor<2xf32>, tensor<2xf32>)
  }
  return %s#0, %s#1 : tensor<5x2xf32>, tensor<5x2xf32>
}

// A carry that never changes is an invariant; its history is the init in each slot.
// CHECK-LABEL: func @constant_carry
// CHECK-SAME: (%[[H:.*]]: tensor<2xf32>, %[[X:.*]]: tensor<5x2xf32>)
// CHECK-DAG: %[[B:.*]] = nn.broadcast %[[H]] : tensor<2xf32> to tensor<6x2xf32>
// CHECK-DAG: %[[S:.*]] = nn.scan %{{.*}} to 5 xs(%[[P:.*]] = %[[X]] : tensor<5x2xf32>) invariants(%[[V:.*]] = %[[H]] : tensor<2xf32>) -> ys(tensor<5x2xf32>)
// CHECK: nn.mul %[[V]], %[[P]]
// CHECK: return %[[B]], %[[S]]
func.func @constant_carry(%h: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<6x2xf32>, tensor<5x2xf32>) {
  %s:2 = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<5x2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
    %0 = nn.mul %c, %x : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%c : tensor<2xf32>) ys(%0 : tensor<2xf32>)
  }
  return %s#0, %s#1 : tensor<6x2xf32>, tensor<5x2xf32>
}

// CHECK-LABEL: func @one_step
// CHECK-SAME: (%[[H:.*]]: tensor<2xf32>, %[[X:.*]]: tensor<1x2xf32>, %[[W:.*]]: tensor<2xf32>)
// CHECK-NOT: nn.scan
// CHECK: %[[T:.*]] = nn.constant dense<0> : tensor<i64>
// CHECK: %[[P:.*]] = nn.reshape %[[X]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK: %[[A:.*]] = nn.mul %[[H]], %[[P]]
// CHECK: %[[B:.*]] = nn.add %[[A]], %[[W]]
// CHECK: %[[F:.*]] = nn.cast %[[T]]
// CHECK: %[[D:.*]] = nn.sub %[[B]], %[[F]]
// CHECK-DAG: %[[FIRST:.*]] = nn.reshape %[[H]] : tensor<2xf32> to tensor<1x2xf32>
// CHECK-DAG: %[[SECOND:.*]] = nn.reshape %[[A]] : tensor<2xf32> to tensor<1x2xf32>
// CHECK: %[[HISTORY:.*]] = nn.concat %[[FIRST]], %[[SECOND]] along 0
// CHECK: %[[Y:.*]] = nn.reshape %[[B]] : tensor<2xf32> to tensor<1x2xf32>
// CHECK: return %[[HISTORY]], %[[Y]], %[[D]]
func.func @one_step(%h: tensor<2xf32>, %xs: tensor<1x2xf32>, %w: tensor<2xf32>) -> (tensor<2x2xf32>, tensor<1x2xf32>, tensor<2xf32>) {
  %s:3 = nn.scan %t to 1 inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<1x2xf32>) invariants(%v = %w : tensor<2xf32>)
      -> histories(tensor<2x2xf32>) ys(tensor<1x2xf32>) sums(tensor<2xf32>) {
    %0 = nn.mul %c, %x : tensor<2xf32>, tensor<2xf32>
    %1 = nn.add %0, %v : tensor<2xf32>, tensor<2xf32>
    %2 = nn.cast %t : tensor<i64> to tensor<f32>
    %3 = nn.sub %1, %2 : tensor<2xf32>, tensor<f32>
    nn.scan_yield carries(%0 : tensor<2xf32>) ys(%1 : tensor<2xf32>) sums(%3 : tensor<2xf32>)
  }
  return %s#0, %s#1, %s#2 : tensor<2x2xf32>, tensor<1x2xf32>, tensor<2xf32>
}

// A row may be without any step.
// CHECK-LABEL: func @one_step_if_at_all
// CHECK: nn.scan
func.func @one_step_if_at_all(%h: tensor<2xf32>, %n: tensor<2xi64>) -> tensor<2x2xf32> {
  %s = nn.scan %t to 1 inits(%c = %h : tensor<2xf32>) lengths(%n : tensor<2xi64>) -> histories(tensor<2x2xf32>) {
    %0 = nn.exp %c : tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>)
  }
  return %s : tensor<2x2xf32>
}
