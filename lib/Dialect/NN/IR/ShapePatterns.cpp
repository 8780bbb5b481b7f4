// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical form of ops that move elements.

#include "sinter/Dialect/NN/IR/Builders.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {

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

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<TransposeToReshape>(context);
}
