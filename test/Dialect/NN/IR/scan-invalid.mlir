// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --split-input-file --verify-diagnostics

func.func @negative_steps() {
  // expected-error@+1 {{expected a number of steps, but got -1}}
  nn.scan %t to -1 -> {
    nn.scan_yield
  }
  return
}

// -----

func.func @steps_of_xs(%xs: tensor<4x2xf32>) {
  // expected-error@+1 {{expected xs of 3 steps, but got 'tensor<4x2xf32>'}}
  nn.scan %t to 3 xs(%x = %xs : tensor<4x2xf32>) -> {
    nn.scan_yield
  }
  return
}

// -----

func.func @scalar_xs(%x: tensor<f32>) {
  // expected-error@+1 {{expected xs of 3 steps, but got 'tensor<f32>'}}
  "nn.scan"(%x) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, resultSegmentSizes = array<i32: 0, 0, 0>, steps = 3 : i64}> ({
  ^bb0(%t: tensor<i64>, %s: tensor<f32>):
    nn.scan_yield
  }) : (tensor<f32>) -> ()
  return
}

// -----

func.func @arguments(%x: tensor<3x2xf32>) {
  // expected-error@+1 {{expected arguments of the body to be the time, the carries, slices of the xs, and the invariants}}
  "nn.scan"(%x) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, resultSegmentSizes = array<i32: 0, 0, 0>, steps = 3 : i64}> ({
  ^bb0(%t: tensor<i64>, %s: tensor<3x2xf32>):
    nn.scan_yield
  }) : (tensor<3x2xf32>) -> ()
  return
}

// -----

func.func @no_yield(%w: tensor<2xf32>) {
  nn.scan %t to 3 invariants(%v = %w : tensor<2xf32>) -> {
    // expected-error@+1 {{block with no terminator}}
    %0 = nn.tanh %v : tensor<2xf32>
  }
  return
}

// -----

func.func @types_of_carries(%h: tensor<2xf32>, %w: tensor<3xf32>) {
  %s = nn.scan %t to 3 inits(%c = %h : tensor<2xf32>) invariants(%v = %w : tensor<3xf32>) -> histories(tensor<4x2xf32>) {
    // expected-error@+1 {{expected carries of the types of the inits, 'tensor<2xf32>', but got 'tensor<3xf32>'}}
    nn.scan_yield carries(%v : tensor<3xf32>)
  }
  return
}

// -----

func.func @number_of_carries(%h: tensor<2xf32>) {
  %s = nn.scan %t to 3 inits(%c = %h : tensor<2xf32>) -> histories(tensor<4x2xf32>) {
    // expected-error@+1 {{expected carries of the types of the inits, 'tensor<2xf32>', but got}}
    nn.scan_yield ys(%c : tensor<2xf32>)
  }
  return
}

// -----

// A history has a slot more than there are steps.
func.func @history(%h: tensor<2xf32>) {
  // expected-error@+1 {{expected results of the types 'tensor<4x2xf32>', but got 'tensor<3x2xf32>'}}
  %s = nn.scan %t to 3 inits(%c = %h : tensor<2xf32>) -> histories(tensor<3x2xf32>) {
    nn.scan_yield carries(%c : tensor<2xf32>)
  }
  return
}

// -----

func.func @ys(%h: tensor<2xf32>) {
  // expected-error@+1 {{expected results of the types 'tensor<3x2xf32>', but got 'tensor<2xf32>'}}
  %s = nn.scan %t to 3 invariants(%c = %h : tensor<2xf32>) -> ys(tensor<2xf32>) {
    nn.scan_yield ys(%c : tensor<2xf32>)
  }
  return
}

// -----

// The types are right, their kinds are not.
func.func @kinds(%h: tensor<2xf32>) {
  // expected-error@+1 {{expected results of the types}}
  %s = nn.scan %t to 3 invariants(%c = %h : tensor<2xf32>) -> sums(tensor<3x2xf32>) {
    nn.scan_yield ys(%c : tensor<2xf32>)
  }
  return
}

// -----

func.func @rank_of_lengths(%n: tensor<2x2xi64>) {
  // expected-error@+1 {{expected one length per row, but got 'tensor<2x2xi64>'}}
  nn.scan %t to 3 lengths(%n : tensor<2x2xi64>) -> {
    nn.scan_yield
  }
  return
}

// -----

func.func @rows_of_carries(%h: tensor<2xf32>, %n: tensor<3xi64>) {
  // expected-error@+1 {{expected 3 rows, one per length, but got 'tensor<2xf32>'}}
  %s = nn.scan %t to 3 inits(%c = %h : tensor<2xf32>) lengths(%n : tensor<3xi64>) -> histories(tensor<4x2xf32>) {
    nn.scan_yield carries(%c : tensor<2xf32>)
  }
  return
}

// -----

func.func @rows_of_xs(%xs: tensor<3xf32>, %n: tensor<3xi64>) {
  // expected-error@+1 {{expected 3 rows, one per length, but got 'tensor<f32>'}}
  nn.scan %t to 3 xs(%x = %xs : tensor<3xf32>) lengths(%n : tensor<3xi64>) -> {
    nn.scan_yield
  }
  return
}

// -----

func.func @rows_of_ys(%w: tensor<2xf32>, %n: tensor<3xi64>) {
  // expected-error@+1 {{expected 3 rows, one per length, but got 'tensor<2xf32>'}}
  %s = nn.scan %t to 3 invariants(%v = %w : tensor<2xf32>) lengths(%n : tensor<3xi64>) -> ys(tensor<3x2xf32>) {
    nn.scan_yield ys(%v : tensor<2xf32>)
  }
  return
}

// -----

func.func @init_is_no_tensor(%h: f32) {
  // expected-error@+1 {{expected a tensor, but got 'f32'}}
  %s = nn.scan %t to 3 inits(%c = %h : f32) -> histories(tensor<4xf32>) {
    nn.scan_yield carries(%c : f32)
  }
  return
}

// -----

func.func @no_time_axis(%xs: tensor<f32>) {
  // expected-error@+1 {{expected a tensor with a time axis, but got 'tensor<f32>'}}
  nn.scan %t to 3 xs(%x = %xs : tensor<f32>) -> {
    nn.scan_yield
  }
  return
}

// -----

func.func @types_missing(%x: tensor<3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{2 operands present, but expected 1}}
  nn.scan %t to 3 xs(%a = %x, %b = %y : tensor<3xf32>) -> {
    nn.scan_yield
  }
  return
}

// -----

func.func @yield_outside() {
  // expected-error@+1 {{expects parent op 'nn.scan'}}
  nn.scan_yield
}

// -----

// The body sees its arguments alone.
func.func @isolated(%x: tensor<2xf32>) {
  // expected-note@+1 {{required by region isolation constraints}}
  %s = nn.scan %t to 3 -> ys(tensor<3x2xf32>) {
    // expected-error@+1 {{using value defined outside the region}}
    %0 = nn.tanh %x : tensor<2xf32>
    nn.scan_yield ys(%0 : tensor<2xf32>)
  }
  return
}

// -----

func.func @loop_arguments() {
  // expected-error@+1 {{expected the step and the time as arguments of the body}}
  nn.loop 3 {
  ^bb0(%s: index):
  }
  return
}

// -----

func.func @loop_steps() {
  // expected-error@+1 {{expected a number of steps, but got -1}}
  nn.loop -1 {
  ^bb0(%s: index, %t: index):
  }
  return
}

// -----

func.func @view_outside(%x: memref<12xf32>, %i: index) {
  // expected-error@+1 {{expects parent op 'nn.loop'}}
  %0 = nn.step_view %x at 0 plus %i times 16 : memref<12xf32> to memref<4xf32>
  return
}

// -----

func.func @index_of_view(%x: memref<12xf32>, %i: index) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    // expected-error@+1 {{expected the step or the time of a loop around it}}
    %0 = nn.step_view %x at 0 plus %i times 16 : memref<12xf32> to memref<4xf32>
  }
  return
}

// -----

func.func @view_not_contiguous(%x: memref<12xf32>) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    // expected-error@+1 {{expected contiguous buffers of numbers, but got 'memref<2xf32, strided<[2]>>'}}
    %0 = nn.step_view %x at 0 plus %s times 16 : memref<12xf32> to memref<2xf32, strided<[2]>>
  }
  return
}

// -----

func.func @view_past_the_end(%x: memref<12xf32>) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    // expected-error@+1 {{expected views inside of 48 bytes, but got 16 bytes at 4 plus up to 2 times 16}}
    %0 = nn.step_view %x at 4 plus %s times 16 : memref<12xf32> to memref<4xf32>
  }
  return
}

// -----

func.func @view_before_the_start(%x: memref<12xf32>) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    // expected-error@+1 {{expected views inside of 48 bytes, but got 16 bytes at -4 plus up to 2 times 4}}
    %0 = nn.step_view %x at -4 plus %s times 4 : memref<12xf32> to memref<4xf32>
  }
  return
}

// -----

func.func @view_backwards(%x: memref<12xf32>) {
  nn.loop 3 {
  ^bb0(%s: index, %t: index):
    // expected-error@+1 {{expected views inside of 48 bytes, but got 16 bytes at 28 plus up to 2 times -16}}
    %0 = nn.step_view %x at 28 plus %s times -16 : memref<12xf32> to memref<4xf32>
  }
  return
}

// -----

// One step moves nothing: any stride is inside.
func.func @one_step(%x: memref<12xf32>) {
  nn.loop 1 {
  ^bb0(%s: index, %t: index):
    %0 = nn.step_view %x at 32 plus %s times 1024 : memref<12xf32> to memref<4xf32>
  }
  return
}
