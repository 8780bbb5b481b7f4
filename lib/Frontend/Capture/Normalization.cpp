// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalizations that need no running statistics.
#include "Normalization.h"
#include "Windows.h"
#include <cmath>

namespace sinter::capturing {

Tensor normalize(Graph &g, Tensor x, llvm::ArrayRef<int64_t> dims, double eps) {
  Tensor mean = g.mean(x, dims, true);
  Tensor variance = g.variance(x, mean, dims, 0, true);
  Tensor scale = g.unary<nn::RsqrtOp>(g.add(variance, eps));
  return g.mul(g.sub(x, mean), scale);
}

Tensor scaleAndShift(Graph &g, Tensor x, Tensor weight, Tensor bias) {
  if (weight)
    x = g.mul(x, weight);
  return bias ? g.add(x, bias) : x;
}

Tensor alongChannels(Graph &g, Tensor vector, int64_t rank) {
  if (!vector)
    return vector;
  Shape shape(rank, 1);
  shape[1] = typeOf(vector).getNumElements();
  return g.reshape(vector, shape);
}

Tensor perChannel(Call &call, llvm::StringRef name, Tensor x) {
  Tensor vector = call.optionalTensor(name);
  if (!vector || call.failed())
    return {};
  if (rankOf(x) >= 2 &&
      shapeOf(vector) == llvm::ArrayRef<int64_t>{shapeOf(x)[1]})
    return vector;
  call.error(name, "expected one number for each channel of the input " +
                       describeType(x.getType()) + ", but got " +
                       describeType(vector.getType()));
  return {};
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
  if (typeOf(x).getNumElements() == groups)
    return call.error(call.range, "expected more than one value per group, but "
                                  "got " +
                                      describeType(x.getType()) + " and " +
                                      llvm::Twine(groups) + " groups");
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
  Tensor weight = perChannel(call, "weight", x),
         bias = perChannel(call, "bias", x);
  double eps = call.number("eps");
  if (call.failed())
    return {};
  return groupNormOf(call, x, groups, weight, bias, eps);
}

void addScaleAndShift(Call &call, int64_t channels) {
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
  Shape extended(shapeOf(x)), all(shapeOf(x));
  extended[1] += size - 1;
  all.push_back(size);
  if (!checkCountable(call, extended, elementOf(x)) ||
      !checkCountable(call, all, elementOf(x)))
    return {};
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
  static const LayerRow rows[] = {
      {"LayerNorm(normalized_shape, eps=1e-5, elementwise_affine=true, "
       "bias=true)",
       "LayerNorm(input)", makeLayerNorm, layerNorm,
       "normalizes over the last dims, then scales and shifts"},
      {"GroupNorm(num_groups, num_channels, eps=1e-5, affine=true, *, "
       "bias=true)",
       "GroupNorm(input)", makeGroupNorm, groupNorm,
       "normalizes over groups of channels, then scales and shifts"},
  };
  return rows;
}

} // namespace sinter::capturing
