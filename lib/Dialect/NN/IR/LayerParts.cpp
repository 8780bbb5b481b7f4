// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of layers that their gradients and their decompositions share.

#include "LayerParts.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

BatchNormParts::BatchNormParts(BatchNormOp op, OpBuilder &builder)
    : b(builder, op.getLoc()), shape(op.getInput().getType().getShape()),
      count(1) {
  for (int64_t dim = 0; dim < int64_t(shape.size()); ++dim)
    if (dim != 1) {
      dims.push_back(dim);
      count *= shape[dim];
    }
}

/// Elements of a channel in a sample, and in all, from which statistics of
/// samples are combined.
static constexpr int64_t minSampleValues = 16, minValues = 512;

std::pair<Value, Value> BatchNormParts::statistics(Value x) {
  // Two passes: E[x²] - E[x]² cancels where the mean is large.
  auto squaredDeviations = [&](Value from, Value mean) {
    Value centered = b.sub(from, mean);
    return b.mul(centered, centered);
  };
  int64_t values = shape[0] ? count / shape[0] : 0;
  if (shape[0] < 2 || values < minSampleValues || count < minValues) {
    Value mean = b.mean(x, dims);
    return {mean, b.mean(squaredDeviations(x, perChannel(mean)), dims)};
  }
  // Vectors [N, C], alike in any order of dims.
  ArrayRef<int64_t> inSample = ArrayRef(dims).drop_front();
  Value means = b.mean(x, inSample);
  Value within = b.sum(
      squaredDeviations(x, b.restoreDims(means, shape, inSample)), inSample);
  Value mean = b.mean(means, 0);
  Value between = b.mul(squaredDeviations(means, mean),
                        static_cast<double>(values)); // samples of one size
  Value total = b.sum(b.add(within, between), 0);
  return {mean, b.div(total, static_cast<double>(count))};
}

NllLossParts::NllLossParts(NllLossOp op, OpBuilder &builder)
    : op(op), b(builder, op.getLoc()),
      shape(op.getInput().getType().getShape()),
      classDim(shape.size() == 1 ? 0 : 1) {
  // The class is found by comparison: a target out of range finds none and is
  // never an address.
  Value target = alongClasses(op.getTarget());
  int64_t ignored = op.getIgnoreIndex();
  isTarget =
      b.compare(ComparePredicate::eq,
                b.iota(shape, classDim, getElementTypeOrSelf(target)), target);
  isCounted =
      b.compare(ComparePredicate::ne, target, static_cast<double>(ignored));
  if (ignored >= 0 && ignored < shape[classDim])
    isTarget = builder.create<LogicalAndOp>(op.getLoc(), isTarget, isCounted);
}

Value NllLossParts::classWeights() {
  Shape vector(shape.size(), 1);
  vector[classDim] = shape[classDim];
  return b.reshape(op.getWeight(), vector);
}

Value NllLossParts::totalWeight() {
  Value weights =
      op.getWeight()
          ? b.selectOrZero(isTarget, classWeights())
          : b.cast(isCounted, op.getInput().getType().getElementType());
  Shape all(llvm::to_vector(llvm::seq<int64_t>(0, shape.size())));
  return b.sum(weights, all);
}
