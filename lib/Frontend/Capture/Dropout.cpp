// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dropout of elements and of channels.
#include "Call.h"
#include <cmath>

namespace sinter::capturing {

namespace {
/// What a call of a dropout draws with.
struct Draw {
  double p = 0;
  int64_t id = 0;
  bool isActive = false; ///< else the input stays as it is

  /// `x` with zeros with probability p, the rest divided by 1 - p.
  Tensor drop(Call &call, Tensor x) const {
    return call.graph.create<nn::DropoutOp>(x, call.interpreter.seed(),
                                            call.interpreter.batch(),
                                            llvm::APFloat(p), uint64_t(id));
  }
};
} // namespace

/// Reads `p` and `training`. The id is drawn in any case: modes share their
/// ids.
static Draw readDraw(Call &call, Tensor x) {
  Draw draw{call.number("p"), 0, call.flag("training")};
  if (!call.failed() && !(draw.p >= 0 && draw.p <= 1))
    call.expected("p", "a probability between 0 and 1");
  if (call.failed())
    return {};
  draw.id = call.interpreter.nextRandomId("dropout");
  draw.isActive &= draw.p > 0;
  if (draw.isActive && !isFloat(x))
    call.expected("input", "a tensor of floats");
  return draw;
}

/// The shape of a mask of whole channels; empty after an error. As in PyTorch
/// those of an input without a batch are its dim 0, but of a picture [C, H, W],
/// which counts as [N, C, L].
static Shape channelMask(Call &call, Tensor x, int64_t spatial) {
  int64_t rank = rankOf(x);
  if (!call.failed() && (rank > spatial + 2 || rank < spatial + 1))
    call.expected("input", "a tensor with " + llvm::Twine(spatial + 2) +
                               " dims, or " + llvm::Twine(spatial + 1) +
                               " without a batch");
  if (call.failed())
    return {};
  Shape mask(rank, 1);
  for (int64_t dim = 0; dim < (rank == spatial + 2 || spatial == 2 ? 2 : 1);
       ++dim)
    mask[dim] = shapeOf(x)[dim];
  return mask;
}

static Value dropout(Call &call) {
  Tensor x = call.tensor("input");
  Draw draw = readDraw(call, x);
  return draw.isActive && !call.failed() ? draw.drop(call, x) : x;
}

template <int64_t spatial> static Value channelDropout(Call &call) {
  Tensor x = call.tensor("input");
  Shape mask = channelMask(call, x, spatial);
  Draw draw = readDraw(call, x);
  if (!draw.isActive || call.failed())
    return x;
  Graph &g = call.graph;
  return g.mul(x, draw.drop(call, g.splat(1, g.type(mask, elementOf(x)))));
}

/// What is dropped becomes SELU's limit -1.758…, and all is scaled so that mean
/// 0 and variance 1 stay (Klambauer et al., "Self-Normalizing Neural Networks",
/// 2017).
static Value alphaDropoutBy(Call &call, Tensor x,
                            llvm::ArrayRef<int64_t> mask) {
  constexpr double alpha = 1.7580993408473766;
  Draw draw = readDraw(call, x);
  if (!draw.isActive || call.failed())
    return x;
  Graph &g = call.graph;
  if (draw.p == 1)
    return g.mul(x, 0.0);
  double p = draw.p, scale = 1 / std::sqrt((alpha * alpha * p + 1) * (1 - p));
  Tensor dropped = draw.drop(call, g.splat(1, g.type(mask, elementOf(x))));
  Tensor isKept = g.compare(nn::ComparePredicate::gt, dropped, 0.0);
  Tensor factor = g.select(isKept, g.scalar(scale, x), 0.0);
  Tensor offset =
      g.select(isKept, g.scalar(alpha * scale * p, x), alpha * scale * (p - 1));
  return g.add(g.mul(x, factor), offset);
}

static Value alphaDropout(Call &call) {
  Tensor x = call.tensor("input");
  return alphaDropoutBy(call, x, shapeOf(x));
}

static Value featureAlphaDropout(Call &call) {
  Tensor x = call.tensor("input");
  if (!call.failed() && rankOf(x) < 2)
    return call.expected("input", "a tensor [N, C, …]");
  Shape mask(rankOf(x), 1);
  for (int64_t dim = 0; dim < 2 && !call.failed(); ++dim)
    mask[dim] = shapeOf(x)[dim];
  return alphaDropoutBy(call, x, mask);
}

llvm::ArrayRef<FunctionRow> dropoutFunctions() {
  static const FunctionRow rows[] = {
      {"dropout(input, p=0.5, training=true, inplace=false)", dropout,
       "F.dropout",
       "zeros with probability p and scales the rest by 1 / (1 - p), in "
       "training only"},
      {"dropout1d(input, p=0.5, training=true, inplace=false)",
       channelDropout<1>, "F.dropout1d",
       "dropout of whole channels of [N, C, L]"},
      {"dropout2d(input, p=0.5, training=true, inplace=false)",
       channelDropout<2>, "F.dropout2d",
       "dropout of whole channels of [N, C, H, W]"},
      {"dropout3d(input, p=0.5, training=true, inplace=false)",
       channelDropout<3>, "F.dropout3d",
       "dropout of whole channels of [N, C, D, H, W]"},
      {"alpha_dropout(input, p=0.5, training=false, inplace=false)",
       alphaDropout, "F.alpha_dropout",
       "dropout that keeps mean 0 and variance 1, for networks of SELU"},
      {"feature_alpha_dropout(input, p=0.5, training=false, inplace=false)",
       featureAlphaDropout, "F.feature_alpha_dropout",
       "alpha_dropout of whole channels of [N, C, …]"},
  };
  return rows;
}

} // namespace sinter::capturing
