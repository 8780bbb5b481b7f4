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

// -----

// expected-error @below {{expected a function of 'f32', but got '!llvm.func<f32 (f64)>'}}
llvm.func @expf(f64) -> f32

// -----

// expected-error @below {{expected a function of 'f64', but got '!llvm.func<f64 (f64, ...)>'}}
llvm.func @erf(f64, ...) -> f64

// -----

llvm.mlir.global internal constant @table(dense<1.0> : tensor<4xf32>) : !llvm.array<4 x f32>
// expected-error @below {{expected a constant, but got the variable 'count'}}
llvm.mlir.global internal @count(0 : i64) : i64
// expected-error @below {{expected a value of the constant 'elsewhere'}}
llvm.mlir.global external constant @elsewhere() : i64

// -----

// expected-error @below {{'llvm.mlir.global_ctors' op has no lowering to LLVM}}
llvm.mlir.global_ctors {ctors = [], priorities = []}

// -----

llvm.func @assembly() {
  // expected-error @below {{'llvm.inline_asm' op has no lowering to LLVM}}
  llvm.inline_asm "nop", "" : () -> ()
  llvm.return
}
