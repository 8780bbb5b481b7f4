// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical form of scans: nothing dead, nothing carried that does not change,
// no loop of one step.

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {

/// Finds which carries something reads: outside, or a live value of the body.
class LiveCarries {
public:
  explicit LiveCarries(ScanOp scan) : scan(scan) {
    ScanYieldOp yield = scan.getYield();
    for (auto [history, next] :
         llvm::zip(scan.getHistories(), yield.getCarries()))
      if (!history.use_empty())
        need(next);
    for (auto [result, y] : llvm::zip(scan.getYs(), yield.getYs()))
      if (!result.use_empty())
        need(y);
    for (auto [result, sum] : llvm::zip(scan.getSums(), yield.getSums()))
      if (!result.use_empty())
        need(sum);
    while (!worklist.empty())
      visit(worklist.pop_back_val());
  }

  bool isLive(unsigned carry) {
    return !scan.getHistories()[carry].use_empty() ||
           seen.contains(scan.getCarries()[carry]);
  }

private:
  void need(Value value) {
    if (seen.insert(value).second)
      worklist.push_back(value);
  }
  void visit(Value value) {
    if (Operation *op = value.getDefiningOp()) {
      llvm::for_each(op->getOperands(), [&](Value operand) { need(operand); });
      op->walk([&](Operation *inner) {
        llvm::for_each(inner->getOperands(),
                       [&](Value operand) { need(operand); });
      });
      return;
    }
    for (auto [number, carry] : llvm::enumerate(scan.getCarries()))
      if (carry == value)
        need(scan.getYield().getCarries()[number]);
  }

  ScanOp scan;
  DenseSet<Value> seen;
  SmallVector<Value> worklist;
};

/// Drops ys and sums that nothing reads, carries that serve nothing else, and
/// operands that the body does not read.
struct DropDead : public OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    LiveCarries live(scan);
    auto isUsed = [](Value value) { return !value.use_empty(); };
    std::vector<bool> carries, ys, sums;
    for (unsigned i = 0; i < scan.getInits().size(); ++i)
      carries.push_back(live.isLive(i));
    for (Value y : scan.getYs())
      ys.push_back(isUsed(y));
    for (Value sum : scan.getSums())
      sums.push_back(isUsed(sum));
    auto isWhole = [](const std::vector<bool> &kept) {
      return !llvm::is_contained(kept, false);
    };
    if (isWhole(carries) && isWhole(ys) && isWhole(sums) &&
        llvm::all_of(scan.getSlices(), isUsed) &&
        llvm::all_of(scan.getInvariantArguments(), isUsed))
      return rewriter.notifyMatchFailure(scan, "nothing is dead");
    if (!llvm::is_contained(carries, true) && !llvm::is_contained(ys, true) &&
        !llvm::is_contained(sums, true))
      return rewriter.notifyMatchFailure(scan, "all of it is dead");
    SmallVector<Value> results;
    auto keepResults = [&](const std::vector<bool> &kept, ResultRange from) {
      for (auto [isKept, result] : llvm::zip(kept, from))
        if (isKept)
          results.push_back(result);
    };
    keepResults(carries, scan.getHistories());
    keepResults(ys, scan.getYs());
    keepResults(sums, scan.getSums());
    ScanBuilder builder(scan, rewriter);
    keepOnly(carries, builder.carries);
    keepOnly(carries, builder.nextCarries);
    keepOnly(ys, builder.ys);
    keepOnly(sums, builder.sums);
    builder.eraseDeadOps(rewriter);
    ScanOp smaller = builder.create(rewriter);
    for (auto [before, now] : llvm::zip(results, smaller.getResults()))
      rewriter.replaceAllUsesWith(before, now);
    rewriter.eraseOp(scan);
    return success();
  }

  template <typename T>
  static void keepOnly(const std::vector<bool> &kept, std::vector<T> &list) {
    unsigned position = 0;
    llvm::erase_if(list, [&](const T &) { return !kept[position++]; });
  }
};

/// A y that is a slice of an x is the x, in every step and row; one that is the
/// same in all steps is a broadcast.
struct ForwardYs : public OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    if (scan.getLengths())
      return rewriter.notifyMatchFailure(scan, "ys end with their rows");
    bool changed = false;
    for (auto [result, y] : llvm::zip(scan.getYs(), scan.getYield().getYs())) {
      Value source = sourceOf(scan, result, y, rewriter);
      if (!source || result.use_empty())
        continue;
      rewriter.replaceAllUsesWith(result, source);
      changed = true;
    }
    return success(changed);
  }

  static Value sourceOf(ScanOp scan, Value result, Value y,
                        PatternRewriter &rewriter) {
    for (auto [slice, x] : llvm::zip(scan.getSlices(), scan.getXs()))
      if (slice == y)
        return x;
    for (auto [argument, invariant] :
         llvm::zip(scan.getInvariantArguments(), scan.getInvariants()))
      if (argument == y && !result.use_empty())
        return rewriter.create<BroadcastOp>(scan.getLoc(), result.getType(),
                                            invariant);
    return nullptr;
  }
};

/// A carry that gives itself is an invariant.
struct CarriesToInvariants : public OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    for (auto [number, carry] : llvm::enumerate(scan.getCarries())) {
      if (scan.getYield().getCarries()[number] != carry)
        continue;
      Value history = scan.getHistories()[number],
            init = scan.getInits()[number];
      if (!history.use_empty()) {
        rewriter.replaceAllUsesWith(
            history, rewriter.create<BroadcastOp>(scan.getLoc(),
                                                  history.getType(), init));
        return success();
      }
      if (carry.hasOneUse())
        continue; // read by the yield alone: dead
      ScanBuilder builder(scan, rewriter);
      builder.replace(carry, builder.addInvariant(init));
      // The carry stays, dead, in its place.
      builder.setCarry(number, builder.carries[number].inside);
      rewriter.setInsertionPoint(scan);
      builder.replace(scan, rewriter);
      return success();
    }
    return rewriter.notifyMatchFailure(scan, "all carries change");
  }
};

/// A loop of one step is its body.
struct InlineOneStep : public OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    if (scan.getSteps() != 1 || scan.getLengths())
      return rewriter.notifyMatchFailure(scan, "more than one step");
    TensorBuilder ops(rewriter, scan.getLoc());
    IRMapping mapping;
    auto time = cast<RankedTensorType>(scan.getTime().getType());
    mapping.map(scan.getTime(),
                rewriter.create<ConstantOp>(
                    scan.getLoc(), time,
                    cast<DenseElementsAttr>(rewriter.getZeroAttr(time))));
    mapping.map(scan.getCarries(), scan.getInits());
    mapping.map(scan.getInvariantArguments(), scan.getInvariants());
    for (auto [slice, x] : llvm::zip(scan.getSlices(), scan.getXs()))
      mapping.map(slice, ops.reshape(x, tensorType(slice).getShape()));
    for (Operation &op : scan.getBody().front().without_terminator())
      rewriter.clone(op, mapping);
    auto stacked = [&](Value value) {
      return ops.reshape(value, stackedType(value.getType(), 1).getShape());
    };
    ScanYieldOp yield = scan.getYield();
    SmallVector<Value> results;
    for (auto [init, next] : llvm::zip(scan.getInits(), yield.getCarries())) {
      Value both[] = {stacked(init), stacked(mapping.lookupOrDefault(next))};
      results.push_back(rewriter.create<ConcatOp>(scan.getLoc(), both, 0));
    }
    for (Value y : yield.getYs())
      results.push_back(stacked(mapping.lookupOrDefault(y)));
    for (Value sum : yield.getSums())
      results.push_back(mapping.lookupOrDefault(sum));
    rewriter.replaceOp(scan, results);
    return success();
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<DropDead, ForwardYs, CarriesToInvariants, InlineOneStep>(
      context);
}
