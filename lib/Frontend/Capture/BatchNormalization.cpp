// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalizations of channels, by the statistics of a batch or of each image, or
// by running ones.
#include "Normalization.h"
#include "Windows.h"

namespace sinter::capturing {

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

/// Whether x has the rank of a layer's input and its channels in dim 1; an
/// error otherwise.
static bool checkChannels(Call &call, Tensor x, int64_t channels) {
  int64_t rank = rankOf(x), spatial = spatialRank(call.name());
  bool fits = rank == spatial + 2 || (spatial == 1 && rank == 2);
  if (fits && shapeOf(x)[1] == channels)
    return true;
  call.error("input", "expected an input of '" + call.name() + "' with " +
                          (spatial == 1 ? "2 or " : "") +
                          llvm::Twine(spatial + 2) + " dims and " +
                          llvm::Twine(channels) + " channels, but got " +
                          describeType(x.getType()));
  return false;
}

/// Whether statistics of the batch x [N, C, …] have more than one value; an
/// error otherwise.
static bool checkValues(Call &call, Tensor x, llvm::StringRef where) {
  if (typeOf(x).getNumElements() != shapeOf(x)[1])
    return true;
  call.error(call.range, "expected more than one value per channel " + where +
                             ", but got " + describeType(x.getType()));
  return false;
}

namespace {
/// The operands of a normalization of x [N, C, …], one number per channel each;
/// all but x may be null.
struct NormOperands {
  Tensor x, mean, variance, weight, bias;

  bool checkOneDType(Call &call) const {
    return call.checkOneDType({x, mean, variance, weight, bias});
  }
};
} // namespace

/// Normalizes by the batch, where new running statistics are results too, or by
/// those that are given.
static nn::BatchNormOp batchNormOf(Graph &g, const NormOperands &in,
                                   double momentum, double eps, bool ofBatch) {
  return g.create<nn::BatchNormOp>(in.x, in.weight, in.bias, in.mean,
                                   in.variance, llvm::APFloat(eps),
                                   llvm::APFloat(momentum), ofBatch);
}

/// Moves the running statistics; a momentum of none averages over all batches.
/// As in PyTorch a batch of no rows counts, but tells nothing.
static void updateStatistics(Call &call, const NormOperands &in,
                             nn::BatchNormOp op, bool averages) {
  Graph &g = call.graph;
  Tensor newMean = op.getNewMean(), newVariance = op.getNewVariance();
  Tensor count = call.own("num_batches_tracked");
  count = g.add(count, g.integer(1, elementOf(count)));
  if (averages) {
    Tensor factor = g.div(1.0, g.cast(count, elementOf(in.x)));
    newMean = blend(g, in.mean, newMean, factor);
    newVariance = blend(g, in.variance, newVariance, factor);
  }
  if (typeOf(in.x).getNumElements() > 0) {
    writeBuffer(call, "running_mean", newMean);
    writeBuffer(call, "running_var", newVariance);
  }
  writeBuffer(call, "num_batches_tracked", count);
}

/// In training by the statistics of the batch, and the running ones move.
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
  bool training = call.interpreter.training, ofBatch = training || !tracks;
  auto type = g.type({channels}, elementOf(x));
  NormOperands in{x, tracks ? call.own("running_mean") : g.splat(0, type),
                  tracks ? call.own("running_var") : g.splat(1, type),
                  call.own("weight"), call.own("bias")};
  if (call.failed() || !in.checkOneDType(call) ||
      (ofBatch &&
       !checkValues(call, x,
                    training ? "when training"
                             : "where there are no running statistics")))
    return {};
  auto op = batchNormOf(g, in, momentum.value_or(1), eps, ofBatch);
  if (training && tracks)
    updateStatistics(call, in, op, !momentum);
  return Tensor(op.getResult());
}

/// Normalizes by the statistics that are given.
static Tensor normalizeBy(Graph &g, const NormOperands &in, double eps) {
  int64_t rank = rankOf(in.x);
  Tensor scale =
      g.unary<nn::RsqrtOp>(g.add(alongChannels(g, in.variance, rank), eps));
  Tensor y = g.mul(g.sub(in.x, alongChannels(g, in.mean, rank)), scale);
  return scaleAndShift(g, y, alongChannels(g, in.weight, rank),
                       alongChannels(g, in.bias, rank));
}

/// Reads running statistics [C] of a function: both where they count, none
/// where the input's own do, since a function has no buffers to update. False
/// after an error.
static bool readStatistics(Call &call, NormOperands &in, bool ofInput) {
  in.mean = perChannel(call, "running_mean", in.x);
  in.variance = perChannel(call, "running_var", in.x);
  in.weight = perChannel(call, "weight", in.x);
  in.bias = perChannel(call, "bias", in.x);
  if (call.failed())
    return false;
  if (ofInput && (in.mean || in.variance))
    call.error(in.mean ? "running_mean" : "running_var",
               "expected no running statistics where those of the input count, "
               "but got a tensor: a function updates no buffers, layers do");
  else if (!ofInput && !(in.mean && in.variance))
    call.error(call.range, "expected running_mean and running_var where the "
                           "input's own statistics do not count, but got none");
  if (call.failed() || !in.checkOneDType(call))
    return false;
  // Running statistics take no gradients, as in PyTorch.
  if (!ofInput) {
    in.mean = call.stopGradient(in.mean);
    in.variance = call.stopGradient(in.variance);
  }
  return true;
}

static Value batchNormFunction(Call &call) {
  NormOperands in{call.floatTensor("input"), {}, {}, {}, {}};
  bool training = call.flag("training");
  double momentum = call.number("momentum"), eps = call.number("eps");
  if (call.failed())
    return {};
  if (rankOf(in.x) < 2)
    return call.expected("input", "a tensor [N, C, …]");
  if (!readStatistics(call, in, training) ||
      (training && !checkValues(call, in.x, "when training")))
    return {};
  Graph &g = call.graph;
  if (!training)
    return normalizeBy(g, in, eps);
  auto type = g.type({shapeOf(in.x)[1]}, elementOf(in.x));
  in.mean = g.splat(0, type);
  in.variance = g.splat(1, type);
  return Tensor(batchNormOf(g, in, momentum, eps, true).getResult());
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

llvm::ArrayRef<FunctionRow> batchNormalizationFunctions() {
  static const FunctionRow rows[] = {
      {"batch_norm(input, running_mean, running_var, weight=none, bias=none, "
       "training=false, momentum=0.1, eps=1e-5)",
       batchNormFunction, "F.batch_norm",
       "(x - mean) / sqrt(var + eps) of each channel of [N, C, …], times "
       "weight "
       "plus bias",
       "running statistics in training: layers update them"},
      {"instance_norm(input, running_mean=none, running_var=none, weight=none, "
       "bias=none, use_input_stats=true, momentum=0.1, eps=1e-5)",
       instanceNormFunction, "F.instance_norm",
       "(x - mean) / sqrt(var + eps) of each channel of each row of [N, C, S…]",
       "running statistics with use_input_stats: layers update them"},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> batchNormalizationLayers() {
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
  };
#undef SINTER_BATCH_NORM
#undef SINTER_INSTANCE_NORM
  return rows;
}

} // namespace sinter::capturing
