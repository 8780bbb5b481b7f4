// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of convolutions, which are convolutions.

#include "Rules.h"
#include "sinter/Dialect/NN/IR/Convolution.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

Value sinter::nn::transposeWeight(TensorBuilder &b, Value weight,
                                  int64_t groups) {
  Shape apart(tensorType(weight).getShape()), order = {0, 2, 1}, taps;
  for (int64_t dim = 2; dim < int64_t(apart.size()); ++dim) {
    taps.push_back(dim);
    order.push_back(dim + 1);
  }
  Shape joined(apart);
  joined[0] = groups * apart[1];
  joined[1] = apart[0] / groups;
  apart[0] /= groups;
  apart.insert(apart.begin(), groups);
  Value flipped = b.reverse(weight, taps);
  return b.reshape(b.transpose(b.reshape(flipped, apart), order), joined);
}

namespace {
/// A convolution whose dims of groups, channels and features stand apart.
struct ConvolutionParts {
  TensorBuilder b;
  ConvolutionOp op;
  int64_t groups, batch, channels, features; ///< of a group the last two
  Shape input, taps, result;                 ///< spatial extents

  ConvolutionParts(ConvolutionOp op, OpBuilder &builder)
      : b(builder, op.getLoc()), op(op), groups(op.getGroups()),
        batch(op.getType().getDimSize(0)),
        channels(op.getWeight().getType().getDimSize(1)),
        features(op.getType().getDimSize(1) / groups),
        input(op.getInput().getType().getShape().drop_front(2)),
        taps(op.getWeight().getType().getShape().drop_front(2)),
        result(op.getType().getShape().drop_front(2)) {}

  static Shape join(std::initializer_list<int64_t> first,
                    ArrayRef<int64_t> spatial) {
    Shape shape(first);
    llvm::append_range(shape, spatial);
    return shape;
  }

  /// [first · second, third, S…] with the first and the third swapped within
  /// their groups: [third · …, first, S…], as `permutation` of (first, second,
  /// third) says.
  Value regroup(Value x, std::array<int64_t, 3> extents,
                std::array<int64_t, 3> permutation, ArrayRef<int64_t> spatial,
                bool joinsFirst) {
    Shape order(permutation.begin(), permutation.end());
    for (int64_t dim = 0; dim < int64_t(spatial.size()); ++dim)
      order.push_back(dim + 3);
    Value swapped = b.transpose(
        b.reshape(x, join({extents[0], extents[1], extents[2]}, spatial)),
        order);
    int64_t first = extents[permutation[0]], second = extents[permutation[1]],
            third = extents[permutation[2]];
    return b.reshape(swapped, joinsFirst
                                  ? join({first * second, third}, spatial)
                                  : join({first, second * third}, spatial));
  }

  /// The gradient's windows over spread results give the input back.
  Value inputGradient(Value g) {
    Shape low, high;
    for (auto [dim, extent] : llvm::enumerate(input)) {
      int64_t spread = (extent - 1) * op.getSpread()[dim] + 1,
              results = (result[dim] - 1) * op.getStrides()[dim] + 1,
              span = (taps[dim] - 1) * op.getDilations()[dim];
      low.push_back(span - op.getLow()[dim]);
      high.push_back(spread + op.getLow()[dim] - results);
    }
    Value weight = transposeWeight(b, op.getWeight(), groups);
    return b.create<ConvolutionOp>(g, weight, Value(), op.getSpread(),
                                   op.getDilations(), op.getStrides(), low,
                                   high, groups);
  }

  /// Channels are the batch and samples the channels: the windows of a tap.
  Value weightGradient(Value g) {
    Shape high;
    for (auto [dim, extent] : llvm::enumerate(input)) {
      int64_t spread = (extent - 1) * op.getSpread()[dim] + 1,
              results = (result[dim] - 1) * op.getStrides()[dim] + 1,
              span = (taps[dim] - 1) * op.getDilations()[dim];
      high.push_back(span + results - spread - op.getLow()[dim]);
    }
    // [N, G · C, S…] as [C, G · N, S…], [N, G · O, R…] as [G · O, N, R…].
    Value x = regroup(op.getInput(), {batch, groups, channels}, {2, 1, 0},
                      input, false);
    Value y = regroup(g, {batch, groups, features}, {1, 2, 0}, result, true);
    Value sums = b.create<ConvolutionOp>(x, y, Value(), op.getDilations(),
                                         op.getStrides(), op.getSpread(),
                                         op.getLow(), high, groups);
    return b.swap(sums, 0, 1);
  }
};
} // namespace

GRADIENT(ConvolutionOp) {
  ConvolutionParts parts(*this, builder);
  TensorBuilder &b = parts.b;
  Value g = resultGradients[0];
  bool isEmpty = llvm::is_contained(parts.result, 0) ||
                 llvm::is_contained(parts.input, 0) || parts.batch == 0;
  auto zero = [&](Value like) { return b.splat(0, tensorType(like)); };
  operandGradients[0] = isEmpty ? zero(getInput()) : parts.inputGradient(g);
  operandGradients[1] = isEmpty ? zero(getWeight()) : parts.weightGradient(g);
  if (getBias()) {
    Shape dims = allDims(getType().getRank());
    dims.erase(dims.begin() + 1);
    operandGradients[2] = b.sum(g, dims);
  }
  return success();
}
