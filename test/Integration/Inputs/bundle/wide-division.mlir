// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Most machines divide numbers of 128 bits in a runtime library of the compiler.
llvm.func @f(%a: i128, %b: i128) -> i128 {
  %0 = llvm.sdiv %a, %b : i128
  llvm.return %0 : i128
}
