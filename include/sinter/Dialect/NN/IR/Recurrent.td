// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one form of recurrence.
#ifndef SINTER_NN_RECURRENT
#define SINTER_NN_RECURRENT

include "sinter/Dialect/NN/IR/NNBase.td"

def NN_ScanOp : NN_Op<"scan", [IsolatedFromAbove, SingleBlock, Pure, AttrSizedOperandSegments, AttrSizedResultSegments,
                           DeclareOpInterfaceMethods<DifferentiableRegionOpInterface>]> {
  let summary = "a loop over time with carried values";
  let description = [{
    Runs the body for steps s = 0 … `steps` - 1, at time t = s, or t = `steps` - 1 - s with `reverse`. Arguments of the body: t (a scalar i64), then

    - a carry per *init*: the init in step 0, later what the step before gave;
    - per *x* its slice at time t (the time axis is dimension 0);
    - the *invariants*.

    `nn.scan_yield` gives the new carries, then per *y* the slice at time t, then per *sum* the addend of this step. Results: per carry its
    *history* of `steps` + 1 slots, slot 0 the init, slot s + 1 the carry after step s; the ys, stacked along a new dimension 0 in the order of time;
    the sums, added in the order of the steps.

    With `lengths` (one per row, the rows being dimension 0 of carries and of slices): in a step at a time t ≥ lengths[n], row n of every x is
    read as zero, row n of every carry stays as it was, and row n of every y is zero. What padding holds, NaN too, reaches no result.

    ```mlir
    %h, %y = nn.scan %t to 28 inits(%c = %h0 : tensor<64x32xf32>) xs(%x = %xs : tensor<28x64x32xf32>) invariants(%w = %w0 : tensor<32x32xf32>)
        -> histories(tensor<29x64x32xf32>) ys(tensor<28x64x32xf32>) {
      %0 = nn.matmul %c, %w : tensor<64x32xf32>, tensor<32x32xf32>
      %1 = nn.add %0, %x : tensor<64x32xf32>, tensor<64x32xf32>
      %2 = nn.tanh %1 : tensor<64x32xf32>
      nn.scan_yield carries(%2 : tensor<64x32xf32>) ys(%2 : tensor<64x32xf32>)
    }
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inits, Variadic<NN_Tensor>:$xs, Variadic<NN_Tensor>:$invariants, Optional<NN_IndexTensor>:$lengths,
                       I64Attr:$steps, UnitAttr:$reverse);
  let results = (outs Variadic<NN_Tensor>:$histories, Variadic<NN_Tensor>:$ys, Variadic<NN_FloatTensor>:$sums);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1; // its yield is verified first
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// Arguments of the body, by kind.
    ::mlir::BlockArgument getTime() { return getBody().getArgument(0); }
    ::mlir::Block::BlockArgListType getCarries();
    ::mlir::Block::BlockArgListType getSlices();
    ::mlir::Block::BlockArgListType getInvariantArguments();
    ScanYieldOp getYield();
  }];
}

def NN_ScanYieldOp : NN_Op<"scan_yield", [Terminator, Pure, HasParent<"ScanOp">, AttrSizedOperandSegments]> {
  let summary = "what a step of a scan gives";
  let description = [{
    ```mlir
    nn.scan_yield carries(%h : tensor<64x32xf32>) ys(%y : tensor<64x10xf32>) sums(%s : tensor<f32>)
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$carries, Variadic<NN_Tensor>:$ys, Variadic<NN_FloatTensor>:$sums);
  let assemblyFormat = [{
    (`carries` `(` $carries^ `:` type($carries) `)`)? (`ys` `(` $ys^ `:` type($ys) `)`)? (`sums` `(` $sums^ `:` type($sums) `)`)? attr-dict
  }];
}

def NN_LoopOp : NN_Op<"loop", [SingleBlock, NoTerminator]> {
  let summary = "a scan of the kernels phase: launches that run once a step";
  let description = [{
    Arguments of the body: the step s = 0 … `steps` - 1, and the time t = s, or t = `steps` - 1 - s with `reverse`. It holds views and launches.

    ```mlir
    nn.loop 28 {
    ^bb0(%s: index, %t: index):
      %c = nn.step_view %workspace at 64 plus %s times 4096 : memref<131072xi8> to memref<64x16xf32>
      nn.launch @relu_64x16 tiles(1) (%c, %y) : memref<64x16xf32>, memref<64x16xf32>
    }
    ```
  }];
  let arguments = (ins I64Attr:$steps, UnitAttr:$reverse);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$steps (`reverse` $reverse^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getStep() { return getBody().getArgument(0); }
    ::mlir::BlockArgument getTime() { return getBody().getArgument(1); }
  }];
}

def NN_StepViewOp : NN_Op<"step_view", [Pure, HasParent<"LoopOp">]> {
  let summary = "a contiguous tensor at a byte offset that moves by a stride with each step or time of the loop";
  let description = [{
    ```mlir
    %c = nn.step_view %workspace at 64 plus %s times 4096 : memref<131072xi8> to memref<64x16xf32>
    ```

    With a `period` the stride counts the index modulo the period: two slots in turn.

    ```mlir
    %c = nn.step_view %workspace at 4160 plus %s mod 2 times -4096 : memref<131072xi8> to memref<64x16xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeMemRef:$source, Index:$index, I64Attr:$offset, I64Attr:$stride, OptionalAttr<I64Attr>:$period);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$source `at` $offset `plus` $index (`mod` $period^)? `times` $stride attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The loop whose step or time the index is: the op's, or one around it.
    LoopOp getLoop();
    /// The biggest number that the stride is multiplied with.
    int64_t getLast();
  }];
}

#endif
