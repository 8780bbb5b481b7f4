// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-fuse --nn-outline-kernels --nn-plan-memory --nn-verify-kernels --split-input-file --verify-diagnostics | FileCheck %s

// Steps read and write slots of the history and slices of the stacked tensors where these lie; the init is computed in slot 0.
// CHECK-LABEL: func.func @forward
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<5x16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<5x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<704xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 0 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @exp_16 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V1:.*]]: index, %[[V2:.*]]: index):
// CHECK-NEXT: %[[V3:.*]] = nn.step_view %[[A4]] at 0 plus %[[V1]] times 64 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A2]] at 0 plus %[[V2]] times 64 : memref<5x16xf32> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 64 plus %[[V1]] times 64 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 384 plus %[[V2]] times 64 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_exp_16 tiles(1) (%[[V3]], %[[V4]], %[[V5]], %[[V6]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.buffer_view %[[A4]] at 384 : memref<704xi8> to memref<5x16xf32>
// CHECK-NEXT: nn.launch @copy_5x16xf32 tiles(1) (%[[V7]], %[[A3]])
// CHECK-NEXT: return
func.func @forward(%h: tensor<16xf32>, %xs: tensor<5x16xf32>) -> tensor<5x16xf32> attributes {nn.entry = "forward"} {
  %i = nn.exp %h : tensor<16xf32>
  %s:2 = nn.scan %t to 5 inits(%c = %i : tensor<16xf32>) xs(%x = %xs : tensor<5x16xf32>) -> histories(tensor<6x16xf32>) ys(tensor<5x16xf32>) {
    %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
    %1 = nn.exp %0 : tensor<16xf32>
    nn.scan_yield carries(%0 : tensor<16xf32>) ys(%1 : tensor<16xf32>)
  }
  return %s#1 : tensor<5x16xf32>
}

// -----

// In reverse, xs and ys follow the time, slots the step. An init of the caller is copied.
// CHECK-LABEL: func.func @reverse
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<5x16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<16xf32> {nn.role = "input"}, %[[A4:.*]]: memref<6x16xf32> {nn.role = "result"}, %[[A5:.*]]: memref<5x16xf32> {nn.role = "result"}, %[[A6:.*]]: memref<704xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A6]] at 0 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: nn.loop 5 reverse {
// CHECK-NEXT: ^bb0(%[[V1:.*]]: index, %[[V2:.*]]: index):
// CHECK-NEXT: %[[V3:.*]] = nn.step_view %[[A6]] at 0 plus %[[V1]] times 64 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A2]] at 0 plus %[[V2]] times 64 : memref<5x16xf32> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A6]] at 64 plus %[[V1]] times 64 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A6]] at 384 plus %[[V2]] times 64 : memref<704xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_exp_sub_16 tiles(1) (%[[V3]], %[[V4]], %[[A3]], %[[V5]], %[[V6]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.buffer_view %[[A6]] at 0 : memref<704xi8> to memref<6x16xf32>
// CHECK-NEXT: nn.launch @copy_6x16xf32 tiles(1) (%[[V7]], %[[A4]])
// CHECK-NEXT: %[[V8:.*]] = nn.buffer_view %[[A6]] at 384 : memref<704xi8> to memref<5x16xf32>
// CHECK-NEXT: nn.launch @copy_5x16xf32 tiles(1) (%[[V8]], %[[A5]])
// CHECK-NEXT: return
func.func @reverse(%h: tensor<16xf32>, %xs: tensor<5x16xf32>, %w: tensor<16xf32>) -> (tensor<6x16xf32>, tensor<5x16xf32>) attributes {nn.entry = "reverse"} {
  %s:2 = nn.scan %t to 5 reverse inits(%c = %h : tensor<16xf32>) xs(%x = %xs : tensor<5x16xf32>) invariants(%v = %w : tensor<16xf32>)
      -> histories(tensor<6x16xf32>) ys(tensor<5x16xf32>) {
    %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
    %1 = nn.exp %v : tensor<16xf32>
    %2 = nn.sub %0, %1 : tensor<16xf32>, tensor<16xf32>
    nn.scan_yield carries(%0 : tensor<16xf32>) ys(%2 : tensor<16xf32>)
  }
  return %s#0, %s#1 : tensor<6x16xf32>, tensor<5x16xf32>
}

// -----

// Two carries that change places are copied.
// CHECK-LABEL: func.func @swap
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<6x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<768xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 0 : memref<768xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: %[[V1:.*]] = nn.buffer_view %[[A4]] at 384 : memref<768xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A2]], %[[V1]])
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V2:.*]]: index, %[[V3:.*]]: index):
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A4]] at 384 plus %[[V2]] times 64 : memref<768xi8> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 64 plus %[[V2]] times 64 : memref<768xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[V4]], %[[V5]])
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 0 plus %[[V2]] times 64 : memref<768xi8> to memref<16xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.step_view %[[A4]] at 448 plus %[[V2]] times 64 : memref<768xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[V6]], %[[V7]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V8:.*]] = nn.buffer_view %[[A4]] at 0 : memref<768xi8> to memref<6x16xf32>
// CHECK-NEXT: nn.launch @copy_6x16xf32 tiles(1) (%[[V8]], %[[A3]])
// CHECK-NEXT: return
func.func @swap(%a: tensor<16xf32>, %b: tensor<16xf32>) -> tensor<6x16xf32> attributes {nn.entry = "swap"} {
  %s:2 = nn.scan %t to 5 inits(%c = %a, %d = %b : tensor<16xf32>, tensor<16xf32>) -> histories(tensor<6x16xf32>, tensor<6x16xf32>) {
    nn.scan_yield carries(%d, %c : tensor<16xf32>, tensor<16xf32>)
  }
  return %s#0 : tensor<6x16xf32>
}

// -----

func.func @sums(%xs: tensor<5x16xf32>) -> tensor<16xf32> attributes {nn.entry = "sums"} {
  // expected-error@+1 {{expected a scan without sums, lengths and uses of the time at this phase}}
  %s = nn.scan %t to 5 xs(%x = %xs : tensor<5x16xf32>) -> sums(tensor<16xf32>) {
    nn.scan_yield sums(%x : tensor<16xf32>)
  }
  return %s : tensor<16xf32>
}

// -----

func.func @lengths(%xs: tensor<5x16xf32>, %n: tensor<16xi64>) -> tensor<5x16xf32> attributes {nn.entry = "lengths"} {
  // expected-error@+1 {{expected a scan without sums, lengths and uses of the time at this phase}}
  %s = nn.scan %t to 5 xs(%x = %xs : tensor<5x16xf32>) lengths(%n : tensor<16xi64>) -> ys(tensor<5x16xf32>) {
    nn.scan_yield ys(%x : tensor<16xf32>)
  }
  return %s : tensor<5x16xf32>
}

// -----

func.func @time() -> tensor<5xi64> attributes {nn.entry = "time"} {
  // expected-error@+1 {{expected a scan without sums, lengths and uses of the time at this phase}}
  %s = nn.scan %t to 5 -> ys(tensor<5xi64>) {
    nn.scan_yield ys(%t : tensor<i64>)
  }
  return %s : tensor<5xi64>
}

// -----

func.func @nested(%w: tensor<16xf32>) -> tensor<5x4x16xf32> attributes {nn.entry = "nested"} {
  %s = nn.scan %t to 5 invariants(%v = %w : tensor<16xf32>) -> ys(tensor<5x4x16xf32>) {
    // expected-error@+1 {{expected kernels, views and constants in a loop, but got nn.scan}}
    %0 = nn.scan %u to 4 invariants(%x = %v : tensor<16xf32>) -> ys(tensor<4x16xf32>) {
      nn.scan_yield ys(%x : tensor<16xf32>)
    }
    nn.scan_yield ys(%0 : tensor<4x16xf32>)
  }
  return %s : tensor<5x4x16xf32>
}
