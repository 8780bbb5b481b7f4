// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Brings gates into the form that one kernel computes: slices right after the
// product, the product of a backward step before the arithmetic that reads it.

#include "GateColumns.h"
#include "RotateScans.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNFUSELSTMGATES
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// How far from a product its gates are looked for, in ops.
static constexpr size_t maxOpsOfGates = 32;

/// Whether `value` is a product, or a few elementwise ops on one that nothing
/// else reads.
static bool isOfProduct(Value value) {
  SmallVector<Value> pending{value};
  for (size_t visited = 0; !pending.empty() && visited < maxOpsOfGates;
       ++visited) {
    Value next = pending.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (!op || !next.hasOneUse())
      continue;
    if (isa<MatmulOp>(op))
      return true;
    if (!op->hasTrait<ElementwiseTrait>() || op->getNumResults() != 1)
      continue;
    for (Value operand : op->getOperands())
      if (typeOf(operand).getShape() == typeOf(value).getShape())
        pending.push_back(operand);
  }
  return false;
}

namespace {

/// Gates of an elementwise op on a product: the op on the gates of its
/// operands.
struct SliceBeforeElementwise : public OpTraitRewritePattern<ElementwiseTrait> {
  using OpTraitRewritePattern::OpTraitRewritePattern;
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    SmallVector<SliceOp> gates;
    for (Operation *user : op->getUsers())
      if (auto slice = dyn_cast<SliceOp>(user); slice && isGate(slice))
        gates.push_back(slice);
      else
        return rewriter.notifyMatchFailure(op, "read by more than gates");
    if (gates.empty() || op->getNumResults() != 1 ||
        llvm::none_of(op->getOperands(),
                      [](Value operand) { return isOfProduct(operand); }))
      return rewriter.notifyMatchFailure(op, "no gates of a product");
    for (SliceOp slice : gates) {
      rewriter.setInsertionPoint(slice);
      IRMapping mapping;
      for (Value operand : op->getOperands())
        mapping.map(operand, gateOf(operand, slice, rewriter));
      Operation *part = rewriter.clone(*op, mapping);
      part->getResult(0).setType(slice.getType());
      rewriter.replaceOp(slice, part);
    }
    rewriter.eraseOp(op);
    return success();
  }

  /// The gate of an operand that may broadcast.
  static Value gateOf(Value operand, SliceOp slice, PatternRewriter &rewriter) {
    ArrayRef<int64_t> shape = typeOf(operand).getShape();
    if (shape.empty() || shape.back() == 1)
      return operand;
    SmallVector<int64_t> starts(shape.size(), 0), limits(shape),
        strides(shape.size(), 1);
    starts.back() = slice.getStarts().back();
    limits.back() = slice.getLimits().back();
    return rewriter.create<SliceOp>(slice.getLoc(), operand, starts, limits,
                                    strides);
  }
};

struct FuseLstmGates
    : public sinter::nn::impl::NNFuseLstmGatesBase<FuseLstmGates> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet own(context);
    own.add<SliceBeforeElementwise>(context);
    patterns = std::move(own);
    return success();
  }

  void runOnOperation() override {
    GreedyRewriteConfig config;
    config.useTopDownTraversal = true;
    config.enableRegionSimplification = GreedySimplifyRegionLevel::Disabled;
    if (failed(applyPatternsAndFoldGreedily(getOperation(), patterns, config)))
      return signalPassFailure();
    SmallVector<ScanOp> scans;
    getOperation().walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      rotateProduct(scan);
  }

  FrozenRewritePatternSet patterns;
};
} // namespace
