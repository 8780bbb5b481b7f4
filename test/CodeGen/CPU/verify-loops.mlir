// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --sinter-verify-loops --split-input-file --verify-diagnostics -o /dev/null

func.func private @scratch(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  %0 = memref.alloca() : memref<4096xf32>
  return
}

// -----

func.func private @too_much(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  %0 = memref.alloca() : memref<4096xf32>
  // expected-error@+1 {{expected at most 16384 bytes of stack scratch in a kernel, but got 16388}}
  %1 = memref.alloca() : memref<f32>
  return
}

// -----

func.func private @far_too_much(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  // expected-error@+1 {{expected at most 16384 bytes of stack scratch in a kernel, but got 4611686018427387904}}
  %0 = memref.alloca() : memref<4611686018427387904x4xf32>
  return
}

// -----

func.func private @in_loop(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  %one = arith.constant 1 : index
  scf.for %i = %begin to %end step %one {
    // expected-error@+1 {{expected stack scratch outside of loops}}
    %0 = memref.alloca() : memref<4xf32>
  }
  return
}

// -----

func.func private @dynamic(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  // expected-error@+1 {{expected stack scratch of static size, but got 'memref<?xf32>'}}
  %0 = memref.alloca(%end) : memref<?xf32>
  return
}

// -----

func.func private @allocates(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  // expected-error@+1 {{expected no allocation in a kernel}}
  %0 = memref.alloc() : memref<4xf32>
  // expected-error@+1 {{expected no copy of a buffer in a kernel}}
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  return
}

// -----

func.func private @tensors(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  // expected-error@+1 {{expected no tensor in a kernel after the loops phase}}
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  return
}

// -----

memref.global "private" constant @c : memref<4xf32> = dense<1.0>
func.func private @writes(%x: memref<4xf32>, %y: memref<4xf32>, %f: memref<4xi1>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64} {
  %i = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %byte = arith.constant 1 : i8
  memref.store %one, %y[%i] : memref<4xf32>
  %bytes = builtin.unrealized_conversion_cast %f : memref<4xi1> to memref<4xi8>
  memref.store %byte, %bytes[%i] : memref<4xi8>
  // expected-error@+1 {{expected inputs and constants of a kernel to be only read, but got a write}}
  memref.store %one, %x[%i] : memref<4xf32>
  %v = vector.broadcast %one : f32 to vector<4xf32>
  %cast = memref.reinterpret_cast %x to offset: [0], sizes: [2, 2], strides: [2, 1] : memref<4xf32> to memref<2x2xf32>
  %row = vector.broadcast %one : f32 to vector<2xf32>
  // expected-error@+1 {{expected inputs and constants of a kernel to be only read, but got a write}}
  vector.store %row, %cast[%i, %i] : memref<2x2xf32>, vector<2xf32>
  %g = memref.get_global @c : memref<4xf32>
  // expected-error@+1 {{expected inputs and constants of a kernel to be only read, but got a write}}
  vector.store %v, %g[%i] : memref<4xf32>, vector<4xf32>
  return
}

// -----

func.func private @helper()
func.func private @calls(%x: memref<4xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  // expected-error@+1 {{expected loops, arithmetic and buffers in a kernel, but got func.call}}
  func.call @helper() : () -> ()
  // expected-error@+1 {{expected loops, arithmetic and buffers in a kernel, but got builtin.unrealized_conversion_cast}}
  %0 = builtin.unrealized_conversion_cast %x : memref<4xf32> to memref<4xi32>
  return
}

// -----

// Other functions are none of its business.
func.func @entry(%x: tensor<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  return
}

// -----

// What does not depend on data or tiles is checked; the rest is trusted.
func.func private @accesses(%x: memref<4x2xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %four = arith.constant 4 : index
  %five = arith.constant 5 : index
  %below = arith.constant -1 : index
  // expected-error@+1 {{expected indices inside of 'memref<4x2xf32>', but got 2 for 2 elements}}
  %0 = memref.load %x[%zero, %two] : memref<4x2xf32>
  // expected-error@+1 {{expected indices inside of 'memref<4x2xf32>', but got -1 for 4 elements}}
  memref.store %0, %x[%below, %zero] : memref<4x2xf32>
  scf.for %i = %zero to %five step %two {
    // expected-error@+1 {{expected indices inside of 'memref<4x2xf32>', but got 4 for 4 elements}}
    %1 = vector.load %x[%i, %zero] : memref<4x2xf32>, vector<2xf32>
  }
  scf.for %i = %zero to %four step %one {
    %2 = memref.load %x[%i, %one] : memref<4x2xf32>
  }
  %3 = memref.load %x[%begin, %one] : memref<4x2xf32>
  return
}

// -----

func.func private @view(%x: memref<4x2xf32>, %begin: index, %end: index) attributes {sinter.kernel} {
  %0 = memref.reinterpret_cast %x to offset: [0], sizes: [8], strides: [1] : memref<4x2xf32> to memref<8xf32>
  // expected-error@+1 {{expected a view inside of 'memref<4x2xf32>', but got 'memref<9xf32>'}}
  %1 = memref.reinterpret_cast %x to offset: [0], sizes: [9], strides: [1] : memref<4x2xf32> to memref<9xf32>
  return
}
