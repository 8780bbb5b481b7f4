// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolution, pooling, and tensors seen through windows.
#ifndef SINTER_NN_CONVOLUTION
#define SINTER_NN_CONVOLUTION

include "sinter/Dialect/NN/IR/NNBase.td"

def NN_ConvolutionOp : NN_PureOp<"convolution", [NN_Differentiable, NN_Decomposable]> {
  let summary = "products of windows of the input with weights, in any number of dimensions (`torch.nn.Conv2d`, `ConvTranspose2d`)";
  let description = [{
    input: [N, G·C, S…], weight: [G·O, C, K…], bias: [G·O] or none; result [N, G·O, R…], G being `groups`. Along each of S the input is
    spread, with `spread` - 1 zeros between neighbours, and surrounded by `low` and `high` zeros, which are elements that are left out where
    negative; result r sums over the taps k the padded element r · stride + k · dilation times weight k. The gradients of a convolution are convolutions: by
    a stride becomes a spread, by a dilation a stride.

    ```mlir
    %y = nn.convolution %x, %w strides [2] dilations [1] spread [1] low [1] high [1] groups 2
        : tensor<3x4x9xf32>, tensor<6x2x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, Optional<NN_FloatTensor>:$bias, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$spread, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, I64Attr:$groups);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $weight (`bias` $bias^)? `strides` $strides `dilations` $dilations `spread` $spread `low` $low `high` $high
    `groups` $groups attr-dict `:` type($input) `,` type($weight) (`,` type($bias)^)?}];
}

def NN_CorrelateOp : NN_PureOp<"correlate", [NotDifferentiable, NN_Contraction, CostOpInterface]> {
  let summary = "the product that a convolution consists of: windows inside of the input";
  let description = [{
    x: [N, G, C, S…], w: [G, O, C, K…], y: [N, G, O, R…] with y[n, g, o, r] the sum over c and k of x[n, g, c, r · stride + k · dilation] ·
    w[g, o, c, k], in the order in which the weight has these dims. All windows lie inside of the input. Sums as in `nn.matmul`. Each of the tensors has its dims
    in any order: dim i of the three above is dim order[i] of the tensor. The last dim of the result, one of O or of R, is the product's columns.

    ```mlir
    %y = nn.correlate %x order [0, 1, 2, 3], %w order [0, 3, 2, 1] into [0, 1, 3, 2] strides [2] dilations [1]
        : tensor<3x2x4x9xf32>, tensor<2x3x4x5xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, DenseI64ArrayAttr:$input_order, DenseI64ArrayAttr:$weight_order,
                       DenseI64ArrayAttr:$result_order, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `order` $input_order `,` $weight `order` $weight_order `into` $result_order `strides` $strides `dilations` $dilations
    attr-dict `:` type($input) `,` type($weight)}];
  let extraClassDeclaration = [{
    /// [N, G, C, S…], [G, O, C, K…] and [N, G, O, R…].
    ::llvm::SmallVector<int64_t> getInputExtents();
    ::llvm::SmallVector<int64_t> getWeightExtents();
    ::llvm::SmallVector<int64_t> getResultExtents();
    /// Whether the columns are channels, which are neighbours in the weight.
    bool hasColumnsOfWeight();
  }];
}

def NN_WindowsOp : NN_PureOp<"windows", [NN_Differentiable, NN_MovesElements, NN_ComputedWhereRead]> {
  let summary = "a dimension seen through overlapping windows";
  let description = [{
    [before…, S, after…] becomes [before…, size, R, after…] with result[…, k, r, …] = input[…, r · stride + k · dilation, …] for all windows that lie inside
    of the input. A part of the kernel that reads it: no memory is moved.

    ```mlir
    %y = nn.windows %x along 1 size 3 stride 2 dilation 1 : tensor<4x9xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, I64Attr:$dim, I64Attr:$size, I64Attr:$stride, I64Attr:$dilation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `along` $dim `size` $size `stride` $stride `dilation` $dilation attr-dict `:` type($input)";
}

def NN_OverlapAddOp : NN_PureOp<"overlap_add", [NN_Differentiable, NN_Decomposable]> {
  let summary = "the transpose of `nn.windows`: adds up windows where they overlap";
  let description = [{
    [before…, K, R, after…] becomes [before…, extent, after…]: element k of window r is added at r · stride + k · dilation.

    ```mlir
    %y = nn.overlap_add %x along 1 extent 9 stride 2 dilation 1 : tensor<4x3x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, I64Attr:$dim, I64Attr:$extent, I64Attr:$stride, I64Attr:$dilation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `along` $dim `extent` $extent `stride` $stride `dilation` $dilation attr-dict `:` type($input)";
}

def NN_MaxPoolOp : NN_PureOp<"max_pool", [NN_Differentiable, NN_Decomposable]> {
  let summary = "the largest element of each window of the last dimensions, and which tap it is (`torch.nn.MaxPool2d`)";
  let description = [{
    [before…, S…] becomes [before…, R…], S having as many dims as `sizes`. Each of S is surrounded by `low` and `high` elements that no window chooses; window r has
    the padded elements r · stride + k · dilation. `taps` numbers the k of the chosen element in row-major order: the first of the largest, or the last NaN; of
    a window of -infinity the first element that is not padding. The gradient goes to that element.

    ```mlir
    %y, %t = nn.max_pool %x sizes [2] strides [2] dilations [1] low [1] high [0] : tensor<3x4x9xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high);
  let results = (outs NN_FloatTensor:$values, NN_IndexTensor:$taps);
  let assemblyFormat = [{$input `sizes` $sizes `strides` $strides `dilations` $dilations `low` $low `high` $high attr-dict `:` type($input)}];
}

#endif
