// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalization: functions on given statistics, and layers with running ones.
#include "Call.h"
#include <cmath>

namespace sinter::capturing {

/// (x - mean) / sqrt(variance + eps) over `dims`, in two passes.
static Tensor normalize(Graph &g, Tensor x, llvm::ArrayRef<int64_t> dims,
                        double eps) {
  Tensor mean = g.mean(x, dims, true);
  Tensor variance = g.variance(x, mean, dims, 0, true);
  Tensor scale = g.unary<nn::RsqrtOp>(g.add(variance, eps));
  return g.mul(g.sub(x, mean), scale);
}

static Tensor scaleAndShift(Graph &g, Tensor x, Tensor weight, Tensor bias) {
  if (weight)
    x = g.mul(x, weight);
  return bias ? g.add(x, bias) : x;
}

/// A vector of channels, shaped to multiply [N, C, d…].
static Tensor alongChannels(Graph &g, Tensor vector, int64_t rank) {
  if (!vector)
    return vector;
  Shape shape(rank, 1);
  shape[1] = typeOf(vector).getNumElements();
  return g.reshape(vector, shape);
}

/// Layer normalization over the last dims, which must be `shape`.
static Value layerNormOf(Call &call, Tensor x, llvm::ArrayRef<int64_t> shape,
                         Tensor weight, Tensor bias, double eps) {
  int64_t rank = rankOf(x), count = shape.size();
  if (count == 0 || count > rank || shapeOf(x).take_back(count) != shape)
    return call.error(call.range, "expected an input whose last dims are " +
                                      describeShape(shape) + ", but got " +
                                      describeType(x.getType()));
  if (!call.checkOneDType({x, weight, bias}))
    return {};
  Shape dims;
  for (int64_t dim = rank - count; dim < rank; ++dim)
    dims.push_back(dim);
  return scaleAndShift(call.graph, normalize(call.graph, x, dims, eps), weight,
                       bias);
}

static Value layerNormFunction(Call &call) {
  Tensor x = call.floatTensor("input");
  Shape shape = call.integers("normalized_shape");
  Tensor weight = call.optionalTensor("weight"),
         bias = call.optionalTensor("bias");
  double eps = call.number("eps");
  if (call.failed())
    return {};
  for (Tensor tensor : {weight, bias})
    if (tensor && shapeOf(tensor) != llvm::ArrayRef<int64_t>(shape))
      return call.expected("weight", "a tensor of the normalized shape");
  return layerNormOf(call, x, shape, weight, bias, eps);
}

static void makeLayerNorm(Call &call) {
  Shape shape = call.extents("normalized_shape");
  if (!call.flag("elementwise_affine"))
    return;
  call.addTensor("weight", shape, {InitKind::Ones});
  if (call.flag("bias"))
    call.addTensor("bias", shape, {InitKind::Zeros});
}

static Value layerNorm(Call &call) {
  Tensor x = call.floatTensor("input");
  Call options = call.options();
  Shape shape = options.integers("normalized_shape");
  double eps = options.number("eps");
  Tensor weight = call.own("weight"), bias = call.own("bias");
  return call.failed() || options.failed()
             ? Value()
             : layerNormOf(call, x, shape, weight, bias, eps);
}

static Value groupNormOf(Call &call, Tensor x, int64_t groups, Tensor weight,
                         Tensor bias, double eps) {
  int64_t rank = rankOf(x);
  if (rank < 2 || groups < 1 || shapeOf(x)[1] % groups)
    return call.error(call.range, "expected [N, C, …] with C divisible by " +
                                      llvm::Twine(groups) + ", but got " +
                                      describeType(x.getType()));
  if (!call.checkOneDType({x, weight, bias}))
    return {};
  Graph &g = call.graph;
  Shape shape(shapeOf(x));
  int64_t samples = shape[0] * groups;
  int64_t size = samples ? typeOf(x).getNumElements() / samples : 0;
  Tensor flat = g.reshape(x, {shape[0], groups, size});
  Tensor y = g.reshape(normalize(g, flat, {2}, eps), shape);
  return scaleAndShift(g, y, alongChannels(g, weight, rank),
                       alongChannels(g, bias, rank));
}

static Value groupNormFunction(Call &call) {
  Tensor x = call.floatTensor("input");
  int64_t groups = call.integer("num_groups");
  Tensor weight = call.optionalTensor("weight"),
         bias = call.optionalTensor("bias");
  double eps = call.number("eps");
  if (call.failed())
    return {};
  for (Tensor tensor : {weight, bias})
    if (tensor && (rankOf(x) < 2 ||
                   shapeOf(tensor) != llvm::ArrayRef<int64_t>{shapeOf(x)[1]}))
      return call.expected("weight", "one number per channel");
  return groupNormOf(call, x, groups, weight, bias, eps);
}

/// The tensors of an affine layer, one number per channel each.
static void addScaleAndShift(Call &call, int64_t channels) {
  if (!call.flag("affine"))
    return;
  call.addTensor("weight", {channels}, {InitKind::Ones});
  if (call.flag("bias"))
    call.addTensor("bias", {channels}, {InitKind::Zeros});
}

/// x / (k + alpha · the mean of x² over `size` channels around)^beta; the mean
/// counts channels that are not there as zeros.
static Value localResponseNorm(Call &call) {
  Tensor x = call.floats("input");
  int64_t size = call.integer("size");
  double alpha = call.number("alpha"), beta = call.number("beta"),
         k = call.number("k");
  if (call.failed())
    return {};
  if (rankOf(x) < 3)
    return call.expected("input", "a tensor [N, C, S…]");
  if (size < 1 || size > 1 << 20)
    return call.expected("size", "a positive number of channels");
  Graph &g = call.graph;
  Shape low(rankOf(x), 0), high(rankOf(x), 0), none(rankOf(x), 0);
  low[1] = size / 2;
  high[1] = (size - 1) / 2;
  Tensor padded =
      g.create<nn::PadOp>(g.mul(x, x), low, high, none, llvm::APFloat(0.0));
  Tensor windows = g.create<nn::WindowsOp>(padded, 1, size, 1, 1);
  Tensor mean = g.div(g.sum(windows, {1}), double(size));
  return g.div(x, g.pow(g.add(g.mul(mean, alpha), k), beta));
}

static void makeGroupNorm(Call &call) {
  int64_t groups = call.integer("num_groups"),
          channels = call.integer("num_channels");
  if (!call.failed() && (groups < 1 || channels < 1 || channels % groups))
    call.error(call.range, "expected num_channels divisible by num_groups, but "
                           "got " +
                               llvm::Twine(channels) + " and " +
                               llvm::Twine(groups));
  addScaleAndShift(call, channels);
}

static bool checkChannels(Call &call, Tensor x, int64_t channels) {
  if (rankOf(x) >= 2 && shapeOf(x)[1] == channels)
    return true;
  call.error(call.range, "expected an input [N, " + llvm::Twine(channels) +
                             ", …], but got " + describeType(x.getType()));
  return false;
}

static Value groupNorm(Call &call) {
  Tensor x = call.floatTensor("input");
  Call options = call.options();
  double eps = options.number("eps");
  Tensor weight = call.own("weight"), bias = call.own("bias");
  if (call.failed() || options.failed() ||
      !checkChannels(call, x, options.integer("num_channels")))
    return {};
  return groupNormOf(call, x, options.integer("num_groups"), weight, bias, eps);
}

static void makeRunning(Call &call) {
  int64_t channels = call.integer("num_features");
  addScaleAndShift(call, channels);
  if (!call.flag("track_running_stats"))
    return;
  call.addTensor("running_mean", {channels}, {InitKind::Zeros}, true);
  call.addTensor("running_var", {channels}, {InitKind::Ones}, true);
  call.addTensor("num_batches_tracked", {}, {InitKind::Zeros}, true,
                 call.graph.builder.getI64Type());
}

/// old + factor * (batch - old), as (1 - factor) * old + factor * batch.
static Tensor blend(Graph &g, Tensor old, Tensor batch, Tensor factor) {
  return g.add(g.mul(g.sub(1.0, factor), old), g.mul(factor, batch));
}

static void writeBuffer(Call &call, llvm::StringRef name, Tensor value) {
  call.interpreter.writeTensor(*call.self->tensor(name), value, call.range);
}

/// In training the statistics of the batch, and the running ones move; a
/// momentum of none averages over all batches.
static Value batchNorm(Call &call) {
  Tensor x = call.floatTensor("input");
  Call options = call.options();
  int64_t channels = options.integer("num_features");
  double eps = options.number("eps");
  std::optional<double> momentum = options.optionalNumber("momentum");
  bool tracks = options.flag("track_running_stats");
  if (call.failed() || options.failed() || !checkChannels(call, x, channels))
    return {};
  Graph &g = call.graph;
  bool training = call.interpreter.training;
  auto type = g.type({channels}, elementOf(x));
  Tensor mean = tracks ? call.own("running_mean") : g.splat(0, type);
  Tensor variance = tracks ? call.own("running_var") : g.splat(1, type);
  Tensor weight = call.own("weight"), bias = call.own("bias");
  if (call.failed() || !call.checkOneDType({x, weight, bias, mean, variance}))
    return {};
  bool ofBatch = training || !tracks;
  if (ofBatch && typeOf(x).getNumElements() <= channels)
    return call.error(call.range,
                      llvm::Twine("expected more than one value per channel ") +
                          (training ? "when training"
                                    : "where there are no running statistics") +
                          ", but got " + describeType(x.getType()));
  auto op = g.create<nn::BatchNormOp>(
      x, weight, bias, mean, variance, llvm::APFloat(eps),
      llvm::APFloat(momentum.value_or(1)), ofBatch);
  if (!training || !tracks)
    return Tensor(op.getResult());
  Tensor newMean = op.getNewMean(), newVariance = op.getNewVariance();
  Tensor count = call.own("num_batches_tracked");
  count = g.add(count, g.integer(1, elementOf(count)));
  if (!momentum) {
    Tensor factor = g.div(1.0, g.cast(count, elementOf(x)));
    newMean = blend(g, mean, newMean, factor);
    newVariance = blend(g, variance, newVariance, factor);
  }
  writeBuffer(call, "running_mean", newMean);
  writeBuffer(call, "running_var", newVariance);
  writeBuffer(call, "num_batches_tracked", count);
  return Tensor(op.getResult());
}

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

static Value instanceNorm(Call &call) {
  Tensor x = call.floatTensor("input");
  Call options = call.options();
  int64_t channels = options.integer("num_features");
  double eps = options.number("eps");
  double momentum = options.optionalNumber("momentum").value_or(0);
  bool tracks = options.flag("track_running_stats");
  Tensor weight = call.own("weight"), bias = call.own("bias");
  if (call.failed() || options.failed() || !checkChannels(call, x, channels))
    return {};
  Graph &g = call.graph;
  int64_t rank = rankOf(x);
  if (rank < 3)
    return call.expected("input", "[N, C, …] with at least one further dim");
  Tensor runningMean = tracks ? call.own("running_mean") : Tensor();
  if (call.failed() || !call.checkOneDType({x, weight, bias, runningMean}))
    return {};
  Tensor y;
  if (tracks && !call.interpreter.training) {
    Tensor mean = alongChannels(g, runningMean, rank);
    Tensor variance = alongChannels(g, call.own("running_var"), rank);
    Tensor scale = g.unary<nn::RsqrtOp>(g.add(variance, eps));
    y = g.mul(g.sub(x, mean), scale);
  } else {
    Shape dims;
    for (int64_t dim = 2; dim < rank; ++dim)
      dims.push_back(dim);
    y = normalize(g, x, dims, eps);
    if (tracks)
      updateInstanceStatistics(call, x, dims, momentum);
  }
  return call.failed()
             ? Value()
             : Value(scaleAndShift(g, y, alongChannels(g, weight, rank),
                                   alongChannels(g, bias, rank)));
}

llvm::ArrayRef<FunctionRow> normalizationFunctions() {
  static const FunctionRow rows[] = {
      {"layer_norm(input, normalized_shape, weight=none, bias=none, eps=1e-5)",
       layerNormFunction, "F.layer_norm",
       "(x - mean) / sqrt(var + eps) over the last dims, times weight plus "
       "bias"},
      {"group_norm(input, num_groups, weight=none, bias=none, eps=1e-5)",
       groupNormFunction, "F.group_norm",
       "(x - mean) / sqrt(var + eps) over each group of channels, times weight "
       "plus bias"},
      {"local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0)",
       localResponseNorm, "F.local_response_norm",
       "x / (k + alpha * mean)^beta with the mean of squares over size "
       "channels "
       "around"},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> normalizationLayers() {
#define SINTER_BATCH_NORM                                                      \
  "(num_features, eps=1e-5, momentum=0.1, affine=true, "                       \
  "track_running_stats=true, *, bias=true)"
#define SINTER_INSTANCE_NORM                                                   \
  "(num_features, eps=1e-5, momentum=0.1, affine=false, "                      \
  "track_running_stats=false, *, bias=true)"
  static const LayerRow rows[] = {
      {"BatchNorm1d" SINTER_BATCH_NORM, "BatchNorm1d(input)", makeRunning,
       batchNorm,
       "normalizes channels of [N, C] or [N, C, L] over the batch, with "
       "running statistics"},
      {"BatchNorm2d" SINTER_BATCH_NORM, "BatchNorm2d(input)", makeRunning,
       batchNorm,
       "normalizes channels of [N, C, H, W] over the batch, with running "
       "statistics"},
      {"BatchNorm3d" SINTER_BATCH_NORM, "BatchNorm3d(input)", makeRunning,
       batchNorm,
       "normalizes channels of [N, C, D, H, W] over the batch, with running "
       "statistics"},
      {"InstanceNorm1d" SINTER_INSTANCE_NORM, "InstanceNorm1d(input)",
       makeRunning, instanceNorm,
       "normalizes each channel of each row of [N, C, L]"},
      {"InstanceNorm2d" SINTER_INSTANCE_NORM, "InstanceNorm2d(input)",
       makeRunning, instanceNorm,
       "normalizes each channel of each row of [N, C, H, W]"},
      {"InstanceNorm3d" SINTER_INSTANCE_NORM, "InstanceNorm3d(input)",
       makeRunning, instanceNorm,
       "normalizes each channel of each row of [N, C, D, H, W]"},
      {"LayerNorm(normalized_shape, eps=1e-5, elementwise_affine=true, "
       "bias=true)",
       "LayerNorm(input)", makeLayerNorm, layerNorm,
       "normalizes over the last dims, then scales and shifts"},
      {"GroupNorm(num_groups, num_channels, eps=1e-5, affine=true, *, "
       "bias=true)",
       "GroupNorm(input)", makeGroupNorm, groupNorm,
       "normalizes over groups of channels, then scales and shifts"},
  };
#undef SINTER_BATCH_NORM
#undef SINTER_INSTANCE_NORM
  return rows;
}

} // namespace sinter::capturing
