// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers: normalization, losses, random draws, optimizers. All decompose to primitives.
#ifndef SINTER_NN_LAYERS
#define SINTER_NN_LAYERS

include "sinter/Dialect/NN/IR/NNBase.td"

class NN_SoftmaxLikeOp<string mnemonic> : NN_PureOp<mnemonic, [NN_Differentiable, NN_Decomposable]> {
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$dim);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input `over` $dim attr-dict `:` type($input)";
}
def NN_SoftmaxOp : NN_SoftmaxLikeOp<"softmax"> {
  let summary = "exp(x) / sum(exp(x)) along a dimension, shifted by the maximum; gradient from the result";
  let description = [{
    ```mlir
    %y = nn.softmax %x over 1 : tensor<4x6xf32>
    ```
  }];
}
def NN_LogSoftmaxOp : NN_SoftmaxLikeOp<"log_softmax"> {
  let summary = "log of softmax along a dimension, shifted by the maximum; gradient from the result";
  let description = [{
    ```mlir
    %y = nn.log_softmax %x over 0 : tensor<4x6xf32>
    ```
  }];
}

def NN_BatchNormOp : NN_PureOp<"batch_norm", [AttrSizedOperandSegments, NN_Differentiable, NN_Decomposable]> {
  let summary = "batch normalization over all dimensions but 1, which also gives its new buffers";
  let description = [{
    input [N, C, …]. With `training` the batch's mean and biased variance normalize, and the new running values are
    (1 - momentum) * old + momentum * batch (variance unbiased); otherwise the running values normalize and are returned as they are.
    mean and inverse_deviation (1 / sqrt(variance + eps)) are what the backward needs. The variance is the mean of squared deviations, not E[x²] - E[x]².

    ```mlir
    %y:5 = nn.batch_norm %x running %c, %c weight %c bias %c {eps = 1.0e-5, momentum = 0.1, training = true}
        : tensor<4x6xf32>, tensor<6xf32>, tensor<6xf32>, weight tensor<6xf32>, bias tensor<6xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, Optional<NN_FloatTensor>:$weight, Optional<NN_FloatTensor>:$bias,
                       NN_FloatTensor:$running_mean, NN_FloatTensor:$running_variance, F64Attr:$eps, F64Attr:$momentum, BoolAttr:$training);
  let results = (outs NN_FloatTensor:$result, NN_FloatTensor:$new_mean, NN_FloatTensor:$new_variance,
                      NN_FloatTensor:$mean, NN_FloatTensor:$inverse_deviation);
  let assemblyFormat = [{$input `running` $running_mean `,` $running_variance (`weight` $weight^)? (`bias` $bias^)? attr-dict
    `:` type($input) `,` type($running_mean) `,` type($running_variance) (`,` `weight` type($weight)^)? (`,` `bias` type($bias)^)?}];
}

def NN_Reduction : I32EnumAttr<"LossReduction", "how a loss combines its elements", [
    I32EnumAttrCase<"none", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"sum", 2>]> {
  let cppNamespace = "::sinter::nn";
  let genSpecializedAttr = 0;
}
def NN_LossReductionAttr : EnumAttr<NN_Dialect, NN_Reduction, "loss_reduction">;

def NN_NllLossOp : NN_PureOp<"nll_loss", [NN_Differentiable, NN_Decomposable]> {
  let summary = "negative log likelihood of class indices (`NLLLoss`)";
  let description = [{
    input [N, C, d…] (or [C]) of log-probabilities, target [N, d…] (or []), weight [C] or none. Each element is
    -weight[y] * input[y], 0 where y is `ignore_index`; `mean` divides by the sum of the weights of the targets that count.

    ```mlir
    %y = nn.nll_loss %x, %t mean ignore -100 : tensor<4x6xf32>, tensor<4xi64>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_IndexTensor:$target, Optional<NN_FloatTensor>:$weight,
                       NN_LossReductionAttr:$reduction, I64Attr:$ignore_index);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $target (`weight` $weight^)? $reduction `ignore` $ignore_index attr-dict
    `:` type($input) `,` type($target) (`,` type($weight)^)?}];
}

class NN_RandomOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat([Pure, NotDifferentiable, NN_Transcendental, CostOpInterface], traits)> {
  let description = [{
    Counter-based (Philox4x32-10), so that no transform changes a draw; `id` is unique per call site and given at capture, and equal
    ids are the same draw; `draw`, if there is one, is added to `id`, so that kernels which differ in ids alone are one. With i the row-major number of the element: key = (low 32 bits of seed, high 32 bits); counter = (low bits of
    i / 4, high bits of i / 4 xor those of step and of id, low bits of id, low bits of step). Element i takes word i % 4 of the block.
    A uniform is (word >> 8) * 2^-24. Two words u, v as uniforms (the first two for i % 4 < 2, else the last two) give the normals
    sqrt(-2 log(1 - u)) cos(2 pi v) for even i and the same with sin for odd i.

    ```mlir
    %y = nn.random_uniform %n, %n id 5 : tensor<3xf32>
    %z = nn.random_uniform %n, %n draw %n id 0 : tensor<3xf32>
    ```
  }];
  let arguments = (ins NN_I64Scalar:$seed, NN_I64Scalar:$step, Optional<NN_I64Scalar>:$draw, I64Attr:$id);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$seed `,` $step (`draw` $draw^)? `id` $id attr-dict `:` type($result)";
}
def NN_RandomUniformOp : NN_RandomOp<"random_uniform", [NN_DrawnAgain]> { let summary = "uniform in [0, 1), from 24 bits"; }
def NN_RandomNormalOp : NN_RandomOp<"random_normal"> { let summary = "normal with mean 0 and deviation 1 (Box-Muller)"; }

def NN_DropoutOp : NN_PureOp<"dropout", [NN_Differentiable, NN_Decomposable, NN_DrawnAgain, CostOpInterface]> {
  let summary = "zeroes each element with probability p and scales the others by 1 / (1 - p)";
  let description = [{
    The backward is the same op on the gradient: it recomputes the mask from the id.

    ```mlir
    %y = nn.dropout %x p 0.5 seed %n, %n id 7 : tensor<4x6xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_I64Scalar:$seed, NN_I64Scalar:$step, F64Attr:$p, I64Attr:$id);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input `p` $p `seed` $seed `,` $step `id` $id attr-dict `:` type($input)";
}

class NN_OptimizerOp<string mnemonic> : NN_PureOp<mnemonic, [AttrSizedOperandSegments, NotDifferentiable, NN_Decomposable]> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def NN_SgdOp : NN_OptimizerOp<"sgd"> {
  let summary = "one step of SGD on a run (`torch.optim.SGD`)";
  let description = [{
    Hyperparameters are f64 scalars; `step` counts from 0 (the first momentum is the gradient itself). new_momentum is present iff momentum_buffer is.

    ```mlir
    %y = nn.sgd %p, %p, %h, %n {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 0>}
        : (tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<i64>) -> tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$parameter, NN_FloatTensor:$gradient, Optional<NN_FloatTensor>:$momentum_buffer,
                       NN_F64Scalar:$lr, NN_I64Scalar:$step, Optional<NN_F64Scalar>:$momentum, Optional<NN_F64Scalar>:$dampening,
                       Optional<NN_F64Scalar>:$weight_decay, UnitAttr:$nesterov);
  let results = (outs NN_FloatTensor:$new_parameter, Optional<NN_FloatTensor>:$new_momentum);
}
def NN_AdamOp : NN_OptimizerOp<"adam"> {
  let summary = "one step of Adam, AdamW (`decoupled`) and their AMSGrad forms on a run (`torch.optim.Adam`)";
  let description = [{
    Bias corrections are computed in f64 from `step`, which counts from 0.

    ```mlir
    %y:3 = nn.adam %p, %p, %p, %p, %h, %n, %h, %h, %h {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0>}
        : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<i64>, tensor<f64>, tensor<f64>, tensor<f64>)
    ```
  }];
  let arguments = (ins NN_FloatTensor:$parameter, NN_FloatTensor:$gradient, NN_FloatTensor:$exp_avg, NN_FloatTensor:$exp_avg_sq,
                       Optional<NN_FloatTensor>:$max_exp_avg_sq, NN_F64Scalar:$lr, NN_I64Scalar:$step, NN_F64Scalar:$beta1,
                       NN_F64Scalar:$beta2, NN_F64Scalar:$eps, Optional<NN_F64Scalar>:$weight_decay, UnitAttr:$decoupled);
  let results = (outs NN_FloatTensor:$new_parameter, NN_FloatTensor:$new_exp_avg, NN_FloatTensor:$new_exp_avg_sq,
                      Optional<NN_FloatTensor>:$new_max_exp_avg_sq);
}
def NN_RmspropOp : NN_OptimizerOp<"rmsprop"> {
  let summary = "one step of RMSprop on a run (`torch.optim.RMSprop`); centered iff grad_avg is present";
  let description = [{
    new_others: the new momentum_buffer, then the new grad_avg, those that are present.

    ```mlir
    %y:3 = nn.rmsprop %p, %p, %p, %p, %h, %h, %h {operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 1, 1, 1, 0, 0>}
        : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<f64>, tensor<f64>)
    ```
  }];
  let arguments = (ins NN_FloatTensor:$parameter, NN_FloatTensor:$gradient, NN_FloatTensor:$square_avg,
                       Optional<NN_FloatTensor>:$momentum_buffer, Optional<NN_FloatTensor>:$grad_avg, NN_F64Scalar:$lr,
                       NN_F64Scalar:$alpha, NN_F64Scalar:$eps, Optional<NN_F64Scalar>:$momentum, Optional<NN_F64Scalar>:$weight_decay);
  let results = (outs NN_FloatTensor:$new_parameter, NN_FloatTensor:$new_square_avg, Variadic<NN_FloatTensor>:$new_others);
}
def NN_AdagradOp : NN_OptimizerOp<"adagrad"> {
  let summary = "one step of Adagrad on a run (`torch.optim.Adagrad`)";
  let description = [{
    ```mlir
    %y:2 = nn.adagrad %p, %p, %p, %h, %n, %h {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 0, 0>}
        : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<i64>, tensor<f64>) -> (tensor<16xf32>, tensor<16xf32>)
    ```
  }];
  let arguments = (ins NN_FloatTensor:$parameter, NN_FloatTensor:$gradient, NN_FloatTensor:$sum, NN_F64Scalar:$lr, NN_I64Scalar:$step,
                       NN_F64Scalar:$eps, Optional<NN_F64Scalar>:$lr_decay, Optional<NN_F64Scalar>:$weight_decay);
  let results = (outs NN_FloatTensor:$new_parameter, NN_FloatTensor:$new_sum);
}
def NN_ClipByNormOp : NN_PureOp<"clip_by_norm", [NotDifferentiable, NN_Decomposable]> {
  let summary = "scales a run by min(1, max_norm / (norm + 1e-6)) and gives its norm (`clip_grad_norm_`)";
  let description = [{
    `norm_type` is p of the p-norm; infinity gives the largest magnitude.

    ```mlir
    %y:2 = nn.clip_by_norm %c max 1.0 p 2.0 : tensor<6xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$gradient, F64Attr:$max_norm, F64Attr:$norm_type);
  let results = (outs NN_FloatTensor:$clipped, NN_FloatTensor:$norm);
  let assemblyFormat = "$gradient `max` $max_norm `p` $norm_type attr-dict `:` type($gradient)";
}

#endif
