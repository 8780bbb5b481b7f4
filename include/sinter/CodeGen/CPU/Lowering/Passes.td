// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes from linalg to reference loops, and from loops to the LLVM dialect.
#ifndef SINTER_CODEGEN_CPU_LOWERING_PASSES
#define SINTER_CODEGEN_CPU_LOWERING_PASSES

include "mlir/Pass/PassBase.td"

def ReferenceLoops : Pass<"sinter-reference-loops", "mlir::ModuleOp"> {
  let summary = "Lower the linalg bodies of kernels to plain scalar loops";
  let description = [{
    The reference schedule of `-O0`. Bufferizes each function with
    `sinter.kernel` on its own and turns its linalg ops into scalar loops:

    ```mlir
    linalg.generic {…} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {…}
    ```
    becomes
    ```mlir
    scf.for %i = %c0 to %c4 step %c1 { memref.load … memref.store … }
    ```

    Such a kernel is not split: the call whose range holds tile 0 computes the
    whole domain, all other calls do nothing. Inputs are never written.
    Intermediate values become stack buffers; more than 16 KB of them in one
    kernel is an error, unless scratch is not bounded. Sums of f32 are added up
    in f64; without `wide-sums` they round after each term, which shows what
    rounding does to a result.
  }];
  let options = [Option<"boundedScratch", "bounded-scratch", "bool", "true", "16 KB of stack at most">,
                 Option<"wideSums", "wide-sums", "bool", "true", "sums of f32 in f64">];
  let dependentDialects = ["mlir::affine::AffineDialect",
                           "mlir::arith::ArithDialect",
                           "mlir::bufferization::BufferizationDialect",
                           "mlir::memref::MemRefDialect",
                           "mlir::scf::SCFDialect",
                           "mlir::vector::VectorDialect"];
}

def ExpandMath : Pass<"sinter-expand-math"> {
  let summary = "Expand math functions of f32 into arithmetic";
  let description = [{
    Replaces `math.exp`, `exp2`, `expm1`, `log`, `log2`, `log10`, `log1p`,
    `tanh`, `erf`, `sin`, `cos` and `powf` on f32 scalars and vectors of any
    length by code of `arith` and `math.fma` without branches, the same for
    scalars and each lane. `1 / (1 + exp(-x))` is recognised as a whole. NaN is
    kept; infinities, zeros of both signs and subnormals are right; errors are at
    most 2 ulp. Measured over all 2^32 arguments: exp 1.02, exp2 0.97, expm1 1.44,
    log 0.84, log1p 0.84, tanh 1.47, erf 1.07, logistic 1.97. sin and cos of angles beyond 2^45 take the
    one branch there is, to libm in f64. Math of f64 is left alone.

    ```mlir
    %y = math.exp %x : vector<16xf32>
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
                           "mlir::math::MathDialect",
                           "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def LowerVectors : Pass<"sinter-lower-vectors"> {
  let summary = "Lower vector ops to those with a direct LLVM counterpart";
  let description = [{
    Transfers become plain or masked loads and stores of one dimension;
    multi-dimensional reductions, transposes, shape casts, broadcasts, gathers
    and `vector.mask` become ops on vectors of one dimension. The arithmetic of
    a value and its order do not change.
  }];
  let dependentDialects = ["mlir::affine::AffineDialect", "mlir::arith::ArithDialect",
                           "mlir::memref::MemRefDialect",
                           "mlir::scf::SCFDialect",
                           "mlir::vector::VectorDialect"];
}

def ExpandFma : Pass<"sinter-expand-fma"> {
  let summary = "Write multiply-adds without an instruction that fuses them";
  let description = [{
    For machines without fused multiply-adds, where each would be a call of
    libm. `vector.fma`, which products are made of, becomes a product and a sum,
    each rounded. `math.fma` on f32, on which the expansions of math rely for
    more digits than f32 has, is computed in f64, where the product is exact:

    ```mlir
    %r = math.fma %a, %b, %c : f32
    ```
    becomes
    ```mlir
    %p = arith.mulf %wide_a, %wide_b : f64
    %s = arith.addf %p, %wide_c : f64
    %r = arith.truncf %s : f64 to f32
    ```
    `math.fma` on f64 stays: it is a call.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect"];
}

def LowerToLLVM : Pass<"sinter-lower-to-llvm", "mlir::ModuleOp"> {
  let summary =
      "Convert buffers, control flow and arithmetic to the LLVM dialect";
  let description = [{
    Memrefs become bare pointers; the pointers of a kernel carry
    `llvm.noalias`. A bool takes one byte in memory: vectors of `i1` are
    loaded and stored as bytes. Functions that LLVM has no exact instruction
    for become calls of libm. What is in the LLVM dialect already stays as
    it is.
  }];
  let options = [Option<"exportKernels", "export-kernels", "bool",
                        /*default=*/"false",
                        "Keep kernels visible by name in the object">];
  let dependentDialects = ["mlir::LLVM::LLVMDialect",
                           "mlir::arith::ArithDialect",
                           "mlir::vector::VectorDialect",
                           "mlir::func::FuncDialect"];
}

def VerifyLLVM : Pass<"sinter-verify-llvm", "mlir::ModuleOp"> {
  let summary = "Check that a module holds nothing but the LLVM dialect";
  let description = [{
    An op of another dialect, inline assembly, an external function other than memcpy, memset and the listed ones of
    libm with their types, and a global that is no constant with a value are errors, each reported where it stands.
  }];
}

#endif
