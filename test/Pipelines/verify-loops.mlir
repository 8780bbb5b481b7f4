// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Schedules with loops: what a step reads was written before the loop or by the step before.
// RUN: sinter-opt %s --nn-verify-kernels --split-input-file --verify-diagnostics

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func @slots(%x: memref<4xf32>, %y: memref<4xf32>, %w: memref<64xi8> {nn.role = "workspace"}) {
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%x, %0) : memref<4xf32>, memref<4xf32>
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %w at 0 plus %s times 16 : memref<64xi8> to memref<4xf32>
    %b = nn.step_view %w at 16 plus %s times 16 : memref<64xi8> to memref<4xf32>
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
  }
  %last = nn.buffer_view %w at 48 : memref<64xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%last, %y) : memref<4xf32>, memref<4xf32>
  return
}
func.func @no_init(%w: memref<64xi8> {nn.role = "workspace"}) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %w at 0 plus %s times 16 : memref<64xi8> to memref<4xf32>
    %b = nn.step_view %w at 16 plus %s times 16 : memref<64xi8> to memref<4xf32>
    // expected-error@+1 {{expected a slot of the workspace that was written before it is read, but got bytes 0 to 16}}
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
  }
  return
}
// Step 1 reads at 48, step 0 wrote at 16.
func.func @next_slot(%x: memref<4xf32>, %w: memref<160xi8> {nn.role = "workspace"}) {
  %0 = nn.buffer_view %w at 0 : memref<160xi8> to memref<4xf32>
  nn.launch @k tiles(1) (%x, %0) : memref<4xf32>, memref<4xf32>
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %w at 0 plus %s times 48 : memref<160xi8> to memref<4xf32>
    %b = nn.step_view %w at 16 plus %s times 16 : memref<160xi8> to memref<4xf32>
    // expected-error@+1 {{expected a slot of the workspace that was written before it is read, but got bytes 48 to 64}}
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
  }
  return
}
// A reverse loop reads the slice of its last time first.
func.func @reverse(%x: memref<4xf32>, %y: memref<4xf32>, %w: memref<64xi8> {nn.role = "workspace"}) {
  nn.loop 3 reverse {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %w at 0 plus %t times 16 : memref<64xi8> to memref<4xf32>
    // expected-error@+1 {{expected a slot of the workspace that was written before it is read, but got bytes 32 to 48}}
    nn.launch @k tiles(1) (%a, %y) : memref<4xf32>, memref<4xf32>
  }
  return
}

// -----

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
func.func @in_steps(%x: memref<3x4xf32>, %d: memref<4xf64>, %y: memref<4xf32>) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    // They meet in the last step.
    %a = nn.step_view %x at 32 plus %s times 0 : memref<3x4xf32> to memref<4xf32>
    %b = nn.step_view %x at 0 plus %s times 16 : memref<3x4xf32> to memref<4xf32>
    // expected-error@+1 {{expected operands that do not overlap, but got 0 and 1 in the same bytes}}
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
    // expected-error@+1 {{expected operands of the kernel's types}}
    nn.launch @k tiles(1) (%a, %d) : memref<4xf32>, memref<4xf64>
    // expected-error@+1 {{expected the kernel's 1 tiles, but got 2}}
    nn.launch @k tiles(2) (%a, %y) : memref<4xf32>, memref<4xf32>
    // expected-error@+1 {{expected launches, loops, views, checks and constants in an entry, but got memref.alloc}}
    %m = memref.alloc() : memref<4xf32>
  }
  return
}

// -----

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
// Of 1001 steps, the operands of step 500 alone lie in the same bytes.
func.func @meet_in_the_middle(%x: memref<4004xf32>, %w: memref<0xi8> {nn.role = "workspace"}) {
  nn.loop 1001 {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %x at 0 plus %s times 16 : memref<4004xf32> to memref<4xf32>
    %b = nn.step_view %x at 16000 plus %s times -16 : memref<4004xf32> to memref<4xf32>
    // expected-error@+1 {{expected operands that do not overlap, but got 0 and 1 in the same bytes}}
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
  }
  return
}
// These pass each other between two steps.
func.func @pass_each_other(%x: memref<4004xf32>, %w: memref<0xi8> {nn.role = "workspace"}) {
  nn.loop 1000 {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %x at 0 plus %s times 16 : memref<4004xf32> to memref<4xf32>
    %b = nn.step_view %x at 15984 plus %s times -16 : memref<4004xf32> to memref<4xf32>
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
  }
  return
}
// Two slots in turn never meet; against a slot that stays they do in odd steps.
func.func @turns(%x: memref<16xf32>, %w: memref<0xi8> {nn.role = "workspace"}) {
  nn.loop 7 {
  ^bb0(%s: index, %t: index):
    %a = nn.step_view %x at 0 plus %s mod 2 times 16 : memref<16xf32> to memref<4xf32>
    %b = nn.step_view %x at 16 plus %s mod 2 times -16 : memref<16xf32> to memref<4xf32>
    nn.launch @k tiles(1) (%a, %b) : memref<4xf32>, memref<4xf32>
    %c = nn.step_view %x at 16 plus %s times 0 : memref<16xf32> to memref<4xf32>
    // expected-error@+1 {{expected operands that do not overlap, but got 0 and 1 in the same bytes}}
    nn.launch @k tiles(1) (%a, %c) : memref<4xf32>, memref<4xf32>
  }
  return
}
// In a loop in a loop, of all pairs of steps: in step 2 and in the first one inside of it, both are at byte 128.
func.func @nested(%x: memref<64xf32>, %w: memref<0xi8> {nn.role = "workspace"}) {
  nn.loop 4 {
  ^bb0(%s: index, %t: index):
    nn.loop 2 reverse {
    ^bb1(%u: index, %v: index):
      %a = nn.step_view %x at 0 plus %s times 48 : memref<64xf32> to memref<12xf32>
      %b = nn.step_view %a at 0 plus %v times 32 : memref<12xf32> to memref<4xf32>
      %c = nn.step_view %x at 128 plus %u times 64 : memref<64xf32> to memref<4xf32>
      // expected-error@+1 {{expected operands that do not overlap, but got 0 and 1 in the same bytes}}
      nn.launch @k tiles(1) (%b, %c) : memref<4xf32>, memref<4xf32>
      %d = nn.step_view %x at 192 plus %u times 16 : memref<64xf32> to memref<4xf32>
      nn.launch @k tiles(1) (%b, %d) : memref<4xf32>, memref<4xf32>
    }
  }
  return
}
