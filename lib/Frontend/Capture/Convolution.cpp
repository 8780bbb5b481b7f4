// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions, as functions and as layers.
#include "Convolution.h"
#include <cmath>

namespace sinter::capturing {

namespace {
/// The numbers of a convolution, per spatial dim.
struct Geometry {
  Shape stride, dilation, low, high;
  int64_t groups = 1;
  std::string mode = "zeros"; ///< what is outside of the input
};
} // namespace

/// `padding`: numbers, "valid", or "same", which adds as many elements as the
/// windows take away, the odd one at the end.
static void readPadding(Call &call, llvm::ArrayRef<int64_t> taps,
                        Geometry &geometry) {
  int64_t spatial = taps.size();
  geometry.low.assign(spatial, 0);
  geometry.high.assign(spatial, 0);
  if (!call.value("padding").is<std::string>()) {
    geometry.low = geometry.high = perSpatialDim(call, "padding", spatial, 0);
    return;
  }
  if (call.choice("padding", {"same", "valid"}) != "same")
    return;
  if (llvm::any_of(geometry.stride, [](int64_t n) { return n != 1; })) {
    call.error("padding", "expected stride 1 with padding \"same\", but got " +
                              describeShape(geometry.stride));
    return;
  }
  for (int64_t dim = 0; dim < spatial; ++dim) {
    int64_t total = geometry.dilation[dim] * (taps[dim] - 1);
    geometry.low[dim] = total / 2;
    geometry.high[dim] = total - total / 2;
  }
}

static Geometry readGeometry(Call &call, llvm::ArrayRef<int64_t> taps) {
  Geometry geometry;
  geometry.stride = perSpatialDim(call, "stride", taps.size(), 1);
  geometry.dilation = perSpatialDim(call, "dilation", taps.size(), 1);
  geometry.groups = call.integer("groups");
  readPadding(call, taps, geometry);
  return geometry;
}

bool checkOperands(Call &call, const SpatialInput &x, Tensor weight,
                   Tensor bias, bool isTransposed, int64_t groups) {
  if (typeOf(weight).getNumElements() == 0 || groups < 1 ||
      shapeOf(weight)[0] % groups) {
    call.error(call.range,
               "expected a weight with elements and groups that divide its "
               "channels, but got " +
                   llvm::Twine(groups) + " groups and " +
                   describeType(weight.getType()));
    return false;
  }
  int64_t inputs = shapeOf(weight)[0], outputs = shapeOf(weight)[1] * groups;
  if (!isTransposed)
    std::swap(inputs, outputs);
  if (shapeOf(x.tensor)[1] != inputs) {
    mlir::RankedTensorType given = typeOf(x.tensor);
    if (!x.isBatched)
      given = call.graph.type(given.getShape().drop_front(),
                              given.getElementType());
    call.error("input", "expected an input of '" + call.name() + "' with " +
                            llvm::Twine(inputs) + " channels for the weight " +
                            describeType(weight.getType()) + " and " +
                            llvm::Twine(groups) + " groups, but got " +
                            describeType(given));
    return false;
  }
  if (bias && shapeOf(bias) != llvm::ArrayRef<int64_t>{outputs}) {
    call.error(call.range, "expected a bias of " + llvm::Twine(outputs) +
                               " elements, but got " +
                               describeType(bias.getType()));
    return false;
  }
  return call.checkOneDType({x.tensor, weight, bias});
}

/// Extends the input by the elements that the mode says.
static Tensor padByMode(Call &call, Tensor x, const Geometry &geometry) {
  std::vector<Value> amounts;
  for (int64_t dim = geometry.low.size(); dim-- > 0;) {
    amounts.push_back(geometry.low[dim]);
    amounts.push_back(geometry.high[dim]);
  }
  Value padded = call.interpreter.callBuiltin(
      *findBuiltin("pad"),
      {{{}, x, call.range},
       {{}, makeSequence(std::move(amounts), true), call.range},
       {{}, geometry.mode, call.range}},
      call.range);
  const Tensor *tensor = padded.as<Tensor>();
  return tensor ? *tensor : Tensor();
}

static Value convolve(Call &call, Tensor input, Tensor weight, Tensor bias,
                      Geometry geometry) {
  int64_t spatial = geometry.stride.size();
  SpatialInput x = spatialInput(call, input, spatial);
  if (!x.tensor || call.failed())
    return {};
  if (!checkOperands(call, x, weight, bias, false, geometry.groups))
    return {};
  Shape padded(shapeOf(x.tensor));
  for (int64_t dim = 0; dim < spatial; ++dim) {
    padded[dim + 2] += geometry.low[dim] + geometry.high[dim];
    int64_t span = geometry.dilation[dim] * (shapeOf(weight)[dim + 2] - 1) + 1;
    if (shapeOf(x.tensor)[dim + 2] == 0 || span > padded[dim + 2])
      return call.error(call.range,
                        "expected windows that fit into the padded input, but "
                        "got a window of " +
                            llvm::Twine(span) + " and " +
                            llvm::Twine(padded[dim + 2]) + " elements of " +
                            describeType(input.getType()));
  }
  if (!checkCountable(call, padded, elementOf(input)))
    return {};
  if (geometry.mode != "zeros") {
    x.tensor = padByMode(call, x.tensor, geometry);
    if (!x.tensor)
      return {};
    geometry.low.assign(spatial, 0);
    geometry.high.assign(spatial, 0);
  }
  return x.result(call.graph,
                  call.graph.create<nn::ConvolutionOp>(
                      x.tensor, weight, bias, geometry.stride,
                      geometry.dilation, Shape(spatial, 1), geometry.low,
                      geometry.high, geometry.groups));
}

bool checkWeight(Call &call, Tensor weight, int64_t spatial) {
  if (call.failed())
    return false;
  bool fits = rankOf(weight) == spatial + 2 && areCountable(shapeOf(weight));
  if (!fits)
    call.expected("weight", "a weight with " + llvm::Twine(spatial + 2) +
                                " dims, extents below 2^31,");
  return fits;
}

static Value convolution(Call &call) {
  Tensor x = call.floats("input"), weight = call.floats("weight"),
         bias = call.optionalTensor("bias");
  int64_t spatial = spatialRank(call.name());
  if (!checkWeight(call, weight, spatial))
    return {};
  Geometry geometry = readGeometry(call, shapeOf(weight).drop_front(2));
  return call.failed() ? Value() : convolve(call, x, weight, bias, geometry);
}

void addWeights(Call &call, int64_t rows, int64_t columns, int64_t outputs,
                llvm::ArrayRef<int64_t> taps) {
  Shape shape = {rows, columns};
  llvm::append_range(shape, taps);
  double fan = double(columns);
  for (int64_t tap : taps)
    fan *= double(tap);
  Initializer init{InitKind::Uniform, 1 / std::sqrt(fan)};
  call.addTensor("weight", shape, init);
  if (call.flag("bias"))
    call.addTensor("bias", {outputs}, init);
}

bool checkMaking(Call &call, int64_t inputs, int64_t outputs, int64_t groups) {
  if (!call.failed() &&
      (inputs < 1 || outputs < 1 || groups < 1 || inputs % groups ||
       outputs % groups || inputs >= nn::windowAmountLimit ||
       outputs >= nn::windowAmountLimit))
    call.error(call.range, "expected in_channels and out_channels below 2^31 "
                           "that groups divides, but got " +
                               llvm::Twine(inputs) + ", " +
                               llvm::Twine(outputs) + " and " +
                               llvm::Twine(groups));
  return !call.failed();
}

static void makeConvolution(Call &call) {
  int64_t inputs = call.integer("in_channels"),
          outputs = call.integer("out_channels"),
          groups = call.integer("groups");
  Shape taps = perSpatialDim(call, "kernel_size", spatialRank(call.name()), 1);
  call.choice("padding_mode", {"zeros", "reflect", "replicate", "circular"});
  readGeometry(call, taps);
  if (checkMaking(call, inputs, outputs, groups))
    addWeights(call, outputs, inputs / groups, outputs, taps);
}

static Value convolutionLayer(Call &call) {
  Tensor x = call.floats("input");
  Call options = call.options();
  Tensor weight = call.own("weight"), bias = call.own("bias");
  if (call.failed())
    return {};
  Geometry geometry = readGeometry(options, shapeOf(weight).drop_front(2));
  geometry.mode = options.string("padding_mode");
  return options.failed() ? Value() : convolve(call, x, weight, bias, geometry);
}

llvm::ArrayRef<FunctionRow> convolutionFunctions() {
#define SINTER_CONV                                                            \
  "(input, weight, bias=none, stride=1, padding=0, dilation=1, groups=1)"
  static const FunctionRow rows[] = {
      {"conv1d" SINTER_CONV, convolution, "F.conv1d",
       "products of windows of [N, C, L] with weights [O, C / groups, K]"},
      {"conv2d" SINTER_CONV, convolution, "F.conv2d",
       "products of windows of [N, C, H, W] with weights [O, C / groups, K, "
       "K]"},
      {"conv3d" SINTER_CONV, convolution, "F.conv3d",
       "products of windows of [N, C, D, H, W] with weights"},
  };
#undef SINTER_CONV
  return rows;
}

llvm::ArrayRef<LayerRow> convolutionLayers() {
#define SINTER_CONV                                                            \
  "(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, " \
  "groups=1, bias=true, padding_mode=\"zeros\")"
  static const LayerRow rows[] = {
      {"Conv1d" SINTER_CONV, "Conv1d(input)", makeConvolution, convolutionLayer,
       "conv1d with trained weights"},
      {"Conv2d" SINTER_CONV, "Conv2d(input)", makeConvolution, convolutionLayer,
       "conv2d with trained weights"},
      {"Conv3d" SINTER_CONV, "Conv3d(input)", makeConvolution, convolutionLayer,
       "conv3d with trained weights"},
  };
#undef SINTER_CONV
  return rows;
}

} // namespace sinter::capturing
