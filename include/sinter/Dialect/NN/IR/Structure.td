// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structure: state, gradients, kernels, launches.
#ifndef SINTER_NN_STRUCTURE
#define SINTER_NN_STRUCTURE

include "sinter/Dialect/NN/IR/NNBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def NN_SegmentKind : I32EnumAttr<"SegmentKind", "what a segment of state holds", [
    I32EnumAttrCase<"header", 0>, I32EnumAttrCase<"parameter", 1>, I32EnumAttrCase<"buffer", 2>,
    I32EnumAttrCase<"optimizer", 3>, I32EnumAttrCase<"carry", 4>,
    I32EnumAttrCase<"prepared", 5>, I32EnumAttrCase<"frozen", 6>]> {
  let cppNamespace = "::sinter::nn";
  let genSpecializedAttr = 0;
}
def NN_SegmentKindAttr : EnumAttr<NN_Dialect, NN_SegmentKind, "segment_kind">;

def NN_StateOp : NN_Op<"state", [Symbol, SymbolTable, SingleBlock, NoTerminator]> {
  let summary = "the table of a module's state block";
  let description = [{
    Segments in order of their offsets, each a symbol of this table, its key. `bytes` is the size of the block. A *run* is named "parameter" or "optimizer.NAME" and spans all
    parameter segments, or all segments whose key starts with "optimizer.NAME.", from the first's offset to the last's end rounded up to 64 bytes;
    all runs have the layout of the parameters.

    ```mlir
    nn.state @Net bytes 128 {
      nn.segment "weight" parameter : tensor<2x3xf32> at 64
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `bytes` $bytes attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Byte offset and number of elements of a run, with the padding between segments; fails if it has no segments.
    ::llvm::FailureOr<std::pair<int64_t, int64_t>> getRun(::llvm::StringRef name);
    /// The segments of a run, in order.
    ::llvm::SmallVector<SegmentOp> getRunSegments(::llvm::StringRef name);
  }];
}

def NN_SegmentOp : NN_Op<"segment", [HasParent<"StateOp">, Symbol]> {
  let summary = "one tensor of a state block, at a byte offset";
  let description = [{
    A `parameter` is changed by updates; a `frozen` one is a parameter that no update changes. A tensor of a shared module has further
    keys, `also`.

    ```mlir
    nn.segment "encoder.weight" parameter : tensor<2x3xf32> at 64 also ["decoder.weight"]
    ```
  }];
  let arguments = (ins StrAttr:$sym_name, NN_SegmentKindAttr:$kind, TypeAttrOf<AnyRankedTensor>:$type, I64Attr:$offset,
                   OptionalAttr<StrArrayAttr>:$aliases);
  let assemblyFormat = "$sym_name $kind `:` $type `at` $offset (`also` $aliases^)? attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The key of the state_dict.
    ::llvm::StringRef getKey() { return getSymName(); }
  }];
}

def NN_BlockOp : NN_Op<"block", [Symbol]> {
  let summary = "settings of a train or run block, read by the training loop";
  let description = [{
    ```mlir
    nn.block @Train {epochs = 3 : i64}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, DictionaryAttr:$settings);
  let assemblyFormat = "$sym_name $settings attr-dict";
}

/// Reads or writes a state table: key or run, types and the entry's own table are checked against it.
def NN_StateAccess : DeclareOpInterfaceMethods<SymbolUserOpInterface>;

def NN_GetSegmentOp : NN_Op<"get_segment", [MemoryEffects<[]>, NotDifferentiable, NN_StateAccess]> {
  let summary = "a segment's value from before the call";
  let description = [{
    ```mlir
    %y = nn.get_segment @Net "weight" : tensor<2x3xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, StrAttr:$key);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$state $key attr-dict `:` type($result)";
}
def NN_SetSegmentOp : NN_Op<"set_segment", [NN_StateAccess]> {
  let summary = "a segment's value after the call; once per function";
  let description = [{
    ```mlir
    nn.set_segment @Net "weight" %w : tensor<2x3xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, StrAttr:$key, NN_Tensor:$value);
  let assemblyFormat = "$state $key $value attr-dict `:` type($value)";
}
def NN_GetRunOp : NN_Op<"get_run", [MemoryEffects<[]>, NotDifferentiable, NN_StateAccess]> {
  let summary = "a run's value from before the call, as one vector with its padding";
  let description = [{
    ```mlir
    %y = nn.get_run @Net "parameter" : tensor<32xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, StrAttr:$run);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$state $run attr-dict `:` type($result)";
}
def NN_SetRunOp : NN_Op<"set_run", [NN_StateAccess]> {
  let summary = "a run's value after the call; once per function";
  let description = [{
    ```mlir
    nn.set_run @Net "parameter" %1 : tensor<32xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, StrAttr:$run, NN_FloatTensor:$value);
  let assemblyFormat = "$state $run $value attr-dict `:` type($value)";
}
def NN_PackRunOp : NN_Op<"pack_run", [Pure, NotDifferentiable, NN_StateAccess]> {
  let summary = "one vector, laid out as the parameters with zeros as padding, from one tensor per parameter";
  let description = [{
    Planning writes the tensors right into the vector's buffer: nothing is copied.

    ```mlir
    %y = nn.pack_run @Net %w, %b : tensor<2x3xf32>, tensor<2xf32> to tensor<32xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Variadic<NN_FloatTensor>:$inputs);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$state $inputs attr-dict `:` type($inputs) `to` type($result)";
}

def NN_CheckIndexOp : NN_Op<"check_index"> {
  let summary = "every index is in [first, limit), or `ignore`; otherwise the call writes nothing and returns a status with the row";
  let description = [{
    On a tensor up to the fused phase, on its buffer from the kernels phase on. `first` is 0 if it is not there. With `descending` no
    row is above the one before. For messages, `what` says what the indices are, and `input` which input of the entry they come from: all
    of its elements, or with `part` some of them.

    ```mlir
    nn.check_index %t below 10 ignore -100 as "labels" of "y" : tensor<4xi64>
    ```
  }];
  let arguments = (ins AnyTypeOf<[NN_IndexTensor, MemRefOf<[I64, I32]>]>:$indices, OptionalAttr<I64Attr>:$first, I64Attr:$limit,
                   OptionalAttr<I64Attr>:$ignore, UnitAttr:$descending, OptionalAttr<StrAttr>:$what,
                   OptionalAttr<StrAttr>:$input, UnitAttr:$part);
  let assemblyFormat = [{
    $indices (`from` $first^)? `below` $limit (`ignore` $ignore^)? (`descending` $descending^)? (`as` $what^)? (`of` $input^)? (`part` $part^)?
    attr-dict `:` type($indices)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The smallest index.
    int64_t getFirstIndex() { return getFirst().value_or(0); }
  }];
}

def NN_GradientOp : NN_PureOp<"gradient"> {
  let summary = "the gradients of a scalar with respect to values; expanded by autodiff";
  let description = [{
    ```mlir
    %y = nn.gradient %3 wrt %w : tensor<f32>, tensor<2x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$output, Variadic<NN_FloatTensor>:$wrt);
  let results = (outs Variadic<NN_FloatTensor>:$gradients);
  let assemblyFormat = "$output `wrt` $wrt attr-dict `:` type($output) `,` type($wrt)";
  let hasVerifier = 1;
}

def NN_KernelOp : NN_Op<"kernel", [IsolatedFromAbove, SingleBlock, Pure]> {
  let summary = "ops fused over one domain: one loop nest on the CPU, one launch on a GPU";
  let description = [{
    See docs/architecture.md. Block arguments are the operands; `nn.yield` gives the results.

    ```mlir
    %y = nn.kernel (%a = %x : tensor<2x3xf32>) -> (tensor<2x3xf32>) domain [2, 3] reduced [] {
      %0 = nn.relu %a : tensor<2x3xf32>
      nn.yield %0 : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, DenseI64ArrayAttr:$domain, DenseI64ArrayAttr:$reduced);
  let results = (outs Variadic<NN_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def NN_YieldOp : NN_Op<"yield", [Terminator, Pure, HasParent<"KernelOp">]> {
  let summary = "results of a kernel";
  let description = [{
    ```mlir
    nn.yield %y : tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def NN_BufferViewOp : NN_Op<"buffer_view", [Pure]> {
  let summary = "a contiguous tensor at a byte offset of a buffer";
  let description = [{
    What planning makes of segments, slots of the workspace and reshapes. Any element type may lie in any buffer.

    ```mlir
    %w = nn.buffer_view %state at 64 : memref<402240xi8> to memref<128x784xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeMemRef:$source, I64Attr:$offset);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$source `at` $offset attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
}

def NN_LaunchOp : NN_Op<"launch"> {
  let summary = "runs a kernel function on all its tiles; operands are inputs, in-outs, outputs";
  let description = [{
    ```mlir
    nn.launch @relu_64x128 tiles(2) (%x, %y) : memref<64x128xf32>, memref<64x128xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, I64Attr:$tiles, Variadic<AnyMemRef>:$operands);
  let assemblyFormat = "$kernel `tiles` `(` $tiles `)` `(` $operands `)` attr-dict `:` type($operands)";
  let hasVerifier = 1;
}

#endif
