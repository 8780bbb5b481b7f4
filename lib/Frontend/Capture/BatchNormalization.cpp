// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalizations of channels by the statistics of a batch, or by running ones.
#include "Normalization.h"
#include "Windows.h"

namespace sinter::capturing {

void makeRunning(Call &call) {
  int64_t channels = call.integer("num_features");
  addScaleAndShift(call, channels);
  if (!call.flag("track_running_stats"))
    return;
  call.addTensor("running_mean", {channels}, {InitKind::Zeros}, true);
  call.addTensor("running_var", {channels}, {InitKind::Ones}, true);
  call.addTensor("num_batches_tracked", {}, {InitKind::Zeros}, true,
                 call.graph.builder.getI64Type());
}

Tensor blend(Graph &g, Tensor old, Tensor batch, Tensor factor) {
  return g.add(g.mul(g.sub(1.0, factor), old), g.mul(factor, batch));
}

void writeBuffer(Call &call, llvm::StringRef name, Tensor value) {
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

Tensor normalizeBy(Graph &g, const NormOperands &in, double eps) {
  int64_t rank = rankOf(in.x);
  Tensor scale =
      g.unary<nn::RsqrtOp>(g.add(alongChannels(g, in.variance, rank), eps));
  Tensor y = g.mul(g.sub(in.x, alongChannels(g, in.mean, rank)), scale);
  return scaleAndShift(g, y, alongChannels(g, in.weight, rank),
                       alongChannels(g, in.bias, rank));
}

bool readStatistics(Call &call, NormOperands &in, bool ofInput) {
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

llvm::ArrayRef<FunctionRow> batchNormalizationFunctions() {
  static const FunctionRow rows[] = {
      {"batch_norm(input, running_mean, running_var, weight=none, bias=none, "
       "training=false, momentum=0.1, eps=1e-5)",
       batchNormFunction, "F.batch_norm",
       "(x - mean) / sqrt(var + eps) of each channel of [N, C, …], times "
       "weight "
       "plus bias",
       "running statistics in training: layers update them"},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> batchNormalizationLayers() {
#define SINTER_BATCH_NORM                                                      \
  "(num_features, eps=1e-5, momentum=0.1, affine=true, "                       \
  "track_running_stats=true, *, bias=true)"
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
  };
#undef SINTER_BATCH_NORM
  return rows;
}

} // namespace sinter::capturing
