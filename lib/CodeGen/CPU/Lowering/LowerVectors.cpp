// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Brings vector ops to one dimension, where each has a direct LLVM counterpart.
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorTransforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_LOWERVECTORS
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
} // namespace sinter

using namespace mlir;

namespace {

/// A mask of one dimension as one comparison of 32-bit lane numbers. The bound
/// is clamped first, so that no count of elements is too large for 32 bits.
struct CreateMask1D : OpRewritePattern<vector::CreateMaskOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::CreateMaskOp op,
                                PatternRewriter &rewriter) const override {
    auto type = op.getType();
    if (type.getRank() != 1 || type.isScalable())
      return rewriter.notifyMatchFailure(op, "not one fixed dimension");
    Location loc = op.getLoc();
    int64_t lanes = type.getDimSize(0);
    auto constant = [&](int64_t value) -> Value {
      return rewriter.create<arith::ConstantIndexOp>(loc, value);
    };
    Value bound = op.getOperand(0);
    bound = rewriter.create<arith::MinSIOp>(loc, bound, constant(lanes));
    bound = rewriter.create<arith::MaxSIOp>(loc, bound, constant(0));
    bound =
        rewriter.create<arith::IndexCastOp>(loc, rewriter.getI32Type(), bound);
    auto numbers = llvm::to_vector(llvm::seq<int32_t>(0, lanes));
    Value steps = rewriter.create<arith::ConstantOp>(
        loc, rewriter.getI32VectorAttr(numbers));
    Value bounds =
        rewriter.create<vector::BroadcastOp>(loc, steps.getType(), bound);
    rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, arith::CmpIPredicate::slt,
                                               steps, bounds);
    return success();
  }
};

void populateToOneDimension(RewritePatternSet &patterns) {
  using namespace vector;
  VectorTransformsOptions options;
  options.setVectorTransposeLowering(VectorTransposeLowering::Shuffle16x16);
  populateVectorToVectorCanonicalizationPatterns(patterns);
  populateVectorBroadcastLoweringPatterns(patterns);
  populateVectorContractLoweringPatterns(patterns, options);
  populateVectorMaskOpLoweringPatterns(patterns);
  populateVectorMaskLoweringPatternsForSideEffectingOps(patterns);
  populateVectorShapeCastLoweringPatterns(patterns);
  populateVectorTransposeLoweringPatterns(patterns, options);
  populateVectorMultiReductionLoweringPatterns(
      patterns, VectorMultiReductionLowering::InnerParallel);
  populateVectorTransferPermutationMapLoweringPatterns(patterns);
  populateVectorTransferLoweringPatterns(patterns, /*maxTransferRank=*/1);
  populateVectorMaskMaterializationPatterns(patterns,
                                            /*force32BitVectorIndices=*/false);
  populateVectorBitCastLoweringPatterns(patterns);
  populateVectorGatherLoweringPatterns(patterns);
  populateVectorInsertExtractStridedSliceTransforms(patterns);
  patterns.add<CreateMask1D>(patterns.getContext(), /*benefit=*/10);
}

struct LowerVectors : sinter::impl::LowerVectorsBase<LowerVectors> {
  FrozenRewritePatternSet transfers, toOneDimension;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet first(context), second(context);
    populateVectorToSCFConversionPatterns(
        first, VectorTransferToSCFOptions().enableFullUnroll());
    transfers = std::move(first);
    populateToOneDimension(second);
    toOneDimension = std::move(second);
    return success();
  }

  void runOnOperation() override {
    // Unrolls transfers of several dimensions before their rows are lowered.
    if (failed(applyPatternsAndFoldGreedily(getOperation(), transfers)) ||
        failed(applyPatternsAndFoldGreedily(getOperation(), toOneDimension)))
      signalPassFailure();
  }
};

} // namespace
