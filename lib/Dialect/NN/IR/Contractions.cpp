// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops of products.

#include "mlir/Dialect/Utils/IndexingUtils.h"
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

/// The loops of the result in the order of its dims, then those of the sum in
/// the order in which the weight has them.
ContractionLoops CorrelateOp::getContractionLoops() {
  MLIRContext *context = getContext();
  ArrayRef<int64_t> inputOrder = getInputOrder(),
                    weightOrder = getWeightOrder(),
                    resultOrder = getResultOrder();
  unsigned rank = resultOrder.size();
  SmallVector<AffineExpr> lhs(rank), rhs(rank);
  ContractionLoops loops;
  loops.extents = llvm::to_vector(getType().getShape());
  // The loop of each dim of w: [G, O, C, K…].
  auto outer = [&](int64_t dim) {
    return getAffineDimExpr(resultOrder[dim], context);
  };
  SmallVector<AffineExpr> weight = {outer(1), outer(2)};
  weight.resize(rank);
  SmallVector<int64_t> extents = getWeightExtents();
  for (int64_t dim : invertPermutationVector(weightOrder)) {
    if (dim < 2)
      continue;
    weight[dim] = getAffineDimExpr(loops.extents.size(), context);
    loops.extents.push_back(extents[dim]);
  }
  SmallVector<AffineExpr> input = {outer(0), outer(1), weight[2]};
  for (unsigned dim = 3; dim < rank; ++dim)
    input.push_back(outer(dim) * getStrides()[dim - 3] +
                    weight[dim] * getDilations()[dim - 3]);
  for (unsigned dim = 0; dim < rank; ++dim) {
    lhs[inputOrder[dim]] = input[dim];
    rhs[weightOrder[dim]] = weight[dim];
  }
  unsigned count = loops.extents.size();
  loops.lhs = AffineMap::get(count, 0, lhs, context);
  loops.rhs = AffineMap::get(count, 0, rhs, context);
  loops.result =
      AffineMap::getMultiDimIdentityMap(count, context).getMajorSubMap(rank);
  return loops;
}

SmallVector<int64_t> CorrelateOp::getInputExtents() {
  return applyPermutation(getInput().getType().getShape(), getInputOrder());
}

SmallVector<int64_t> CorrelateOp::getWeightExtents() {
  return applyPermutation(getWeight().getType().getShape(), getWeightOrder());
}

SmallVector<int64_t> CorrelateOp::getResultExtents() {
  return applyPermutation(getType().getShape(), getResultOrder());
}

bool CorrelateOp::hasColumnsOfWeight() {
  int64_t last = getType().getRank() - 1;
  return getWeightOrder()[1] == last && getResultOrder()[2] == last;
}
