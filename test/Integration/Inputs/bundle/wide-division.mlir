// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Most machines divide numbers of 128 bits in a runtime library of the compiler.
llvm.func @f(%a: i128, %b: i128) -> i128 {
  %0 = llvm.sdiv %a, %b : i128
  llvm.return %0 : i128
}
llvm.mlir.global external constant @wide_description("{\22sinter_model\22:1,\22name\22:\22wide\22,\22symbol\22:\22wide\22,\22states\22:[],\22entries\22:[],\22train_blocks\22:{},\22run_blocks\22:{}}\00") : !llvm.array<108 x i8>
