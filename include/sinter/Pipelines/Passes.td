// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes at the seams between phases: contracts, and the lowering of entries.
#ifndef SINTER_PIPELINES_PASSES
#define SINTER_PIPELINES_PASSES

include "mlir/Pass/PassBase.td"

def VerifyGraph : Pass<"nn-verify-graph", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the graph phase";
  let description = [{
    Shapes are static, every op has a source location, and no two random ops of a function share an id unless they are the
    same draw (equal seed, step and shape).

    ```mlir
    %a = nn.random_uniform %seed, %step id 3 : tensor<4xf32>
    %b = nn.random_uniform %seed, %step id 3 : tensor<8xf32>   // error: another draw with the id 3
    ```
  }];
  let options = [Option<"requireLocations", "require-locations", "bool", "true", "ops without a location are errors">];
}

def VerifyGrad : Pass<"nn-verify-grad", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the grad phase";
  let description = [{
    No nn.gradient is left, and each segment of state is set at most once per function, directly or by its run.

    ```mlir
    nn.set_segment @M "w" %a : tensor<4xf32>
    nn.set_segment @M "w" %b : tensor<4xf32>   // error: set twice
    ```
  }];
}

def VerifyFused : Pass<"nn-verify-fused", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the fused phase";
  let description = [{
    Every compute op of an entry is in an nn.kernel, which holds primitives only.

    ```mlir
    %0 = nn.relu %x : tensor<4xf32>   // error: a compute op outside of kernels
    ```
  }];
}

def VerifyKernels : Pass<"nn-verify-kernels", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the kernels phase";
  let description = [{
    Entries hold launches, views, checks and constants alone; each launch matches its kernel's signature, and no two of its
    operands overlap unless both are read only. Kernels are private functions in destination style.

    ```mlir
    nn.launch @relu_64 tiles(1) (%x, %x) : memref<64xf32>, memref<64xf32>   // error: written while read
    ```
  }];
}

def VerifyLinalg : Pass<"nn-verify-linalg", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the linalg phase";
  let description = [{
    No nn op is left in a kernel.

    ```mlir
    func.func private @k(…) attributes {sinter.kernel} { %1 = nn.relu %0 … }   // error
    ```
  }];
}

def LowerEntries : Pass<"nn-lower-entries", "::mlir::ModuleOp"> {
  let summary = "makes C functions of entries";
  let description = [{
    Each instance of an entry becomes an LLVM function that checks its pointers and its indices, then calls its kernels, through
    `ctx->parallel_for` where there is more than one tile. Each entry gets the function of the C interface, which picks the
    instance by the dims, and each kernel one that takes its operands as an array (what parallel_for calls). Runs before the
    kernels themselves are lowered.

    ```mlir
    nn.launch @relu_64 tiles(1) (%x, %y) : memref<64xf32>, memref<64xf32>
    // becomes
    llvm.call %relu_64(%x, %y, %c0, %c1) : !llvm.ptr, (!llvm.ptr, !llvm.ptr, i64, i64) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif
