// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that lower the nn dialect to upstream dialects.
#ifndef SINTER_CONVERSION_PASSES
#define SINTER_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def NNToLinalg : Pass<"nn-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "lowers the nn primitives of a kernel function to linalg on tensors";
  let description = [{
    Runs on functions with the attribute `sinter.kernel` and leaves all others alone. Elementwise ops, draws and moves of
    elements become parallel `linalg.generic` ops whose maps broadcast (dropped dimensions, constants 0), reductions and
    products fill a neutral element and accumulate into it. A result map has a constant 0 where a reduction keeps its
    dimension. Constant splats become scalars of the region that reads them.

    Unsigned elements become signless ones, in the signature too; how an op treats them is decided here, from the type
    they had. An op that is no primitive, or has no meaning for its element type, is an error.

    ```mlir
    %1 = nn.relu %0 : tensor<4x8xf32>
    // becomes
    %e = tensor.empty() : tensor<4x8xf32>
    %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%0) outs(%e) {
      ^bb0(%x: f32, %o: f32):
        %c = arith.constant 0.0 : f32
        %m = arith.maximumf %x, %c : f32
        linalg.yield %m : f32
    } -> tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif
