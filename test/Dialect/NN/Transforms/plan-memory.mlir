// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --split-input-file --nn-fuse --nn-outline-kernels --nn-plan-memory --nn-verify-kernels --verify-diagnostics | FileCheck %s

nn.state @M bytes 256 {
  nn.segment "trainer.step" header : tensor<i64> at 0
  nn.segment "w" parameter : tensor<10xf32> at 64
  nn.segment "b" parameter : tensor<16xf32> at 128
  nn.segment "mean" buffer : tensor<16xf32> at 192
}

// A returned value is computed where the caller wants it; a second copy of it takes a kernel.
// CHECK-LABEL: func.func @returned
// CHECK-SAME: (%{{.*}}: memref<256xi8> {nn.role = "state"}, %[[X:.*]]: memref<4xf32> {nn.name = "x", nn.role = "input"}, %[[Y:.*]]: memref<4xf32> {nn.result = "y", nn.role = "result"}, %[[Z:.*]]: memref<4xf32> {nn.result = "z", nn.role = "result"}, %{{.*}}: memref<0xi8> {nn.role = "workspace"})
// CHECK-SAME: nn.workspace_bytes = 0
// CHECK-NEXT: nn.launch @exp_4 tiles(1) (%[[X]], %[[Y]])
// CHECK-NEXT: nn.launch @copy_4xf32 tiles(1) (%[[Y]], %[[Z]])
// CHECK-NEXT: return
func.func @returned(%x: tensor<4xf32> {nn.name = "x"}) -> (tensor<4xf32> {nn.name = "y"}, tensor<4xf32> {nn.name = "z"})
    attributes {nn.entry = "returned", nn.state = @M} {
  %0 = nn.exp %x : tensor<4xf32>
  return %0, %0 : tensor<4xf32>, tensor<4xf32>
}

// State is overwritten in place.
// CHECK-LABEL: func.func @counter
// CHECK-NEXT: %[[S:.*]] = nn.buffer_view %arg0 at 0 : memref<256xi8> to memref<i64>
// CHECK-NEXT: nn.launch @add_scalar_inplace tiles(1) (%[[S]])
// CHECK-NEXT: return
func.func @counter() attributes {nn.entry = "counter", nn.state = @M} {
  %s = nn.get_segment @M "trainer.step" : tensor<i64>
  %one = nn.constant dense<1> : tensor<i64>
  %n = nn.add %s, %one : tensor<i64>, tensor<i64>
  nn.set_segment @M "trainer.step" %n : tensor<i64>
  return
}

// The reader of the old value goes before the writer, whatever the program's order.
// CHECK-LABEL: func.func @reader_first
// CHECK: nn.launch @exp_4x4
// CHECK: nn.launch @mul_16_inplace
// CHECK-NOT: nn.launch
func.func @reader_first(%x: tensor<16xf32>) -> tensor<16xf32> attributes {nn.entry = "reader_first", nn.state = @M} {
  %m = nn.get_segment @M "mean" : tensor<16xf32>
  %c = nn.constant dense<0.5> : tensor<f32>
  %n = nn.mul %m, %c : tensor<16xf32>, tensor<f32>
  nn.set_segment @M "mean" %n : tensor<16xf32>
  %r = nn.reshape %m : tensor<16xf32> to tensor<4x4xf32>
  %e = nn.exp %r : tensor<4x4xf32>
  %e2 = nn.reshape %e : tensor<4x4xf32> to tensor<16xf32>
  return %e2 : tensor<16xf32>
}

// The reversed value is not read where it is written: the new one waits in the workspace.
// CHECK-LABEL: func.func @not_in_place
// CHECK: %[[M:.*]] = nn.buffer_view %arg0 at 192
// CHECK: %[[T:.*]] = nn.buffer_view %{{.*}} at 0 : memref<64xi8> to memref<16xf32>
// CHECK: nn.launch @reverse_16 tiles(1) (%[[M]], %[[T]])
// CHECK: nn.launch @copy_16xf32 tiles(1) (%[[T]], %[[M]])
func.func @not_in_place() attributes {nn.entry = "not_in_place", nn.state = @M} {
  %m = nn.get_segment @M "mean" : tensor<16xf32>
  %r = nn.reverse %m over [0] : tensor<16xf32>
  nn.set_segment @M "mean" %r : tensor<16xf32>
  return
}

// Two segments change places: one of them waits in the workspace.
// CHECK-LABEL: func.func @swap
// CHECK-NEXT: %[[B:.*]] = nn.buffer_view %arg0 at 128
// CHECK-NEXT: %[[T:.*]] = nn.buffer_view %arg1 at 0
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[B]], %[[T]])
// CHECK-NEXT: %[[M:.*]] = nn.buffer_view %arg0 at 192
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[M]], %[[B]])
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[T]], %[[M]])
// CHECK-NEXT: return
func.func @swap() attributes {nn.entry = "swap", nn.state = @M} {
  %b = nn.get_segment @M "b" : tensor<16xf32>
  %m = nn.get_segment @M "mean" : tensor<16xf32>
  nn.set_segment @M "b" %m : tensor<16xf32>
  nn.set_segment @M "mean" %b : tensor<16xf32>
  return
}

// The parts of a run are written side by side, into the result; only the padding is zeroed.
// CHECK-LABEL: func.func @run
// CHECK-DAG: %[[W:.*]] = nn.buffer_view %[[G:arg[0-9]+]] at 0 : memref<32xf32> to memref<10xf32>
// CHECK-DAG: %[[B:.*]] = nn.buffer_view %[[G]] at 64 : memref<32xf32> to memref<16xf32>
// CHECK-DAG: %[[P:.*]] = nn.buffer_view %[[G]] at 40 : memref<32xf32> to memref<6xf32>
// CHECK-DAG: nn.launch @exp_10 tiles(1) (%{{.*}}, %[[W]])
// CHECK-DAG: nn.launch @exp_16 tiles(1) (%{{.*}}, %[[B]])
// CHECK-DAG: nn.launch @zero_6xf32 tiles(1) (%[[P]])
func.func @run(%x: tensor<10xf32>, %y: tensor<16xf32>) -> tensor<32xf32> attributes {nn.entry = "run", nn.state = @M} {
  %0 = nn.exp %x : tensor<10xf32>
  %1 = nn.exp %y : tensor<16xf32>
  %2 = nn.pack_run @M %0, %1 : tensor<10xf32>, tensor<16xf32> to tensor<32xf32>
  return %2 : tensor<32xf32>
}

// An in-out is one buffer, which the caller passes once.
// CHECK-LABEL: func.func @inout
// CHECK-SAME: %[[G:arg[0-9]+]]: memref<4xf32> {nn.result = "g", nn.role = "inout"}
// CHECK-NEXT: nn.launch @add_4_inplace tiles(1) (%{{.*}}, %[[G]])
func.func @inout(%x: tensor<4xf32> {nn.name = "x"}, %g: tensor<4xf32> {nn.name = "g", nn.inout}) -> (tensor<4xf32> {nn.name = "g", nn.inout})
    attributes {nn.entry = "inout", nn.state = @M} {
  %0 = nn.add %x, %g : tensor<4xf32>, tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Values that are not alive together share bytes: 16 KB in a ring of two.
// CHECK-LABEL: func.func @lifetimes
// CHECK-SAME: nn.workspace_bytes = 8192
func.func @lifetimes(%x: tensor<32x32xf32>) -> tensor<32x32xf32> attributes {nn.entry = "lifetimes"} {
  %0 = nn.matmul %x, %x : tensor<32x32xf32>, tensor<32x32xf32>
  %1 = nn.matmul %0, %0 : tensor<32x32xf32>, tensor<32x32xf32>
  %2 = nn.matmul %1, %1 : tensor<32x32xf32>, tensor<32x32xf32>
  %3 = nn.matmul %2, %2 : tensor<32x32xf32>, tensor<32x32xf32>
  return %3 : tensor<32x32xf32>
}

// A check comes before everything that lasts.
// CHECK-LABEL: func.func @checked
// CHECK-NEXT: nn.check_index %{{.*}} below 4 : memref<8xi64>
// CHECK-NEXT: nn.launch @exp_8
func.func @checked(%x: tensor<8xf32>, %y: tensor<8xi64>) -> tensor<8xf32> attributes {nn.entry = "checked"} {
  %0 = nn.exp %x : tensor<8xf32>
  nn.check_index %y below 4 : tensor<8xi64>
  return %0 : tensor<8xf32>
}

// What is computed for a check stays in the workspace until the check is done.
// CHECK-LABEL: func.func @checked_value
// CHECK: nn.launch @add_mul_4 tiles(1) (%arg1, %[[S:.*]], %[[D:.*]])
// CHECK: nn.check_index %[[S]] below 4 : memref<4xi64>
// CHECK: nn.launch @copy_4xi64 tiles(1) (%[[D]], %arg2)
func.func @checked_value(%x: tensor<4xi64>) -> tensor<4xi64> attributes {nn.entry = "checked_value"} {
  %0 = nn.add %x, %x : tensor<4xi64>, tensor<4xi64>
  %1 = nn.mul %x, %x : tensor<4xi64>, tensor<4xi64>
  nn.check_index %0 below 4 : tensor<4xi64>
  return %1 : tensor<4xi64>
}

// -----

nn.state @M bytes 64 {
  nn.segment "trainer.step" header : tensor<i64> at 0
}
func.func @no_state() {
  // expected-error @below {{expected an entry with state}}
  %s = nn.get_segment @M "trainer.step" : tensor<i64>
  return
}

// -----

nn.state @M bytes 128 {
  nn.segment "w" parameter : tensor<4xf32> at 64
}
func.func @no_state_to_pack(%x: tensor<4xf32>) -> tensor<16xf32> {
  // expected-error @below {{expected an entry with state}}
  %0 = nn.pack_run @M %x : tensor<4xf32> to tensor<16xf32>
  return %0 : tensor<16xf32>
}
