// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses along which loop of a convolution the lanes of a vector run, if there
// are not enough channels for them.

#include "FewChannels.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sinter::nn;

/// What it takes to add up the lanes of one result, in multiply-adds of
/// vectors: shuffles and sums of several results at a time.
static constexpr int64_t workPerLaneSum = 3;

namespace {
/// A tensor behind transpositions, and where its dims lie.
struct Factor {
  Value tensor;
  Shape order;

  Factor(Value value, ArrayRef<int64_t> dims) : tensor(value), order(dims) {
    while (auto transpose = tensor.getDefiningOp<TransposeOp>()) {
      order = applyPermutation(transpose.getPermutation(), order);
      tensor = transpose.getInput();
    }
  }
  bool isLast(int64_t dim) const {
    return order[dim] + 1 == int64_t(order.size());
  }
};

/// Vectors of products of a convolution by the loop along which the lanes run.
struct LaneCosts {
  CorrelateOp op;
  const Factor &input;
  int64_t lanes;
  SmallVector<int64_t> result = op.getResultExtents(),
                       weight = op.getWeightExtents();
  int64_t last = result.size() - 1, pixels = result[last], taps = weight[last],
          channels = weight[2], stride = op.getStrides().back(),
          dilation = op.getDilations().back();
  /// Products per pixel and tap of the last dim: other pixels and taps.
  int64_t others =
      ShapedType::getNumElements(ArrayRef(result).drop_front(3).drop_back()) *
      ShapedType::getNumElements(ArrayRef(weight).drop_front(3).drop_back());

  int64_t vectorsOf(int64_t extent) const {
    return llvm::divideCeil(extent, lanes);
  }

  /// How often a window of the last dim has an element that is no padding.
  int64_t countInside() const {
    auto pad = input.tensor.getDefiningOp<PadOp>();
    if (!pad)
      return pixels * taps;
    int64_t at = input.order[last], begin = pad.getLow()[at],
            end = pad.getType().getDimSize(at) - pad.getHigh()[at], count = 0;
    // The pixels whose element at a tap lies before `place` of the input.
    auto pixelsBefore = [&](int64_t place, int64_t tap) {
      return std::clamp<int64_t>(
          llvm::divideCeilSigned(place - tap * dilation, stride), 0, pixels);
    };
    for (int64_t tap = 0; tap < taps; ++tap)
      count += pixelsBefore(end, tap) - pixelsBefore(begin, tap);
    return count;
  }

  int64_t alongChannels() const {
    return others * countInside() * channels * vectorsOf(weight[1]);
  }
  int64_t alongPixels() const {
    return others * vectorsOf(pixels) * taps * channels * weight[1];
  }
  int64_t ofLaneSums() const {
    return workPerLaneSum * weight[1] *
           ShapedType::getNumElements(ArrayRef(result).drop_front(3));
  }
  int64_t alongSummedChannels() const {
    return others * countInside() * vectorsOf(channels) * weight[1] +
           ofLaneSums();
  }
  int64_t alongTaps() const {
    return others * pixels * vectorsOf(taps) * channels * weight[1] +
           ofLaneSums();
  }
};
} // namespace

/// The weight as [G, O, K…, C], whose last dim is the last one of the sum.
static Factor moveChannelsLast(TensorBuilder &b, const Factor &weight) {
  Shape permutation(weight.order), order = allDims(permutation.size());
  permutation.erase(permutation.begin() + 2);
  permutation.push_back(weight.order[2]);
  order.insert(order.begin() + 2, order.back());
  order.pop_back();
  Factor moved = weight;
  moved.tensor = b.transpose(weight.tensor, permutation);
  moved.order = order;
  return moved;
}

CorrelateOp sinter::nn::buildForFewChannels(TensorBuilder &b, CorrelateOp op,
                                            int64_t lanes) {
  if (op.getResultExtents()[2] >= lanes || op.getType().getNumElements() == 0)
    return {};
  Factor input(op.getInput(), op.getInputOrder()),
      weight(op.getWeight(), op.getWeightOrder());
  LaneCosts costs{op, input, lanes};
  int64_t best = costs.alongChannels();
  bool isAlongChannels = true, sumsChannelsLast = false;
  auto consider = [&](bool isPossible, int64_t cost, bool sumsChannels) {
    if (!isPossible || cost >= best)
      return;
    best = cost;
    isAlongChannels = false;
    sumsChannelsLast = sumsChannels;
  };
  bool arePixelsLast = input.isLast(costs.last);
  consider(arePixelsLast && op.getStrides().back() == 1, costs.alongPixels(),
           false);
  consider(input.isLast(2), costs.alongSummedChannels(), true);
  consider(arePixelsLast && weight.isLast(costs.last) &&
               op.getDilations().back() == 1,
           costs.alongTaps(), false);
  if (isAlongChannels)
    return {};
  if (sumsChannelsLast && !weight.isLast(2))
    weight = moveChannelsLast(b, weight);
  return b.builder.create<CorrelateOp>(
      op.getLoc(), input.tensor, weight.tensor, input.order, weight.order,
      allDims(costs.last + 1), op.getStrides(), op.getDilations());
}
