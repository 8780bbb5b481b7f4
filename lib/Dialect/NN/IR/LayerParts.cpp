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
