// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Multiply-adds for machines that cannot fuse them.
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_EXPANDFMA
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
} // namespace sinter

using namespace mlir;

namespace {

/// Products: one more rounding of a term is within what a sum allows.
struct ExpandVectorFma : OpRewritePattern<vector::FMAOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::FMAOp op,
                                PatternRewriter &rewriter) const override {
    Value product =
        rewriter.create<arith::MulFOp>(op.getLoc(), op.getLhs(), op.getRhs());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getAcc());
    return success();
  }
};

/// Expansions of functions: the error of a product must not be lost.
struct ExpandMathFma : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "no wider type is exact");
    Type wide = rewriter.getF64Type();
    if (auto vector = dyn_cast<VectorType>(op.getType()))
      wide = VectorType::get(vector.getShape(), wide);
    auto widen = [&](Value value) -> Value {
      return rewriter.create<arith::ExtFOp>(op.getLoc(), wide, value);
    };
    Value product = rewriter.create<arith::MulFOp>(
        op.getLoc(), widen(op.getA()), widen(op.getB()));
    Value sum =
        rewriter.create<arith::AddFOp>(op.getLoc(), product, widen(op.getC()));
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), sum);
    return success();
  }
};

struct ExpandFma : sinter::impl::ExpandFmaBase<ExpandFma> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandVectorFma, ExpandMathFma>(&getContext());
    if (failed(
            applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
