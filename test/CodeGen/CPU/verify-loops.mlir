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

// Other functions are none of its business.
func.func @entry(%x: tensor<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  return
}
