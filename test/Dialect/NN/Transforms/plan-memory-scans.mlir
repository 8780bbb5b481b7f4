// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-fuse --nn-outline-kernels --nn-plan-memory --nn-verify-kernels --split-input-file --verify-diagnostics | FileCheck %s

// Steps read and write slots of the history and slices of the stacked tensors where these lie; the init is computed in slot 0.
// CHECK-LABEL: func.func @forward
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<5x16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<5x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<448xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 320 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @exp_16 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V1:.*]]: index, %[[V2:.*]]: index):
// CHECK-NEXT: %[[V3:.*]] = nn.step_view %[[A4]] at 320 plus %[[V1]] mod 2 times 64 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A2]] at 0 plus %[[V2]] times 64 : memref<5x16xf32> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 384 plus %[[V1]] mod 2 times -64 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 0 plus %[[V2]] times 64 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_exp_16 tiles(1) (%[[V3]], %[[V4]], %[[V5]], %[[V6]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.buffer_view %[[A4]] at 0 : memref<448xi8> to memref<5x16xf32>
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
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<6x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<512xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 0 : memref<512xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: %[[V1:.*]] = nn.buffer_view %[[A4]] at 384 : memref<512xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A2]], %[[V1]])
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V2:.*]]: index, %[[V3:.*]]: index):
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A4]] at 384 plus %[[V2]] mod 2 times 64 : memref<512xi8> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 64 plus %[[V2]] times 64 : memref<512xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[V4]], %[[V5]])
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 0 plus %[[V2]] times 64 : memref<512xi8> to memref<16xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.step_view %[[A4]] at 448 plus %[[V2]] mod 2 times -64 : memref<512xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[V6]], %[[V7]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V8:.*]] = nn.buffer_view %[[A4]] at 0 : memref<512xi8> to memref<6x16xf32>
// CHECK-NEXT: nn.launch @copy_6x16xf32 tiles(1) (%[[V8]], %[[A3]])
// CHECK-NEXT: return
func.func @swap(%a: tensor<16xf32>, %b: tensor<16xf32>) -> tensor<6x16xf32> attributes {nn.entry = "swap"} {
  %s:2 = nn.scan %t to 5 inits(%c = %a, %d = %b : tensor<16xf32>, tensor<16xf32>) -> histories(tensor<6x16xf32>, tensor<6x16xf32>) {
    nn.scan_yield carries(%d, %c : tensor<16xf32>, tensor<16xf32>)
  }
  return %s#0 : tensor<6x16xf32>
}

// -----

// The history of a reverse scan is stored in the order of time: what is read in that order is a view of it, the final state too.
// CHECK-LABEL: func.func @in_time
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<5x16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<5x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<1x16xf32> {nn.role = "result"}, %[[A5:.*]]: memref<384xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A5]] at 320 : memref<384xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: nn.loop 5 reverse {
// CHECK-NEXT: ^bb0(%[[V1:.*]]: index, %[[V2:.*]]: index):
// CHECK-NEXT: %[[V3:.*]] = nn.step_view %[[A5]] at 320 plus %[[V1]] times -64 : memref<384xi8> to memref<16xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A2]] at 0 plus %[[V2]] times 64 : memref<5x16xf32> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A5]] at 256 plus %[[V1]] times -64 : memref<384xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_16 tiles(1) (%[[V3]], %[[V4]], %[[V5]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V6:.*]] = nn.buffer_view %[[A5]] at 0 : memref<384xi8> to memref<5x16xf32>
// CHECK-NEXT: nn.launch @copy_5x16xf32 tiles(1) (%[[V6]], %[[A3]])
// CHECK-NEXT: %[[V7:.*]] = nn.buffer_view %[[A5]] at 0 : memref<384xi8> to memref<1x16xf32>
// CHECK-NEXT: nn.launch @copy_1x16xf32 tiles(1) (%[[V7]], %[[A4]])
// CHECK-NEXT: return
func.func @in_time(%h: tensor<16xf32>, %xs: tensor<5x16xf32>) -> (tensor<5x16xf32>, tensor<1x16xf32>) attributes {nn.entry = "in_time"} {
  %s = nn.scan %t to 5 reverse inits(%c = %h : tensor<16xf32>) xs(%x = %xs : tensor<5x16xf32>) -> histories(tensor<6x16xf32>) {
    %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
    nn.scan_yield carries(%0 : tensor<16xf32>)
  }
  %r = nn.reverse %s over [0] : tensor<6x16xf32>
  %y = nn.slice %r from [0, 0] to [5, 16] by [1, 1] : tensor<6x16xf32>
  %f = nn.slice %r from [0, 0] to [1, 16] by [1, 1] : tensor<6x16xf32>
  return %y, %f : tensor<5x16xf32>, tensor<1x16xf32>
}

// -----

// Of a history of which only the last slot is read, here slot 5, two slots are kept. An init that others read is copied: the steps overwrite it.
// CHECK-LABEL: func.func @turns
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<5x16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<1x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<16xf32> {nn.role = "result"}, %[[A5:.*]]: memref<128xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A5]] at 0 : memref<128xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @exp_neg_16 tiles(1) (%[[A1]], %[[V0]], %[[A4]])
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V1:.*]]: index, %[[V2:.*]]: index):
// CHECK-NEXT: %[[V3:.*]] = nn.step_view %[[A5]] at 0 plus %[[V1]] mod 2 times 64 : memref<128xi8> to memref<16xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A2]] at 0 plus %[[V2]] times 64 : memref<5x16xf32> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A5]] at 64 plus %[[V1]] mod 2 times -64 : memref<128xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_16 tiles(1) (%[[V3]], %[[V4]], %[[V5]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V6:.*]] = nn.buffer_view %[[A5]] at 64 : memref<128xi8> to memref<1x16xf32>
// CHECK-NEXT: nn.launch @copy_1x16xf32 tiles(1) (%[[V6]], %[[A3]])
// CHECK-NEXT: return
func.func @turns(%h: tensor<16xf32>, %xs: tensor<5x16xf32>) -> (tensor<1x16xf32>, tensor<16xf32>) attributes {nn.entry = "turns"} {
  %i = nn.exp %h : tensor<16xf32>
  %s = nn.scan %t to 5 inits(%c = %i : tensor<16xf32>) xs(%x = %xs : tensor<5x16xf32>) -> histories(tensor<6x16xf32>) {
    %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
    nn.scan_yield carries(%0 : tensor<16xf32>)
  }
  %f = nn.slice %s from [5, 0] to [6, 16] by [1, 1] : tensor<6x16xf32>
  %n = nn.neg %i : tensor<16xf32>
  return %f, %n : tensor<1x16xf32>, tensor<16xf32>
}

// -----

// What a scan gives lies where it read one step before: the two ys of the first one in the x's slot, that of the second one in theirs.
// CHECK-LABEL: func.func @shared_slots
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<5x32xf32> {nn.role = "input"}, %[[A2:.*]]: memref<16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<5x32xf32> {nn.role = "result"}, %[[A4:.*]]: memref<896xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 128 : memref<896xi8> to memref<5x32xf32>
// CHECK-NEXT: nn.launch @exp_5x32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: %[[V1:.*]] = nn.buffer_view %[[A4]] at 768 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A2]], %[[V1]])
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V2:.*]]: index, %[[V3:.*]]: index):
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A4]] at 128 plus %[[V3]] times 128 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 0 plus %[[V3]] times 128 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @tanh_16 tiles(1) (%[[V4]], %[[V5]])
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 192 plus %[[V3]] times 128 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.step_view %[[A4]] at 768 plus %[[V2]] mod 2 times 64 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.step_view %[[A4]] at 64 plus %[[V3]] times 128 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.step_view %[[A4]] at 832 plus %[[V2]] mod 2 times -64 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @sigmoid_mul_16 tiles(1) (%[[V6]], %[[V7]], %[[V8]], %[[V9]])
// CHECK-NEXT: }
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A2]], %[[V1]])
// CHECK-NEXT: nn.loop 5 reverse {
// CHECK-NEXT: ^bb0(%[[V2]]: index, %[[V3]]: index):
// CHECK-NEXT: %[[V4]] = nn.step_view %[[A4]] at 768 plus %[[V2]] mod 2 times 64 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V5]] = nn.step_view %[[A4]] at 0 plus %[[V3]] times 128 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V6]] = nn.step_view %[[A4]] at 64 plus %[[V3]] times 128 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V7]] = nn.step_view %[[A4]] at 832 plus %[[V2]] mod 2 times -64 : memref<896xi8> to memref<16xf32>
// CHECK-NEXT: %[[V8]] = nn.step_view %[[A4]] at 128 plus %[[V3]] times 128 : memref<896xi8> to memref<32xf32>
// CHECK-NEXT: nn.launch @mul_concat_16 tiles(1) (%[[V4]], %[[V5]], %[[V6]], %[[V7]], %[[V8]])
// CHECK-NEXT: }
// CHECK-NEXT: nn.launch @neg_5x32 tiles(1) (%[[V0]], %[[A3]])
// CHECK-NEXT: return
func.func @shared_slots(%xs: tensor<5x32xf32>, %h: tensor<16xf32>) -> tensor<5x32xf32> attributes {nn.entry = "shared_slots"} {
  %p = nn.exp %xs : tensor<5x32xf32>
  %s:3 = nn.scan %t to 5 inits(%c = %h : tensor<16xf32>) xs(%x = %p : tensor<5x32xf32>) -> histories(tensor<6x16xf32>) ys(tensor<5x16xf32>, tensor<5x16xf32>) {
    %0 = nn.slice %x from [0] to [16] by [1] : tensor<32xf32>
    %1 = nn.slice %x from [16] to [32] by [1] : tensor<32xf32>
    %2 = nn.tanh %0 : tensor<16xf32>
    %3 = nn.sigmoid %1 : tensor<16xf32>
    %4 = nn.mul %c, %3 : tensor<16xf32>, tensor<16xf32>
    nn.scan_yield carries(%4 : tensor<16xf32>) ys(%2, %3 : tensor<16xf32>, tensor<16xf32>)
  }
  %d:2 = nn.scan %t to 5 reverse inits(%c = %h : tensor<16xf32>) xs(%a = %s#1, %b = %s#2 : tensor<5x16xf32>, tensor<5x16xf32>) -> histories(tensor<6x16xf32>) ys(tensor<5x32xf32>) {
    %0 = nn.mul %c, %a : tensor<16xf32>, tensor<16xf32>
    %1 = nn.concat %0, %b along 0 : tensor<16xf32>, tensor<16xf32>
    nn.scan_yield carries(%0 : tensor<16xf32>) ys(%1 : tensor<32xf32>)
  }
  %r = nn.neg %d#1 : tensor<5x32xf32>
  return %r : tensor<5x32xf32>
}

// -----

// A history that is read as a whole lies one step behind as well, with its init before the slots that the steps write.
// CHECK-LABEL: func.func @shared_history
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<5x16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<5x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<448xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 0 : memref<448xi8> to memref<5x16xf32>
// CHECK-NEXT: nn.launch @exp_5x16 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: %[[V1:.*]] = nn.buffer_view %[[A4]] at 384 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A2]], %[[V1]])
// CHECK-NEXT: nn.loop 5 reverse {
// CHECK-NEXT: ^bb0(%[[V2:.*]]: index, %[[V3:.*]]: index):
// CHECK-NEXT: %[[V4:.*]] = nn.step_view %[[A4]] at 384 plus %[[V2]] times -64 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 0 plus %[[V3]] times 64 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 320 plus %[[V2]] times -64 : memref<448xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_16 tiles(1) (%[[V4]], %[[V5]], %[[V6]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.buffer_view %[[A4]] at 64 : memref<448xi8> to memref<5x16xf32>
// CHECK-NEXT: nn.launch @neg_5x16 tiles(1) (%[[V7]], %[[A3]])
// CHECK-NEXT: return
func.func @shared_history(%xs: tensor<5x16xf32>, %h: tensor<16xf32>) -> tensor<5x16xf32> attributes {nn.entry = "shared_history"} {
  %p = nn.exp %xs : tensor<5x16xf32>
  %s = nn.scan %t to 5 reverse inits(%c = %h : tensor<16xf32>) xs(%x = %p : tensor<5x16xf32>) -> histories(tensor<6x16xf32>) {
    %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
    nn.scan_yield carries(%0 : tensor<16xf32>)
  }
  %r = nn.reverse %s over [0] : tensor<6x16xf32>
  %y = nn.slice %r from [0, 0] to [5, 16] by [1, 1] : tensor<6x16xf32>
  %n = nn.neg %y : tensor<5x16xf32>
  return %n : tensor<5x16xf32>
}

// -----

// Values of one step share a slot one after another.
// CHECK-LABEL: func.func @values_of_a_step
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<8x8xf32> {nn.role = "input"}, %[[A2:.*]]: memref<8x8xf32> {nn.role = "input"}, %[[A3:.*]]: memref<8x8xf32> {nn.role = "result"}, %[[A4:.*]]: memref<1024xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 0 : memref<1024xi8> to memref<8x8xf32>
// CHECK-NEXT: nn.launch @copy_8x8xf32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: %[[V1:.*]] = nn.buffer_view %[[A4]] at 512 : memref<1024xi8> to memref<8x8xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.buffer_view %[[A4]] at 768 : memref<1024xi8> to memref<8x8xf32>
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V3:.*]]: index, %[[V4:.*]]: index):
// CHECK-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 0 plus %[[V3]] mod 2 times 256 : memref<1024xi8> to memref<8x8xf32>
// CHECK-NEXT: nn.launch @matmul_8x8 tiles(1) (%[[V5]], %[[A2]], %[[V1]])
// CHECK-NEXT: nn.launch @matmul_8x8 tiles(1) (%[[V1]], %[[A2]], %[[V2]])
// CHECK-NEXT: nn.launch @matmul_8x8 tiles(1) (%[[V2]], %[[A2]], %[[V1]])
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 256 plus %[[V3]] mod 2 times -256 : memref<1024xi8> to memref<8x8xf32>
// CHECK-NEXT: nn.launch @matmul_8x8 tiles(1) (%[[V1]], %[[A2]], %[[V6]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.buffer_view %[[A4]] at 256 : memref<1024xi8> to memref<8x8xf32>
// CHECK-NEXT: nn.launch @copy_8x8xf32 tiles(1) (%[[V7]], %[[A3]])
// CHECK-NEXT: return
func.func @values_of_a_step(%h: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> attributes {nn.entry = "values_of_a_step"} {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<8x8xf32>) invariants(%v = %w : tensor<8x8xf32>) -> histories(tensor<6x8x8xf32>) {
    %0 = nn.matmul %c, %v : tensor<8x8xf32>, tensor<8x8xf32>
    %1 = nn.matmul %0, %v : tensor<8x8xf32>, tensor<8x8xf32>
    %2 = nn.matmul %1, %v : tensor<8x8xf32>, tensor<8x8xf32>
    %3 = nn.matmul %2, %v : tensor<8x8xf32>, tensor<8x8xf32>
    nn.scan_yield carries(%3 : tensor<8x8xf32>)
  }
  %f = nn.slice %s from [5, 0, 0] to [6, 8, 8] by [1, 1, 1] : tensor<6x8x8xf32>
  %r = nn.reshape %f : tensor<1x8x8xf32> to tensor<8x8xf32>
  return %r : tensor<8x8xf32>
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

// A loop in a loop: what the inner one reads of an outer slice is a view of a view; its results are copied to where the outer one stacks them.
// CHECK-LABEL: func.func @nested
// CHECK-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.role = "input"}, %[[A2:.*]]: memref<5x4x16xf32> {nn.role = "input"}, %[[A3:.*]]: memref<5x4x16xf32> {nn.role = "result"}, %[[A4:.*]]: memref<1664xi8> {nn.role = "workspace"})
// CHECK-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 1536 : memref<1664xi8> to memref<16xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.buffer_view %[[A4]] at 1280 : memref<1664xi8> to memref<4x16xf32>
// CHECK-NEXT: nn.loop 5 {
// CHECK-NEXT: ^bb0(%[[V2:.*]]: index, %[[V3:.*]]: index):
// CHECK-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A1]], %[[V0]])
// CHECK-NEXT: nn.loop 4 {
// CHECK-NEXT: ^bb0(%[[V4:.*]]: index, %[[V5:.*]]: index):
// CHECK-NEXT: %[[V6:.*]] = nn.step_view %[[A4]] at 1536 plus %[[V4]] mod 2 times 64 : memref<1664xi8> to memref<16xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.step_view %[[A2]] at 0 plus %[[V3]] times 256 : memref<5x4x16xf32> to memref<256xi8>
// CHECK-NEXT: %[[V8:.*]] = nn.step_view %[[V7]] at 0 plus %[[V5]] times 64 : memref<256xi8> to memref<16xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.step_view %[[A4]] at 1600 plus %[[V4]] mod 2 times -64 : memref<1664xi8> to memref<16xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.step_view %[[A4]] at 1280 plus %[[V5]] times 64 : memref<1664xi8> to memref<16xf32>
// CHECK-NEXT: nn.launch @mul_neg_16 tiles(1) (%[[V6]], %[[V8]], %[[V9]], %[[V10]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V11:.*]] = nn.step_view %[[A4]] at 0 plus %[[V3]] times 256 : memref<1664xi8> to memref<4x16xf32>
// CHECK-NEXT: nn.launch @copy_4x16xf32 tiles(1) (%[[V1]], %[[V11]])
// CHECK-NEXT: }
// CHECK-NEXT: %[[V12:.*]] = nn.buffer_view %[[A4]] at 0 : memref<1664xi8> to memref<5x4x16xf32>
// CHECK-NEXT: nn.launch @copy_5x4x16xf32 tiles(1) (%[[V12]], %[[A3]])
// CHECK-NEXT: return
func.func @nested(%w: tensor<16xf32>, %xs: tensor<5x4x16xf32>) -> tensor<5x4x16xf32> attributes {nn.entry = "nested"} {
  %s = nn.scan %t to 5 xs(%xx = %xs : tensor<5x4x16xf32>) invariants(%v = %w : tensor<16xf32>) -> ys(tensor<5x4x16xf32>) {
    %0:2 = nn.scan %u to 4 inits(%b = %v : tensor<16xf32>) xs(%x = %xx : tensor<4x16xf32>) -> histories(tensor<5x16xf32>) ys(tensor<4x16xf32>) {
      %1 = nn.mul %b, %x : tensor<16xf32>, tensor<16xf32>
      %2 = nn.neg %1 : tensor<16xf32>
      nn.scan_yield carries(%1 : tensor<16xf32>) ys(%2 : tensor<16xf32>)
    }
    nn.scan_yield ys(%0#1 : tensor<4x16xf32>)
  }
  return %s : tensor<5x4x16xf32>
}

// -----

// Slices of a constant that nothing outside reads.
// CHECK-LABEL: func.func @constant
// CHECK: %[[C:.*]] = memref.get_global
// CHECK: nn.loop 3
// CHECK: nn.step_view %[[C]] at 8 plus %{{.*}} times 8 : memref<4x2xf32> to memref<2xf32>
func.func @constant(%h: tensor<2xf32>) -> tensor<3x2xf32> attributes {nn.entry = "constant"} {
  %k = nn.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %xs = nn.slice %k from [1, 0] to [4, 2] by [1, 1] : tensor<4x2xf32>
  %s = nn.scan %t to 3 xs(%x = %xs : tensor<3x2xf32>) invariants(%y = %h : tensor<2xf32>) -> ys(tensor<3x2xf32>) {
    %0 = nn.mul %x, %y : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield ys(%0 : tensor<2xf32>)
  }
  return %s : tensor<3x2xf32>
}
