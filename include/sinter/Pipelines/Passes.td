// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes at the seams between phases: contracts, and the lowering of entries.
#ifndef SINTER_PIPELINES_PASSES
#define SINTER_PIPELINES_PASSES

include "mlir/Pass/PassBase.td"

def VerifyInterface : Pass<"nn-verify-interface", "::mlir::ModuleOp"> {
  let summary = "checks what holds in every phase from graph to loops: settings, tables, entries";
  let description = [{
    The module's settings have values that a target can have; it holds tables, entries, kernels and constants alone. Every entry has
    a name, dims and a table that exist, arguments and results with names of their own and types of the language, or the buffers of the
    C interface in their order. Instances of an entry differ in their dims alone.

    ```mlir
    func.func @f(%x: tensor<4xf32>) attributes {nn.entry = "f"}   // error: expected a name for each argument of an entry
    ```
  }];
}

def VerifyGraph : Pass<"nn-verify-graph", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the graph phase";
  let description = [{
    Entries are one block of nn ops on tensors of static shape without kernels, every op has a source location, and no two random ops
    of a function share an id unless they are the same draw (equal seed, step and shape).

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
    Entries are what they are in the graph phase, without nn.gradient. Each segment of state is set at most once per function, directly
    or by its run; an entry with `nn.updates`, a step of the optimizer, sets every parameter but those that `nn.frozen` lists.

    ```mlir
    nn.set_segment @M "w" %a : tensor<4xf32>
    nn.set_segment @M "w" %b : tensor<4xf32>   // error: set twice
    ```
  }];
}

def VerifyFused : Pass<"nn-verify-fused", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the fused phase";
  let description = [{
    Every compute op of an entry is in an nn.kernel, which holds primitives only and gives results of its domain or of its rows. What
    the grad phase promises of state still holds.

    ```mlir
    %0 = nn.relu %x : tensor<4xf32>   // error: a compute op outside of kernels
    ```
  }];
}

def VerifyKernels : Pass<"nn-verify-kernels", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the kernels phase";
  let description = [{
    Entries hold launches, views, checks and constants alone; each launch matches its kernel's signature, and no two of its
    operands overlap unless both are read only. What a launch reads of the workspace was written before, and no other value lies
    across it. Checks come before launches that write what lasts. Kernels are private functions in destination style, with buffers of
    static shape, tiles that cover their domain, and a body of primitives that writes each output once.

    ```mlir
    nn.launch @relu_64 tiles(1) (%x, %x) : memref<64xf32>, memref<64xf32>   // error: written while read
    ```
  }];
  let options = [Option<"primitives", "primitives", "bool", "true", "kernels hold nn primitives; their bodies are checked, too">];
}

def VerifyLinalg : Pass<"nn-verify-linalg", "::mlir::ModuleOp"> {
  let summary = "checks the contract of the linalg phase";
  let description = [{
    Kernels hold linalg on tensors, no nn op, and write each output once.

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
