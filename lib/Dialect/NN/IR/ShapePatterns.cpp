// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical form of ops that move elements: what is not read is not moved.

#include "sinter/Dialect/NN/IR/Builders.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {

/// A slice of a slice is one slice.
struct ComposeSlices : public OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SliceOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "not of a slice");
    Shape starts, limits, strides;
    for (auto [dim, extent] : llvm::enumerate(op.getType().getShape())) {
      int64_t stride = inner.getStrides()[dim];
      starts.push_back(inner.getStarts()[dim] + op.getStarts()[dim] * stride);
      strides.push_back(op.getStrides()[dim] * stride);
      limits.push_back(extent == 0
                           ? starts.back()
                           : starts.back() + (extent - 1) * strides.back() + 1);
    }
    rewriter.replaceOpWithNewOp<SliceOp>(op, inner.getInput(), starts, limits,
                                         strides);
    return success();
  }
};

/// A slice of a transposed tensor transposes the slice, if that is all that
/// reads the transposed tensor.
struct SliceBeforeTranspose : public OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || !transpose->hasOneUse())
      return rewriter.notifyMatchFailure(op, "not alone of a transposition");
    size_t rank = op.getType().getRank();
    Shape starts(rank), limits(rank), strides(rank);
    for (auto [dim, from] : llvm::enumerate(transpose.getPermutation())) {
      starts[from] = op.getStarts()[dim];
      limits[from] = op.getLimits()[dim];
      strides[from] = op.getStrides()[dim];
    }
    Value part = rewriter.create<SliceOp>(op.getLoc(), transpose.getInput(),
                                          starts, limits, strides);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, part,
                                             transpose.getPermutation());
    return success();
  }
};

/// A transposition that moves unit dimensions alone is a reshape.
struct TransposeToReshape : public OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    int64_t before = -1;
    for (int64_t dim : op.getPermutation()) {
      if (tensorType(op.getInput()).getDimSize(dim) == 1)
        continue;
      if (dim < before)
        return rewriter.notifyMatchFailure(op, "moves elements");
      before = dim;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

} // namespace

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<ComposeSlices, SliceBeforeTranspose>(context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<TransposeToReshape>(context);
}
