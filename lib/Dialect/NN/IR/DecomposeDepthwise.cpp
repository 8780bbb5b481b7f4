// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions of each channel by itself: no product of matrices, but sums of
// few shifted tensors.

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "sinter/Dialect/NN/IR/Convolution.h"

using namespace mlir;
using namespace sinter::nn;

/// Shifted tensors that are added, or multiplied and summed, one by one.
static constexpr int64_t maxShifts = 64;

namespace {
/// Builds what a depthwise convolution of x [N, G, S…] consists of.
struct DepthwiseBuilder {
  TensorBuilder b;
  ConvolutionOp op;
  int64_t groups = op.getGroups(), spatial = op.getStrides().size();

  /// x with what lies around it, its spatial dims being the last ones.
  Value surround(Value x) {
    int64_t rank = tensorType(x).getRank(), first = rank - spatial;
    Shape low(rank, 0), high(rank, 0), interior(rank, 0), begins(rank, 0),
        ends(tensorType(x).getShape()), ones(rank, 1);
    for (int64_t dim = 0; dim < spatial; ++dim) {
      int64_t at = first + dim;
      low[at] = std::max<int64_t>(op.getLow()[dim], 0);
      high[at] = std::max<int64_t>(op.getHigh()[dim], 0);
      interior[at] = op.getSpread()[dim] - 1;
      ends[at] = low[at] + (ends[at] - 1) * op.getSpread()[dim] + 1 + high[at];
      begins[at] = std::max<int64_t>(-op.getLow()[dim], 0);
      ends[at] -= std::max<int64_t>(-op.getHigh()[dim], 0);
    }
    Value padded = b.create<PadOp>(x, low, high, interior, llvm::APFloat(0.0));
    return b.create<SliceOp>(padded, begins, ends, ones);
  }

  /// The elements of x that lie `steps` of `step` after those of `count`
  /// windows, `stride` apart.
  Value shift(Value x, ArrayRef<int64_t> steps, ArrayRef<int64_t> step,
              ArrayRef<int64_t> counts, ArrayRef<int64_t> strides) {
    int64_t first = tensorType(x).getRank() - spatial;
    for (int64_t dim = 0; dim < spatial; ++dim) {
      int64_t begin = steps[dim] * step[dim],
              end = begin + (counts[dim] - 1) * strides[dim] + 1;
      x = b.slice(x, first + dim, begin, end, strides[dim]);
    }
    return x;
  }

  static StaticTileOffsetRange pointsOf(ArrayRef<int64_t> shape) {
    return StaticTileOffsetRange(shape, SmallVector<int64_t>(shape.size(), 1));
  }

  /// Few taps: the sum of the shifted input times a number per channel.
  Value sumOverTaps() {
    ArrayRef<int64_t> counts = op.getType().getShape().drop_front(2);
    Shape taps(op.getWeight().getType().getShape().drop_front(2)),
        shape = {groups}, order, perChannel(spatial + 2, 1);
    llvm::append_range(shape, taps);
    for (int64_t dim = 0; dim < spatial; ++dim)
      order.push_back(dim + 1);
    order.push_back(0);
    perChannel[1] = groups;
    // The numbers of a tap side by side.
    Value weights = b.transpose(b.reshape(op.getWeight(), shape), order);
    Value x = surround(op.getInput()), sum;
    for (const SmallVector<int64_t> &tap : pointsOf(taps)) {
      Value weight = weights;
      for (int64_t dim = 0; dim < spatial; ++dim)
        weight = b.slice(weight, dim, tap[dim], tap[dim] + 1);
      Value product =
          b.mul(shift(x, tap, op.getDilations(), counts, op.getStrides()),
                b.reshape(weight, perChannel));
      sum = sum ? b.add(sum, product) : product;
    }
    if (op.getBias())
      sum = b.add(sum, b.reshape(op.getBias(), perChannel));
    return sum;
  }

  /// Few results, as of a weight's gradient: sums of products with the shifted
  /// input, whose channels are the samples.
  Value sumOverSamples() {
    RankedTensorType weight = op.getWeight().getType();
    Shape split = {groups, weight.getDimSize(1)},
          results(op.getType().getShape().drop_front(2)), shape = {1, groups};
    llvm::append_range(split, op.getInput().getType().getShape().drop_front(2));
    llvm::append_range(shape, results);
    Value x = surround(b.reshape(op.getInput(), split));
    Shape summed = allDims(spatial + 2);
    summed.erase(summed.begin());
    SmallVector<Value> sums;
    for (const SmallVector<int64_t> &place : pointsOf(results)) {
      Value shifted = shift(x, place, op.getStrides(),
                            weight.getShape().drop_front(2), op.getDilations());
      sums.push_back(
          b.unsqueeze(b.sum(b.mul(shifted, op.getWeight()), summed), 1));
    }
    return b.reshape(b.concat(sums, 1), shape);
  }
};
} // namespace

Value sinter::nn::decomposeDepthwise(const TensorBuilder &builder,
                                     ConvolutionOp op) {
  RankedTensorType weight = op.getWeight().getType();
  int64_t groups = op.getGroups();
  bool isDepthwise = groups > 1 && weight.getDimSize(0) == groups &&
                     op.getType().getNumElements() > 0 &&
                     op.getInput().getType().getNumElements() > 0;
  if (!isDepthwise)
    return {};
  DepthwiseBuilder depthwise{builder, op};
  auto isFew = [](ArrayRef<int64_t> extents) {
    return ShapedType::getNumElements(extents) <= maxShifts;
  };
  if (weight.getDimSize(1) == 1 && isFew(weight.getShape().drop_front(2)))
    return depthwise.sumOverTaps();
  if (op.getType().getDimSize(0) == 1 && !op.getBias() &&
      isFew(op.getType().getShape().drop_front(2)))
    return depthwise.sumOverSamples();
  return {};
}
