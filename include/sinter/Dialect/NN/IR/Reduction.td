// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions over dimensions, and contractions.
#ifndef SINTER_NN_REDUCTION
#define SINTER_NN_REDUCTION

include "sinter/Dialect/NN/IR/NNBase.td"

class NN_ReductionOp<string mnemonic, Type type> : NN_PureOp<mnemonic, [NN_Differentiable, NN_TimeBatchable, NN_ReducesElements, CostOpInterface]> {
  let arguments = (ins type:$input, DenseI64ArrayAttr:$dims, UnitAttr:$keepdim);
  let results = (outs type:$result);
  let assemblyFormat = "$input `over` $dims (`keepdim` $keepdim^)? attr-dict `:` type($input)";
}

def NN_SumOp : NN_ReductionOp<"sum", NN_Tensor> {
  let summary = "sum over dimensions (sorted, unique, may be none)";
  let description = [{
    ```mlir
    %y = nn.sum %x over [0, 2] : tensor<2x3x4xf32>
    ```
  }];
  let hasFolder = 1;
}
def NN_ProdOp : NN_ReductionOp<"prod", NN_Tensor> {
  let summary = "product over dimensions";
  let description = [{
    ```mlir
    %y = nn.prod %x over [1] keepdim : tensor<2x3x4xf32>
    ```
  }];
}
def NN_AmaxOp : NN_ReductionOp<"amax", NN_Tensor> {
  let summary = "largest element, NaN kept; equal ones share the gradient";
  let description = [{
    ```mlir
    %y = nn.amax %x over [0, 1, 2] : tensor<2x3x4xf32>
    ```
  }];
}
def NN_AminOp : NN_ReductionOp<"amin", NN_Tensor> {
  let summary = "smallest element, NaN kept; equal ones share the gradient";
  let description = [{
    ```mlir
    %y = nn.amin %x over [1] : tensor<2x3x4xf32>
    ```
  }];
}

class NN_ArgReductionOp<string mnemonic> : NN_PureOp<mnemonic, [NotDifferentiable, NN_TimeBatchable, NN_ReducesElements, CostOpInterface]> {
  let arguments = (ins NN_Tensor:$input, I64Attr:$dim, UnitAttr:$keepdim);
  let results = (outs NN_IndexTensor:$result);
  let assemblyFormat = "$input `over` $dim (`keepdim` $keepdim^)? attr-dict `:` type($input)";
}
def NN_ArgmaxOp : NN_ArgReductionOp<"argmax"> {
  let summary = "index of the first largest element along a dimension; the first NaN wins";
  let description = [{
    ```mlir
    %y = nn.argmax %x over 1 : tensor<2x3x4xf32>
    ```
  }];
}
def NN_ArgminOp : NN_ArgReductionOp<"argmin"> {
  let summary = "index of the first smallest element along a dimension; the first NaN wins";
  let description = [{
    ```mlir
    %y = nn.argmin %x over 2 keepdim : tensor<2x3x4xf32>
    ```
  }];
}

def NN_Cumulation : I32EnumAttr<"Cumulation", "how elements are cumulated", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"product", 1>, I32EnumAttrCase<"maximum", 2>, I32EnumAttrCase<"minimum", 3>,
    I32EnumAttrCase<"log_sum_exp", 4>]> {
  let cppNamespace = "::sinter::nn";
  let genSpecializedAttr = 0;
}
def NN_CumulationAttr : EnumAttr<NN_Dialect, NN_Cumulation, "cumulation">;

def NN_CumulateOp : NN_PureOp<"cumulate", [NN_Differentiable, NN_TimeBatchable, NN_ReducesElements, DeclareOpInterfaceMethods<CostOpInterface, ["getWorkPerElement"]>]> {
  let summary = "of each element and those before it along a dimension (`cumsum`, `cumprod`, `cummax`, `cummin`, `logcumsumexp`)";
  let description = [{
    One pass in order. Sums, products and log-sum-exps of f32 and narrower floats are carried in f64, as PyTorch does on the CPU; extrema keep NaN.

    ```mlir
    %y = nn.cumulate sum %x along 1 : tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins NN_CumulationAttr:$kind, NN_Tensor:$input, I64Attr:$dim);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$kind $input `along` $dim attr-dict `:` type($input)";
}
def NN_CumulatedIndexOp : NN_PureOp<"cumulated_index", [NotDifferentiable, NN_TimeBatchable, NN_ReducesElements, CostOpInterface]> {
  let summary = "where `nn.cumulate` found each maximum or minimum: the last one of equal ones, the last NaN";
  let description = [{
    ```mlir
    %y = nn.cumulated_index maximum %x along 1 : tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins NN_CumulationAttr:$kind, NN_Tensor:$input, I64Attr:$dim);
  let results = (outs NN_IndexTensor:$result);
  let assemblyFormat = "$kind $input `along` $dim attr-dict `:` type($input)";
}

class NN_ExtremumOp<string mnemonic> : NN_PureOp<mnemonic, [NN_Differentiable, NN_Decomposable]> {
  let description = [{
    Decomposes to the value's reduction and the index's. The gradient goes to the element at the index.

    ```mlir
    %y:2 = nn.max_with_indices %x over 0 : tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, I64Attr:$dim, UnitAttr:$keepdim);
  let results = (outs NN_Tensor:$values, NN_IndexTensor:$indices);
  let assemblyFormat = "$input `over` $dim (`keepdim` $keepdim^)? attr-dict `:` type($input)";
}
def NN_MaxWithIndicesOp : NN_ExtremumOp<"max_with_indices"> { let summary = "largest element along a dimension and its first index"; }
def NN_MinWithIndicesOp : NN_ExtremumOp<"min_with_indices"> { let summary = "smallest element along a dimension and its first index"; }

def NN_VectorNormOp : NN_PureOp<"vector_norm", [NN_Differentiable, NN_Decomposable]> {
  let summary = "p-norm over dimensions, for any p (`torch.linalg.vector_norm`)";
  let description = [{
    (sum |x|^p)^(1/p); with p = 0 the number of elements that are not 0, with ±infinity the largest or smallest magnitude. The gradient
    is 0 where the norm is 0, and for p below 1 where the element is.

    ```mlir
    %y = nn.vector_norm %x p 3.0 over [1] keepdim : tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, F64Attr:$p, DenseI64ArrayAttr:$dims, UnitAttr:$keepdim);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input `p` $p `over` $dims (`keepdim` $keepdim^)? attr-dict `:` type($input)";
}

def NN_MatmulOp : NN_PureOp<"matmul", [NN_Differentiable, NN_TimeBatchable, NN_Contraction, CostOpInterface]> {
  let summary = "product of matrices, batched with broadcasting";
  let description = [{
    a: [batch…, M, K] ([batch…, K, M] with `transpose_a`), b: [batch…, K, N] ([batch…, N, K] with `transpose_b`), both of
    rank 2 or more; result [broadcast batch…, M, N]. Sums in the operands' type, f32 for f16 and bf16.

    ```mlir
    %y = nn.matmul %a, %b transpose_b : tensor<7x1x3x4xf32>, tensor<2x5x4xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$lhs, NN_FloatTensor:$rhs, UnitAttr:$transpose_a, UnitAttr:$transpose_b);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$lhs (`transpose_a` $transpose_a^)? `,` $rhs (`transpose_b` $transpose_b^)? attr-dict `:` type($lhs) `,` type($rhs)";
}

def NN_LinearOp : NN_PureOp<"linear", [NN_Differentiable, NN_Decomposable]> {
  let summary = "x · weightᵀ + bias (`torch.nn.Linear`)";
  let description = [{
    x: [..., in], weight: [out, in], bias: [out] or none; result [..., out].

    ```mlir
    %y = nn.linear %w, %w : tensor<6x4xf32>, tensor<6x4xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, Optional<NN_FloatTensor>:$bias);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input `,` $weight (`bias` $bias^)? attr-dict `:` type($input) `,` type($weight) (`,` type($bias)^)?";
}

#endif
