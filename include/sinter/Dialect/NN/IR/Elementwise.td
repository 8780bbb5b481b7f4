// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops: operands broadcast to one shape as in PyTorch.
#ifndef SINTER_NN_ELEMENTWISE
#define SINTER_NN_ELEMENTWISE

include "sinter/Dialect/NN/IR/NNBase.td"

class NN_ElementwiseOp<string mnemonic, list<Trait> traits = [], Trait cost = CostOpInterface>
    : NN_PureOp<mnemonic, !listconcat([NN_Elementwise, cost, TimeBatchableOpInterface], traits)>;

class NN_UnaryOp<string mnemonic, Type type, list<Trait> traits = [NN_Differentiable]> : NN_ElementwiseOp<mnemonic, traits> {
  let arguments = (ins type:$input);
  let results = (outs type:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def NN_NegOp : NN_UnaryOp<"neg", NN_Tensor> {
  let summary = "-x";
  let description = [{
    ```mlir
    %y = nn.neg %x : tensor<3x5xf32>
    ```
  }];
}
def NN_AbsOp : NN_UnaryOp<"abs", NN_Tensor> {
  let summary = "|x|; gradient 0 at 0";
  let description = [{
    ```mlir
    %y = nn.abs %x : tensor<3x5xf32>
    ```
  }];
}
def NN_SignOp : NN_UnaryOp<"sign", NN_Tensor, [NotDifferentiable]> {
  let summary = "-1, 0 or 1; 0 of NaN";
  let description = [{
    ```mlir
    %y = nn.sign %x : tensor<3x5xf32>
    ```
  }];
}
def NN_FloorOp : NN_UnaryOp<"floor", NN_FloatTensor, [NotDifferentiable]> {
  let summary = "largest integer not above x";
  let description = [{
    ```mlir
    %y = nn.floor %x : tensor<3x5xf32>
    ```
  }];
}
def NN_RoundOp : NN_UnaryOp<"round", NN_FloatTensor, [NotDifferentiable]> {
  let summary = "nearest integer, the even one of two";
  let description = [{
    ```mlir
    %y = nn.round %x : tensor<3x5xf32>
    ```
  }];
}
def NN_ExpOp : NN_UnaryOp<"exp", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "e to the x";
  let description = [{
    ```mlir
    %y = nn.exp %x : tensor<3x5xf32>
    ```
  }];
}
def NN_Expm1Op : NN_UnaryOp<"expm1", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "e to the x, minus 1";
  let description = [{
    ```mlir
    %y = nn.expm1 %x : tensor<3x5xf32>
    ```
  }];
}
def NN_LogOp : NN_UnaryOp<"log", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "natural logarithm";
  let description = [{
    ```mlir
    %y = nn.log %x : tensor<3x5xf32>
    ```
  }];
}
def NN_Log1pOp : NN_UnaryOp<"log1p", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "log(1 + x)";
  let description = [{
    ```mlir
    %y = nn.log1p %x : tensor<3x5xf32>
    ```
  }];
}
def NN_SqrtOp : NN_UnaryOp<"sqrt", NN_FloatTensor, [NN_Differentiable, NN_Division]> {
  let summary = "square root";
  let description = [{
    ```mlir
    %y = nn.sqrt %x : tensor<3x5xf32>
    ```
  }];
}
def NN_RsqrtOp : NN_UnaryOp<"rsqrt", NN_FloatTensor, [NN_Differentiable, NN_Division]> {
  let summary = "1 / sqrt(x)";
  let description = [{
    ```mlir
    %y = nn.rsqrt %x : tensor<3x5xf32>
    ```
  }];
}
def NN_SinOp : NN_UnaryOp<"sin", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "sine";
  let description = [{
    ```mlir
    %y = nn.sin %x : tensor<3x5xf32>
    ```
  }];
}
def NN_CosOp : NN_UnaryOp<"cos", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "cosine";
  let description = [{
    ```mlir
    %y = nn.cos %x : tensor<3x5xf32>
    ```
  }];
}
def NN_TanhOp : NN_UnaryOp<"tanh", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "hyperbolic tangent; gradient from the result";
  let description = [{
    ```mlir
    %y = nn.tanh %x : tensor<3x5xf32>
    ```
  }];
}
def NN_SigmoidOp : NN_UnaryOp<"sigmoid", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "1 / (1 + exp(-x)); gradient from the result";
  let description = [{
    ```mlir
    %y = nn.sigmoid %x : tensor<3x5xf32>
    ```
  }];
}
def NN_ErfOp : NN_UnaryOp<"erf", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "error function";
  let description = [{
    ```mlir
    %y = nn.erf %x : tensor<3x5xf32>
    ```
  }];
}
def NN_ReluOp : NN_UnaryOp<"relu", NN_Tensor> {
  let summary = "max(x, 0), NaN kept; gradient from the result, 0 at 0";
  let description = [{
    ```mlir
    %y = nn.relu %x : tensor<3x5xf32>
    ```
  }];
  let hasFolder = 1;
}
def NN_LogicalNotOp : NN_UnaryOp<"logical_not", NN_BoolTensor, [NotDifferentiable]> {
  let summary = "boolean negation";
  let description = [{
    ```mlir
    %y = nn.logical_not %b : tensor<3xi1>
    ```
  }];
}

def NN_StopGradientOp : NN_UnaryOp<"stop_gradient", NN_Tensor, [NotDifferentiable]> {
  let summary = "x, without a gradient (`detach`)";
  let description = [{
    ```mlir
    %y = nn.stop_gradient %x : tensor<3x5xf32>
    ```
  }];
}

def NN_CastOp : NN_Op<"cast", [Pure, NN_Elementwise, NN_SparseWhereRead, TimeBatchableOpInterface, NN_Differentiable]> {
  let summary = "conversion of the element type, with PyTorch's rules";
  let description = [{
    Float to integer truncates; anything to bool is `x != 0`; bool to a number gives 0 or 1. Gradient: cast back, if both are floats.

    ```mlir
    %y = nn.cast %x : tensor<3x5xf32> to tensor<3x5xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

class NN_BinaryOp<string mnemonic, Type type, list<Trait> traits = [NN_Differentiable]> : NN_ElementwiseOp<mnemonic, traits> {
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs type:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def NN_AddOp : NN_BinaryOp<"add", NN_Tensor> {
  let summary = "a + b";
  let description = [{
    ```mlir
    %y = nn.add %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
  let hasFolder = 1;
}
def NN_SubOp : NN_BinaryOp<"sub", NN_Tensor> {
  let summary = "a - b";
  let description = [{
    ```mlir
    %y = nn.sub %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
  let hasFolder = 1;
}
def NN_MulOp : NN_BinaryOp<"mul", NN_Tensor> {
  let summary = "a * b";
  let description = [{
    ```mlir
    %y = nn.mul %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
  let hasFolder = 1;
}
def NN_DivOp : NN_BinaryOp<"div", NN_FloatTensor, [NN_Differentiable, NN_Division]> {
  let summary = "a / b, true division of floats";
  let description = [{
    ```mlir
    %y = nn.div %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
  let hasFolder = 1;
}
def NN_FloorDivideOp : NN_BinaryOp<"floor_divide", NN_Tensor, [NotDifferentiable, NN_Division]> {
  let summary = "floor(a / b), PyTorch's //";
  let description = [{
    ```mlir
    %y = nn.floor_divide %n, %n : tensor<i64>, tensor<i64>
    ```
  }];
}
def NN_RemainderOp : NN_BinaryOp<"remainder", NN_Tensor, [NN_Differentiable, NN_Division]> {
  let summary = "a - b * floor(a / b), PyTorch's %";
  let description = [{
    ```mlir
    %y = nn.remainder %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
}
def NN_PowOp : NN_BinaryOp<"pow", NN_FloatTensor, [NN_Differentiable, NN_Transcendental]> {
  let summary = "a to the b, as C's pow; gradient 0 where b is 0";
  let description = [{
    ```mlir
    %y = nn.pow %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
}
def NN_MaximumOp : NN_BinaryOp<"maximum", NN_Tensor> {
  let summary = "larger one, NaN kept; equal operands get half the gradient each";
  let description = [{
    ```mlir
    %y = nn.maximum %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
}
def NN_MinimumOp : NN_BinaryOp<"minimum", NN_Tensor> {
  let summary = "smaller one, NaN kept; equal operands get half the gradient each";
  let description = [{
    ```mlir
    %y = nn.minimum %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
}
def NN_LogicalAndOp : NN_BinaryOp<"logical_and", NN_BoolTensor, [NotDifferentiable]> {
  let summary = "boolean and";
  let description = [{
    ```mlir
    %y = nn.logical_and %b, %b : tensor<5xi1>, tensor<5xi1>
    ```
  }];
}
def NN_LogicalOrOp : NN_BinaryOp<"logical_or", NN_BoolTensor, [NotDifferentiable]> {
  let summary = "boolean or";
  let description = [{
    ```mlir
    %y = nn.logical_or %b, %b : tensor<5xi1>, tensor<5xi1>
    ```
  }];
}

def NN_ComparePredicate : I32EnumAttr<"ComparePredicate", "how two numbers compare", [
    I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>, I32EnumAttrCase<"le", 3>,
    I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]> {
  let cppNamespace = "::sinter::nn";
  let genSpecializedAttr = 0;
}
def NN_ComparePredicateAttr : EnumAttr<NN_Dialect, NN_ComparePredicate, "compare_predicate">;

def NN_CompareOp : NN_ElementwiseOp<"compare", [NotDifferentiable], NN_SparseWhereRead> {
  let summary = "comparison; every predicate but `ne` is false on NaN";
  let description = [{
    ```mlir
    %y = nn.compare le %x, %y : tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
  let arguments = (ins NN_ComparePredicateAttr:$predicate, NN_Tensor:$lhs, NN_Tensor:$rhs);
  let results = (outs NN_BoolTensor:$result);
  let assemblyFormat = "$predicate $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def NN_SelectOp : NN_ElementwiseOp<"select", [NN_Differentiable], NN_Sparse> {
  let summary = "a where the condition holds, else b (`torch.where`)";
  let description = [{
    What is not chosen gets gradient 0, also where it is infinite or NaN.

    ```mlir
    %y = nn.select %b, %x, %y : tensor<5xi1>, tensor<3x1xf32>, tensor<5xf32>
    ```
  }];
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$on_true, NN_Tensor:$on_false);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$condition `,` $on_true `,` $on_false attr-dict `:` type($condition) `,` type($on_true) `,` type($on_false)";
  let hasFolder = 1;
}

def NN_ConstantOp : NN_PureOp<"constant", [ConstantLike, NotDifferentiable, NN_MovesElements, CostOpInterface]> {
  let summary = "a constant tensor";
  let description = [{
    ```mlir
    %y = nn.constant dense<2.0> : tensor<3xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def NN_IotaOp : NN_Op<"iota", [Pure, NotDifferentiable, NN_MovesElements, NN_ComputedWhereRead]> {
  let summary = "each element is its index along `dim`";
  let description = [{
    ```mlir
    %y = nn.iota 1 : tensor<4x6xi64>
    ```
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs NN_IndexTensor:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif
