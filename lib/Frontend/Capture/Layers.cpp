// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers: those with parameters, and those that are a function with options.
#include "Windows.h"
#include <cmath>

namespace sinter::capturing {

static void makeLinear(Call &call) {
  int64_t inputs = call.integer("in_features"),
          outputs = call.integer("out_features");
  bool bias = call.flag("bias");
  if (!call.failed() && (inputs < 1 || outputs < 1))
    call.error(call.range, "expected positive numbers of features, but got " +
                               llvm::Twine(inputs) + " and " +
                               llvm::Twine(outputs));
  Initializer init{InitKind::Uniform, 1 / std::sqrt(double(inputs))};
  call.addTensor("weight", {outputs, inputs}, init);
  if (bias)
    call.addTensor("bias", {outputs}, init);
}

static Value linear(Call &call) {
  Tensor x = call.floatTensor("input");
  Tensor weight = call.own("weight"), bias = call.own("bias");
  if (call.failed())
    return {};
  int64_t inputs = shapeOf(weight)[1];
  if (rankOf(x) == 0 || shapeOf(x).back() != inputs)
    return call.error("input", "expected an input of Linear with " +
                                   llvm::Twine(inputs) +
                                   " features as its last dim, but got " +
                                   describeType(x.getType()));
  if (elementOf(x) != elementOf(weight))
    return call.expected("input",
                         "a tensor of " + describeType(elementOf(weight)));
  return Tensor(call.graph.create<nn::LinearOp>(x, weight, bias));
}

static void makeEmbedding(Call &call) {
  int64_t rows = call.integer("num_embeddings"),
          width = call.integer("embedding_dim");
  Initializer init{InitKind::Normal, 1};
  if (!call.failed() && !call.isNone("padding_idx")) {
    int64_t padding = call.integer("padding_idx");
    init.zeroRow = padding + (padding < 0 ? rows : 0);
    if (!call.failed() && (init.zeroRow < 0 || init.zeroRow >= rows))
      call.expected("padding_idx", "a row of the table");
  }
  call.addTensor("weight", {rows, width}, init);
}

static Value embedding(Call &call) {
  Tensor table = call.own("weight");
  if (call.failed())
    return {};
  std::vector<EvaluatedArgument> arguments{
      {{}, call.value("input"), call.rangeOf("input")},
      {{}, table, call.range}};
  for (llvm::StringRef name : {"padding_idx", "max_norm", "scale_grad_by_freq"})
    arguments.push_back(
        {{name, call.range}, call.self->options.at(name.str()), call.range});
  return call.interpreter.callBuiltin(*findBuiltin("embedding"), arguments,
                                      call.range);
}

static void makePRelu(Call &call) {
  Initializer init{InitKind::Constant, call.number("init")};
  call.addTensor("weight", {call.integer("num_parameters")}, init);
}

static Value prelu(Call &call) {
  Tensor slopes = call.own("weight");
  if (call.failed())
    return {};
  return call.interpreter.callBuiltin(
      *findBuiltin("prelu"),
      {{{}, call.value("input"), call.rangeOf("input")},
       {{}, slopes, call.range}},
      call.range);
}

/// Softmax over the channels of [N, C, H, W] or [C, H, W].
static Value softmaxOfChannels(Call &call) {
  SpatialInput x = spatialInput(call, call.floats("input"), 2);
  return call.failed()
             ? Value()
             : x.result(call.graph,
                        call.graph.create<nn::SoftmaxOp>(x.tensor, 1));
}

static Value identity(Call &call) { return call.value("input"); }

llvm::ArrayRef<LayerRow> parameterLayers() {
  static const LayerRow rows[] = {
      {"Sequential(*modules)", "Sequential(input)", nullptr, nullptr,
       "modules one after the other; parts are numbered, or named: "
       "Sequential(fc=Linear(…))"},
      {"Linear(in_features, out_features, bias=true)", "Linear(input)",
       makeLinear, linear, "x @ weight.T + bias"},
      {"Embedding(num_embeddings, embedding_dim, padding_idx=none, "
       "max_norm=none, norm_type=2.0, scale_grad_by_freq=false, sparse=false)",
       "Embedding(input)", makeEmbedding, embedding,
       "rows of a table of vectors at indices",
       "max_norm, scale_grad_by_freq; sparse has no effect"},
      {"PReLU(num_parameters=1, init=0.25)", "PReLU(input)", makePRelu, prelu,
       "x where x > 0, else a trained slope times x; one slope, or one for "
       "each channel"},
      {"Softmax2d()", "Softmax2d(input)", nullptr, softmaxOfChannels,
       "softmax over the channels of [N, C, H, W]"},
      {"Identity()", "Identity(input)", nullptr, identity, "its input"},
  };
  return rows;
}

llvm::ArrayRef<FunctionalLayerRow> functionalLayers() {
  static const FunctionalLayerRow rows[] = {
      {"ReLU(inplace=false)", "relu"},
      {"Sigmoid()", "sigmoid"},
      {"Tanh()", "tanh"},
      {"LeakyReLU(negative_slope=0.01, inplace=false)", "leaky_relu"},
      {"ELU(alpha=1.0, inplace=false)", "elu"},
      {"SELU(inplace=false)", "selu"},
      {"CELU(alpha=1.0, inplace=false)", "celu"},
      {"GELU(approximate=\"none\")", "gelu"},
      {"SiLU(inplace=false)", "silu"},
      {"Mish(inplace=false)", "mish"},
      {"Softplus(beta=1, threshold=20)", "softplus"},
      {"Softsign()", "softsign"},
      {"Tanhshrink()", "tanhshrink"},
      {"Hardtanh(min_val=-1.0, max_val=1.0, inplace=false)", "hardtanh"},
      {"Hardsigmoid(inplace=false)", "hardsigmoid"},
      {"Hardswish(inplace=false)", "hardswish"},
      {"Hardshrink(lambd=0.5)", "hardshrink"},
      {"Softshrink(lambd=0.5)", "softshrink"},
      {"Threshold(threshold, value, inplace=false)", "threshold"},
      {"ReLU6(inplace=false)", "relu6"},
      {"LogSigmoid()", "logsigmoid"},
      {"Softmax(dim=none)", "softmax"},
      {"LogSoftmax(dim=none)", "log_softmax"},
      {"Softmin(dim)", "softmin"},
      {"GLU(dim=-1)", "glu"},
      {"Flatten(start_dim=1, end_dim=-1)", "flatten"},
      {"Dropout(p=0.5, inplace=false)", "dropout"},
      {"Dropout1d(p=0.5, inplace=false)", "dropout1d"},
      {"Dropout2d(p=0.5, inplace=false)", "dropout2d"},
      {"Dropout3d(p=0.5, inplace=false)", "dropout3d"},
      {"AlphaDropout(p=0.5, inplace=false)", "alpha_dropout"},
      {"FeatureAlphaDropout(p=0.5, inplace=false)", "feature_alpha_dropout"},
      {"LocalResponseNorm(size, alpha=1e-4, beta=0.75, k=1.0)",
       "local_response_norm"},
      {"PixelShuffle(upscale_factor)", "pixel_shuffle"},
      {"PixelUnshuffle(downscale_factor)", "pixel_unshuffle"},
      {"ChannelShuffle(groups)", "channel_shuffle"},
      {"Unfold(kernel_size, dilation=1, padding=0, stride=1)", "F.unfold"},
      {"Fold(output_size, kernel_size, dilation=1, padding=0, stride=1)",
       "fold"},
      {"Upsample(size=none, scale_factor=none, mode=\"nearest\", "
       "align_corners=none, recompute_scale_factor=none)",
       "interpolate"},
      {"UpsamplingNearest2d(size=none, scale_factor=none)", "interpolate"},
      {"MaxPool1d(kernel_size, stride=none, padding=0, dilation=1, "
       "return_indices=false, ceil_mode=false)",
       "max_pool1d"},
      {"MaxPool2d(kernel_size, stride=none, padding=0, dilation=1, "
       "return_indices=false, ceil_mode=false)",
       "max_pool2d"},
      {"MaxPool3d(kernel_size, stride=none, padding=0, dilation=1, "
       "return_indices=false, ceil_mode=false)",
       "max_pool3d"},
      {"AvgPool1d(kernel_size, stride=none, padding=0, ceil_mode=false, "
       "count_include_pad=true)",
       "avg_pool1d"},
      {"AvgPool2d(kernel_size, stride=none, padding=0, ceil_mode=false, "
       "count_include_pad=true, divisor_override=none)",
       "avg_pool2d"},
      {"AvgPool3d(kernel_size, stride=none, padding=0, ceil_mode=false, "
       "count_include_pad=true, divisor_override=none)",
       "avg_pool3d"},
      {"LPPool1d(norm_type, kernel_size, stride=none, ceil_mode=false)",
       "lp_pool1d"},
      {"LPPool2d(norm_type, kernel_size, stride=none, ceil_mode=false)",
       "lp_pool2d"},
      {"LPPool3d(norm_type, kernel_size, stride=none, ceil_mode=false)",
       "lp_pool3d"},
      {"AdaptiveAvgPool1d(output_size)", "adaptive_avg_pool1d"},
      {"AdaptiveAvgPool2d(output_size)", "adaptive_avg_pool2d"},
      {"AdaptiveAvgPool3d(output_size)", "adaptive_avg_pool3d"},
      {"AdaptiveMaxPool1d(output_size, return_indices=false)",
       "adaptive_max_pool1d"},
      {"AdaptiveMaxPool2d(output_size, return_indices=false)",
       "adaptive_max_pool2d"},
      {"AdaptiveMaxPool3d(output_size, return_indices=false)",
       "adaptive_max_pool3d"},
      {"FractionalMaxPool2d(kernel_size, output_size=none, output_ratio=none, "
       "return_indices=false, _random_samples=none)",
       "fractional_max_pool2d"},
      {"FractionalMaxPool3d(kernel_size, output_size=none, output_ratio=none, "
       "return_indices=false, _random_samples=none)",
       "fractional_max_pool3d"},
      {"L1Loss(reduction=\"mean\")", "l1_loss"},
      {"MSELoss(reduction=\"mean\")", "mse_loss"},
      {"SmoothL1Loss(reduction=\"mean\", beta=1.0)", "smooth_l1_loss"},
      {"HuberLoss(reduction=\"mean\", delta=1.0)", "huber_loss"},
      {"BCELoss(weight=none, reduction=\"mean\")", "binary_cross_entropy"},
      {"BCEWithLogitsLoss(weight=none, reduction=\"mean\", pos_weight=none)",
       "binary_cross_entropy_with_logits"},
      {"KLDivLoss(reduction=\"mean\", log_target=false)", "kl_div"},
      {"NLLLoss(weight=none, *, ignore_index=-100, reduction=\"mean\")",
       "nll_loss"},
      {"CrossEntropyLoss(weight=none, *, ignore_index=-100, "
       "reduction=\"mean\", label_smoothing=0.0)",
       "cross_entropy"},
      {"MultiMarginLoss(p=1, margin=1.0, weight=none, reduction=\"mean\")",
       "multi_margin_loss"},
      {"HingeEmbeddingLoss(margin=1.0, reduction=\"mean\")",
       "hinge_embedding_loss"},
      {"MarginRankingLoss(margin=0.0, reduction=\"mean\")",
       "margin_ranking_loss"},
      {"CosineEmbeddingLoss(margin=0.0, reduction=\"mean\")",
       "cosine_embedding_loss"},
      {"TripletMarginLoss(margin=1.0, p=2.0, eps=1e-6, swap=false, "
       "reduction=\"mean\")",
       "triplet_margin_loss"},
      {"SoftMarginLoss(reduction=\"mean\")", "soft_margin_loss"},
      {"PairwiseDistance(p=2.0, eps=1e-6, keepdim=false)", "pairwise_distance"},
  };
  return rows;
}

} // namespace sinter::capturing
