// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transposed convolutions: convolutions of inputs with gaps.
#include "Convolution.h"

namespace sinter::capturing {

namespace {
/// The numbers of a transposed convolution, per spatial dim.
struct TransposedGeometry {
  Shape stride, padding, more, dilation;
  int64_t groups;
};
} // namespace

static TransposedGeometry readGeometry(Call &options, int64_t spatial) {
  return {perSpatialDim(options, "stride", spatial, 1),
          perSpatialDim(options, "padding", spatial, 0),
          perSpatialDim(options, "output_padding", spatial, 0),
          perSpatialDim(options, "dilation", spatial, 1),
          options.integer("groups")};
}

static Value convolveTransposed(Call &call, Call &options, Tensor input,
                                Tensor weight, Tensor bias,
                                const TransposedGeometry &geometry) {
  int64_t spatial = geometry.stride.size();
  const auto &[stride, padding, more, dilation, groups] = geometry;
  SpatialInput x = spatialInput(call, input, spatial);
  if (!x.tensor || options.failed() ||
      !checkOperands(call, x, weight, bias, true, groups))
    return {};
  Shape padded(shapeOf(x.tensor)), low, high;
  for (int64_t dim = 0; dim < spatial; ++dim) {
    int64_t span = dilation[dim] * (shapeOf(weight)[dim + 2] - 1),
            &extent = padded[dim + 2];
    if (more[dim] >= std::max(stride[dim], dilation[dim]))
      return options.error("output_padding",
                           "expected an output_padding below the stride or the "
                           "dilation, but got " +
                               describeShape(more) + " for stride " +
                               describeShape(stride) + " and dilation " +
                               describeShape(dilation));
    if (span + 1 >= nn::windowAmountLimit)
      return call.error(call.range,
                        "expected windows of less than 2^31, but got " +
                            llvm::Twine(span + 1) + " elements");
    low.push_back(span - padding[dim]);
    high.push_back(span - padding[dim] + more[dim]);
    if (extent == 0 ||
        (extent - 1) * stride[dim] + 1 + span + more[dim] <= 2 * padding[dim])
      return call.error(call.range, "expected an input that covers the "
                                    "padding, but got padding " +
                                        describeShape(padding) + " for " +
                                        describeType(input.getType()));
    extent = (extent - 1) * stride[dim] + 1 + 2 * span + more[dim];
  }
  if (!checkCountable(call, padded, elementOf(input)))
    return {};
  Graph &g = call.graph;
  return x.result(g,
                  g.create<nn::ConvolutionOp>(
                      x.tensor, nn::transposeWeight(g, weight, groups), bias,
                      Shape(spatial, 1), dilation, stride, low, high, groups));
}

static Value transposedConvolution(Call &call) {
  Tensor x = call.floats("input"), weight = call.floats("weight"),
         bias = call.optionalTensor("bias");
  if (!checkWeight(call, weight, spatialRank(call.name())))
    return {};
  TransposedGeometry geometry = readGeometry(call, spatialRank(call.name()));
  return convolveTransposed(call, call, x, weight, bias, geometry);
}

/// Chooses the `output_padding` that gives `output_size`, if it is there; false
/// after an error.
static bool padToSize(Call &call, Tensor x, Tensor weight,
                      TransposedGeometry &geometry) {
  int64_t spatial = geometry.stride.size(), rank = rankOf(x);
  if (call.isNone("output_size") || rank < spatial + 1 || rank > spatial + 2 ||
      !areCountable(shapeOf(x)))
    return true; // what is wrong with the input is said later
  Shape given = call.integers("output_size"), least, most;
  if (int64_t(given.size()) == rank)
    given.erase(given.begin(), given.end() - spatial);
  bool fits = int64_t(given.size()) == spatial && !call.failed();
  for (int64_t dim = 0; dim < spatial; ++dim) {
    int64_t extent = shapeOf(x)[rank - spatial + dim],
            span = geometry.dilation[dim] * (shapeOf(weight)[dim + 2] - 1) + 1;
    least.push_back((extent - 1) * geometry.stride[dim] -
                    2 * geometry.padding[dim] + span);
    most.push_back(least[dim] + geometry.stride[dim] - 1);
    fits = fits && least[dim] <= given[dim] && given[dim] <= most[dim];
    if (fits)
      geometry.more[dim] = given[dim] - least[dim];
  }
  if (!fits && !call.failed())
    call.error("output_size", "expected an output_size from " +
                                  describeShape(least) + " to " +
                                  describeShape(most) + " for the input " +
                                  describeType(x.getType()) + ", but got " +
                                  describeShape(given));
  return !call.failed();
}

static void makeTransposedConvolution(Call &call) {
  int64_t inputs = call.integer("in_channels"),
          outputs = call.integer("out_channels"),
          groups = call.integer("groups");
  Shape taps = perSpatialDim(call, "kernel_size", spatialRank(call.name()), 1);
  call.choice("padding_mode", {"zeros"});
  if (checkMaking(call, inputs, outputs, groups))
    addWeights(call, inputs, outputs / groups, outputs, taps);
}

static Value transposedConvolutionLayer(Call &call) {
  Tensor x = call.floats("input");
  Call options = call.options();
  Tensor weight = call.own("weight"), bias = call.own("bias");
  if (call.failed())
    return {};
  TransposedGeometry geometry = readGeometry(options, rankOf(weight) - 2);
  if (options.failed() || !padToSize(call, x, weight, geometry))
    return {};
  return convolveTransposed(call, options, x, weight, bias, geometry);
}

llvm::ArrayRef<FunctionRow> transposedConvolutionFunctions() {
#define SINTER_CONV_TRANSPOSE                                                  \
  "(input, weight, bias=none, stride=1, padding=0, output_padding=0, "         \
  "groups=1, dilation=1)"
  static const FunctionRow rows[] = {
      {"conv_transpose1d" SINTER_CONV_TRANSPOSE, transposedConvolution,
       "F.conv_transpose1d",
       "the gradient of conv1d by its input: windows of weights [C, O / "
       "groups, K] that add up"},
      {"conv_transpose2d" SINTER_CONV_TRANSPOSE, transposedConvolution,
       "F.conv_transpose2d", "the gradient of conv2d by its input"},
      {"conv_transpose3d" SINTER_CONV_TRANSPOSE, transposedConvolution,
       "F.conv_transpose3d", "the gradient of conv3d by its input"},
  };
#undef SINTER_CONV_TRANSPOSE
  return rows;
}

llvm::ArrayRef<LayerRow> transposedConvolutionLayers() {
#define SINTER_CONV_TRANSPOSE                                                  \
  "(in_channels, out_channels, kernel_size, stride=1, padding=0, "             \
  "output_padding=0, groups=1, bias=true, dilation=1, padding_mode=\"zeros\")"
  static const LayerRow rows[] = {
      {"ConvTranspose1d" SINTER_CONV_TRANSPOSE,
       "ConvTranspose1d(input, output_size=none)", makeTransposedConvolution,
       transposedConvolutionLayer, "conv_transpose1d with trained weights"},
      {"ConvTranspose2d" SINTER_CONV_TRANSPOSE,
       "ConvTranspose2d(input, output_size=none)", makeTransposedConvolution,
       transposedConvolutionLayer, "conv_transpose2d with trained weights"},
      {"ConvTranspose3d" SINTER_CONV_TRANSPOSE,
       "ConvTranspose3d(input, output_size=none)", makeTransposedConvolution,
       transposedConvolutionLayer, "conv_transpose3d with trained weights"},
  };
#undef SINTER_CONV_TRANSPOSE
  return rows;
}

} // namespace sinter::capturing
