// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes of the CPU code generator, from linalg on tensors to loops on buffers.

#ifndef SINTER_CODEGEN_CPU_PASSES
#define SINTER_CODEGEN_CPU_PASSES

include "mlir/Pass/PassBase.td"

def EmitLoops : Pass<"sinter-emit-loops", "mlir::ModuleOp"> {
  let summary = "Turn kernels of linalg on tensors into vectorised loops on buffers";
  let description = [{
    Replaces the body of every function with the attribute `sinter.kernel`
    by loops over the tiles in [begin, end). A product whose epilogue is
    elementwise becomes register-tiled loops, everything else one nest: loops
    over the points of a tile, the reductions of a row, then the stores.

    Tensors are never stored: the value of a tensor at an index is code,
    made on demand where it is used, so that a fused producer never reaches
    memory.

    ```mlir
    %0 = linalg.generic … ins(%x, %y) { arith.addf }
    bufferization.materialize_in_destination %0 in restrict writable %z
    // becomes
    scf.for %t = %begin to %end step %c1 {
      scf.for %i = %c0 to %c4096 step %c64 {
        %a = vector.load %x[%i] : memref<4096xf32>, vector<16xf32>
        …
        vector.store %sum, %z[%i] : memref<4096xf32>, vector<16xf32>
    ```
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64",
           "Width of a vector register in bytes (64 AVX-512, 32 AVX2, 16 SSE)">
  ];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::math::MathDialect",
    "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
    "mlir::vector::VectorDialect"
  ];
}

def VerifyLoops : Pass<"sinter-verify-loops", "mlir::ModuleOp"> {
  let summary = "Check the contract of the loops phase";
  let description = [{
    In a kernel there is no tensor, no allocation and no copy of a buffer, and
    stack scratch is static and at most 16 KB in all: what was fused never
    reaches memory. Inputs and constants are only read. Nothing is there but
    loops, arithmetic, vectors and buffers.
  }];
}

#endif
