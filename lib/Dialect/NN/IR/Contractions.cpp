// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops of products.

#include "sinter/Dialect/NN/IR/Builders.h"

#include "sinter/Dialect/NN/IR/Contractions.cpp.inc"

using namespace mlir;
using namespace sinter::nn;

/// How the dims of a result index an operand that broadcasts to them.
static SmallVector<AffineExpr> broadcastIndices(ArrayRef<int64_t> shape,
                                                ArrayRef<int64_t> result,
                                                MLIRContext *context) {
  SmallVector<AffineExpr> indices;
  size_t offset = result.size() - shape.size();
  for (auto [dim, extent] : llvm::enumerate(shape))
    indices.push_back(extent == result[dim + offset]
                          ? getAffineDimExpr(dim + offset, context)
                          : getAffineConstantExpr(0, context));
  return indices;
}

/// Loops (batch…, M, N, K).
ContractionLoops MatmulOp::getContractionLoops() {
  MLIRContext *context = getContext();
  ArrayRef<int64_t> shape = getType().getShape(), batch = shape.drop_back(2);
  unsigned row = batch.size(), column = row + 1, depth = row + 2;
  auto mapOf = [&](Value factor, unsigned first, unsigned second) {
    SmallVector<AffineExpr> indices = broadcastIndices(
        tensorType(factor).getShape().drop_back(2), batch, context);
    indices.push_back(getAffineDimExpr(first, context));
    indices.push_back(getAffineDimExpr(second, context));
    return AffineMap::get(depth + 1, 0, indices, context);
  };
  ContractionLoops loops;
  loops.extents = llvm::to_vector(shape);
  ArrayRef<int64_t> lhs = getLhs().getType().getShape();
  loops.extents.push_back(lhs[lhs.size() - (getTransposeA() ? 2 : 1)]);
  loops.lhs = getTransposeA() ? mapOf(getLhs(), depth, row)
                              : mapOf(getLhs(), row, depth);
  loops.rhs = getTransposeB() ? mapOf(getRhs(), column, depth)
                              : mapOf(getRhs(), depth, column);
  loops.result =
      AffineMap::getMultiDimIdentityMap(depth + 1, context).dropResult(depth);
  return loops;
}

/// Loops (n, g, r…, o, k…, c), or (n, g, r…, o, c, k…).
ContractionLoops CorrelateOp::getContractionLoops() {
  MLIRContext *context = getContext();
  ArrayRef<int64_t> result = getType().getShape(),
                    weight = getWeight().getType().getShape();
  unsigned spatial = getStrides().size(), columns = spatial + 2,
           count = columns + spatial + 2;
  unsigned taps = columns + (getChannelsFirst() ? 2 : 1),
           channels = getChannelsFirst() ? columns + 1 : count - 1;
  auto loop = [&](unsigned number) {
    return getAffineDimExpr(number, context);
  };
  ContractionLoops loops;
  loops.extents = llvm::to_vector(result);
  loops.extents.append(weight.begin() + 1, weight.end() - 1);
  SmallVector<AffineExpr> x = {loop(0), loop(1), loop(channels)};
  for (unsigned dim = 0; dim < spatial; ++dim)
    x.push_back(loop(dim + 2) * getStrides()[dim] +
                loop(taps + dim) * getDilations()[dim]);
  SmallVector<AffineExpr> lhs(x.size()), rhs = {loop(1)};
  for (auto [dim, source] : llvm::enumerate(getOrder()))
    lhs[source] = x[dim];
  for (unsigned number = columns + 1; number < count; ++number)
    rhs.push_back(loop(number));
  rhs.push_back(loop(columns));
  loops.lhs = AffineMap::get(count, 0, lhs, context);
  loops.rhs = AffineMap::get(count, 0, rhs, context);
  loops.result = AffineMap::getMultiDimIdentityMap(count, context)
                     .getMajorSubMap(columns + 1);
  return loops;
}
