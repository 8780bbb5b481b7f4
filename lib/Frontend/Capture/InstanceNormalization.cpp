// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalizations of the channels of each image.
#include "Normalization.h"
#include "Windows.h"

namespace sinter::capturing {

/// Updates the running statistics with means over the batch; PyTorch never
/// counts the batches here.
static void updateInstanceStatistics(Call &call, Tensor x, Shape dims,
                                     double momentum) {
  Graph &g = call.graph;
  Tensor mean = g.mean(x, dims, true);
  Tensor variance = g.variance(x, mean, dims, 1, true);
  int64_t channels = shapeOf(x)[1];
  auto overBatch = [&](Tensor value) {
    return g.detach(g.reshape(g.mean(value, {0}, true), {channels}));
  };
  Tensor factor = g.scalar(momentum, elementOf(x));
  writeBuffer(call, "running_mean",
              blend(g, call.own("running_mean"), overBatch(mean), factor));
  writeBuffer(call, "running_var",
              blend(g, call.own("running_var"), overBatch(variance), factor));
}

static Shape spatialDims(Tensor x) {
  Shape dims;
  for (int64_t dim = 2; dim < rankOf(x); ++dim)
    dims.push_back(dim);
  return dims;
}

/// Normalizes x [N, C, S…] by running statistics, or without them by those of
/// each image's channels. Null after an error.
static Tensor instanceNormOf(Call &call, const NormOperands &in, double eps) {
  Graph &g = call.graph;
  int64_t rank = rankOf(in.x), area = 1;
  for (int64_t extent : shapeOf(in.x).drop_front(2))
    area *= extent;
  if (!in.mean && area == 1) {
    call.error(call.range, "expected more than one spatial element per image, "
                           "but got " +
                               describeType(in.x.getType()));
    return {};
  }
  if (in.mean)
    return normalizeBy(g, in, eps);
  Tensor y = normalize(g, in.x, spatialDims(in.x), eps);
  return scaleAndShift(g, y, alongChannels(g, in.weight, rank),
                       alongChannels(g, in.bias, rank));
}

/// Whether an input has the channels of a layer; an error otherwise. A layer
/// without tensors takes any, with PyTorch's warning.
static bool checkInstanceChannels(Call &call, Tensor x, int64_t channels) {
  if (shapeOf(x)[1] == channels)
    return true;
  bool hasTensors = !call.self->tensors.empty();
  std::string message = "expected an input of '" + call.name().str() +
                        "' with " + std::to_string(channels) +
                        " channels, but got " + std::to_string(shapeOf(x)[1]);
  if (hasTensors)
    call.error("input", message);
  else
    call.interpreter.session.warnOnce(call.rangeOf("input"), message);
  return !hasTensors;
}

static Value instanceNorm(Call &call) {
  SpatialInput x =
      spatialInput(call, call.floatTensor("input"), spatialRank(call.name()));
  Call options = call.options();
  double eps = options.number("eps");
  double momentum = options.optionalNumber("momentum").value_or(0);
  bool tracks = options.flag("track_running_stats");
  if (!x.tensor || options.failed() ||
      !checkInstanceChannels(call, x.tensor, options.integer("num_features")))
    return {};
  bool byRunning = tracks && !call.interpreter.training;
  NormOperands in{x.tensor, byRunning ? call.own("running_mean") : Tensor(),
                  byRunning ? call.own("running_var") : Tensor(),
                  call.own("weight"), call.own("bias")};
  if (call.failed() || !in.checkOneDType(call))
    return {};
  Tensor y = instanceNormOf(call, in, eps);
  if (y && tracks && !byRunning)
    updateInstanceStatistics(call, x.tensor, spatialDims(x.tensor), momentum);
  return call.failed() ? Value() : x.result(call.graph, y);
}

static Value instanceNormFunction(Call &call) {
  NormOperands in{call.floatTensor("input"), {}, {}, {}, {}};
  bool ofInput = call.flag("use_input_stats");
  call.number("momentum");
  double eps = call.number("eps");
  if (call.failed())
    return {};
  if (rankOf(in.x) < 2)
    return call.expected("input", "a tensor [N, C, S…]");
  if (!readStatistics(call, in, ofInput))
    return {};
  Tensor y = instanceNormOf(call, in, eps);
  return y ? Value(y) : Value();
}

llvm::ArrayRef<FunctionRow> instanceNormalizationFunctions() {
  static const FunctionRow rows[] = {
      {"instance_norm(input, running_mean=none, running_var=none, weight=none, "
       "bias=none, use_input_stats=true, momentum=0.1, eps=1e-5)",
       instanceNormFunction, "F.instance_norm",
       "(x - mean) / sqrt(var + eps) of each channel of each row of [N, C, S…]",
       "running statistics with use_input_stats: layers update them"},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> instanceNormalizationLayers() {
#define SINTER_INSTANCE_NORM                                                   \
  "(num_features, eps=1e-5, momentum=0.1, affine=false, "                      \
  "track_running_stats=false, *, bias=true)"
  static const LayerRow rows[] = {
      {"InstanceNorm1d" SINTER_INSTANCE_NORM, "InstanceNorm1d(input)",
       makeRunning, instanceNorm,
       "normalizes each channel of each row of [N, C, L]"},
      {"InstanceNorm2d" SINTER_INSTANCE_NORM, "InstanceNorm2d(input)",
       makeRunning, instanceNorm,
       "normalizes each channel of each row of [N, C, H, W]"},
      {"InstanceNorm3d" SINTER_INSTANCE_NORM, "InstanceNorm3d(input)",
       makeRunning, instanceNorm,
       "normalizes each channel of each row of [N, C, D, H, W]"},
  };
#undef SINTER_INSTANCE_NORM
  return rows;
}

} // namespace sinter::capturing
