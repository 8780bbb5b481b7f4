// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that move elements without computing.
#ifndef SINTER_NN_SHAPE
#define SINTER_NN_SHAPE

include "sinter/Dialect/NN/IR/NNBase.td"

def NN_ReshapeOp : NN_Op<"reshape", [Pure, NN_Differentiable, NN_TimeBatchable, NN_MovesElements, NN_ComputedWhereRead]> {
  let summary = "the same elements in another shape, row-major order kept";
  let description = [{
    ```mlir
    %y = nn.reshape %x : tensor<4x6xf32> to tensor<2x12xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_TransposeOp : NN_PureOp<"transpose", [NN_Differentiable, NN_TimeBatchable, NN_MovesElements, CostOpInterface]> {
  let summary = "result dimension i is input dimension permutation[i] (`permute`)";
  let description = [{
    ```mlir
    %y = nn.transpose %x [1, 0] : tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_BroadcastOp : NN_Op<"broadcast", [Pure, NN_Differentiable, NN_TimeBatchable, NN_MovesElements, NN_ComputedWhereRead]> {
  let summary = "repeats along new leading and unit dimensions (`expand`)";
  let description = [{
    ```mlir
    %y = nn.broadcast %x : tensor<4x6xf32> to tensor<3x4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_SliceOp : NN_PureOp<"slice", [NN_Differentiable, NN_TimeBatchable, NN_MovesElements, CostOpInterface]> {
  let summary = "elements start, start + stride, … below limit, per dimension";
  let description = [{
    ```mlir
    %y = nn.slice %x from [1, 0] to [4, 6] by [2, 1] : tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$limits, DenseI64ArrayAttr:$strides);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `from` $starts `to` $limits `by` $strides attr-dict `:` type($input)";
  let hasFolder = 1;
}

def NN_PadOp : NN_PureOp<"pad", [NN_Differentiable, NN_TimeBatchable, NN_MovesElements, NN_ComputedWhereRead]> {
  let summary = "surrounds, and with `interior` spreads, the elements with a value";
  let description = [{
    Result dimension: low + d + max(d - 1, 0) * interior + high; all amounts ≥ 0. The value takes no gradient.

    ```mlir
    %y = nn.pad %x low [0, 1] high [2, 0] interior [1, 0] value 1.5 : tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior, F64Attr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `low` $low `high` $high `interior` $interior `value` $value attr-dict `:` type($input)";
}

def NN_ConcatOp : NN_PureOp<"concat", [NN_Differentiable, NN_TimeBatchable, NN_MovesElements, CostOpInterface]> {
  let summary = "operands one after another along a dimension (`cat`)";
  let description = [{
    ```mlir
    %y = nn.concat %x, %u along 1 : tensor<4x6xf32>, tensor<4x2xf32>
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$dim);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$inputs `along` $dim attr-dict `:` type($inputs)";
}

def NN_ReverseOp : NN_PureOp<"reverse", [NN_Differentiable, NN_TimeBatchable, NN_MovesElements, CostOpInterface]> {
  let summary = "reversed along dimensions (`flip`)";
  let description = [{
    ```mlir
    %y = nn.reverse %x over [0] : tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `over` $dims attr-dict `:` type($input)";
}

def NN_PackPanelsOp : NN_PureOp<"pack_panels", [NotDifferentiable]> {
  let summary = "columns of matrices in panels of `width`, each of them contiguous: the layout that a big product reads best";
  let description = [{
    x: [batch…, K, N] ([batch…, N, K] with `transposed`); result: [batch…, ceil(N / width), K, width] with
    result[…, p, k, c] = x[…, k, p * width + c]. What lies past the last column is unspecified.

    ```mlir
    %y = nn.pack_panels %x width 4 : tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, I64Attr:$width, UnitAttr:$transposed);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `width` $width (`transposed` $transposed^)? attr-dict `:` type($input)";
  let extraClassDeclaration = [{
    /// [batch…, K, N]: the shape whose points the op moves.
    ::llvm::SmallVector<int64_t> getDomain();
  }];
}

def NN_UnpackPanelsOp : NN_PureOp<"unpack_panels", [NotDifferentiable, NN_MovesElements, NN_ComputedWhereRead]> {
  let summary = "the matrices that `nn.pack_panels` packed";
  let description = [{
    x: [batch…, ceil(columns / width), K, width]; result: [batch…, K, columns]. A part of the kernel that reads it: no memory is moved.

    ```mlir
    %z = nn.unpack_panels %y columns 6 : tensor<2x4x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, I64Attr:$columns);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `columns` $columns attr-dict `:` type($input)";
}

def NN_GatherOp : NN_PureOp<"gather", [NN_Differentiable]> {
  let summary = "result[…, i, …] = input[…, indices[…, i, …], …] along `dim` (`torch.gather`)";
  let description = [{
    Input and indices have one rank. An index out of range gives a reads-nothing 0; checks belong to `nn.check_index`.

    ```mlir
    %y = nn.gather %x, %i along 1 : tensor<4x6xf32>, tensor<4x2xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, NN_IndexTensor:$indices, I64Attr:$dim);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `,` $indices `along` $dim attr-dict `:` type($input) `,` type($indices)";
}

def NN_ScatterAddOp : NN_Op<"scatter_add", [Pure, NN_Differentiable, NN_Decomposable]> {
  let summary = "the transpose of `nn.gather`: adds updates into zeros of the result type, in index order";
  let description = [{
    ```mlir
    %y = nn.scatter_add %u, %i along 1 : tensor<4x2xf32>, tensor<4x2xi64> to tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$updates, NN_IndexTensor:$indices, I64Attr:$dim);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$updates `,` $indices `along` $dim attr-dict `:` type($updates) `,` type($indices) `to` type($result)";
  let hasVerifier = 1;
}

def NN_TakeOp : NN_PureOp<"take", [NN_Differentiable, NN_TimeBatchable]> {
  let summary = "rows of a table by number (`embedding`, `index_select` at dim 0)";
  let description = [{
    input: [V, rest…], indices: [any…]; result [any…, rest…]. Index rules as `nn.gather`.

    ```mlir
    %y = nn.take %x, %i : tensor<4x6xf32>, tensor<4x2xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, NN_IndexTensor:$indices);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` type($input) `,` type($indices)";
}

#endif
