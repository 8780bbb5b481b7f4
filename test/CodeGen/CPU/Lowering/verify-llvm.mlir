// RUN: sinter-opt %s --split-input-file --sinter-verify-llvm --verify-diagnostics
// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// expected-error @below {{'func.func' op has no lowering to LLVM}}
func.func @left_over() {
  // expected-error @below {{'func.return' op has no lowering to LLVM}}
  return
}

// -----

// expected-error @below {{expected a function of libm, memcpy or memset, but got the external function 'malloc'}}
llvm.func @malloc(i64) -> !llvm.ptr

// -----

llvm.func @expf(f32) -> f32
llvm.func @memcpy(!llvm.ptr, !llvm.ptr, i64) -> !llvm.ptr

// -----

llvm.func @power(%x: f64, %n: i32) -> f64 {
  // expected-error @below {{'llvm.intr.powi' op has no lowering to LLVM}}
  %0 = llvm.intr.powi(%x, %n) : (f64, i32) -> f64
  llvm.return %0 : f64
}
