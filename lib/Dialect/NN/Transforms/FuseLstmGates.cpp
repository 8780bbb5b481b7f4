// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Brings gates into the form that one kernel computes: slices right after the
// product, gradients of slices as a concatenation, the product of a backward
// step before the arithmetic that reads it.

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

/// How far from a product its gates are looked for, in ops, and the most parts
/// of a sum that are put side by side.
static constexpr size_t maxOpsOfGates = 32, maxParts = 16;

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

/// A sum of parts that are padded with zeros to lie side by side: gradients of
/// slices.
struct SumOfPadsToConcat : public OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<PadOp> pads;
    if (!collect(op, pads))
      return rewriter.notifyMatchFailure(op, "no sum of padded tensors");
    std::optional<int64_t> dim = paddedDim(pads.front());
    for (PadOp pad : pads)
      if (!dim || paddedDim(pad) != dim ||
          pad.getInput().getType() != pads.front().getInput().getType())
        return rewriter.notifyMatchFailure(op, "not side by side");
    llvm::sort(pads, [&](PadOp left, PadOp right) {
      return left.getLow()[*dim] < right.getLow()[*dim];
    });
    int64_t end = 0;
    SmallVector<Value> parts;
    for (PadOp pad : pads) {
      if (pad.getLow()[*dim] != end)
        return rewriter.notifyMatchFailure(op, "they overlap or leave gaps");
      parts.push_back(pad.getInput());
      end += typeOf(pad.getInput()).getDimSize(*dim);
    }
    if (end != op.getType().getDimSize(*dim))
      return rewriter.notifyMatchFailure(op, "they leave a gap at the end");
    rewriter.replaceOpWithNewOp<ConcatOp>(op, parts, *dim);
    return success();
  }

  static bool collect(Value sum, SmallVector<PadOp> &pads) {
    SmallVector<Value> pending{sum};
    while (!pending.empty() && pending.size() + pads.size() <= maxParts) {
      Value value = pending.pop_back_val();
      if (auto add = value.getDefiningOp<AddOp>();
          add && add.getLhs().getType() == add.getRhs().getType()) {
        pending.append({add.getRhs(), add.getLhs()});
        continue;
      }
      auto pad = value.getDefiningOp<PadOp>();
      if (!pad || !pad.getValue().isZero())
        return false;
      pads.push_back(pad);
    }
    return pending.empty();
  }

  /// The only dimension that grows, without gaps between elements.
  static std::optional<int64_t> paddedDim(PadOp pad) {
    std::optional<int64_t> padded;
    for (int64_t dim = 0; dim < pad.getType().getRank(); ++dim) {
      if (pad.getInterior()[dim] != 0)
        return std::nullopt;
      if (pad.getLow()[dim] == 0 && pad.getHigh()[dim] == 0)
        continue;
      if (padded)
        return std::nullopt;
      padded = dim;
    }
    return padded;
  }
};

struct FuseLstmGates
    : public sinter::nn::impl::NNFuseLstmGatesBase<FuseLstmGates> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet own(context);
    own.add<SliceBeforeElementwise, SumOfPadsToConcat>(context);
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
