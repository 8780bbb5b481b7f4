// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lets readers of what scans carry read the histories, in the order in which
// these are stored.

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNSHAREHISTORIES
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

static Value reversed(OpBuilder &builder, Location location, Value stacked) {
  return builder.create<ReverseOp>(location, stacked, ArrayRef<int64_t>{0});
}

/// Slots `first` to `end` of a stacked tensor.
static Value slots(OpBuilder &builder, Location location, Value stacked,
                   int64_t first, int64_t end) {
  Shape limits(tensorType(stacked).getShape());
  Shape starts(limits.size(), 0), strides(limits.size(), 1);
  starts[0] = first;
  limits[0] = end;
  return builder.create<SliceOp>(location, stacked, starts, limits, strides);
}

namespace {
/// The carry that a y is, before or after the step.
struct CarriedY {
  unsigned carry;
  bool isAfter;
};
} // namespace

static std::optional<CarriedY> findCarry(ScanOp scan, Value y) {
  for (auto [number, next] : llvm::enumerate(scan.getYield().getCarries()))
    if (next == y)
      return CarriedY{unsigned(number), /*isAfter=*/true};
  for (auto [number, carry] : llvm::enumerate(scan.getCarries()))
    if (carry == y)
      return CarriedY{unsigned(number), /*isAfter=*/false};
  return std::nullopt;
}

/// A y that is a carry is read from the history, and dropped.
static ScanOp dropCarriedYs(ScanOp scan, IRRewriter &rewriter) {
  SmallVector<std::optional<CarriedY>> sources; // per y
  for (Value y : scan.getYield().getYs())
    sources.push_back(findCarry(scan, y));
  if (llvm::none_of(sources, [](auto source) { return source.has_value(); }))
    return scan;
  ScanBuilder builder(scan, rewriter);
  unsigned number = 0;
  llvm::erase_if(builder.ys,
                 [&](Value) { return sources[number++].has_value(); });
  rewriter.setInsertionPoint(scan);
  ScanOp smaller = builder.create(rewriter);
  int64_t steps = scan.getSteps();
  unsigned kept = 0;
  SmallVector<Value> results(smaller.getHistories());
  for (std::optional<CarriedY> source : sources) {
    if (!source) {
      results.push_back(smaller.getYs()[kept++]);
      continue;
    }
    Value carried =
        slots(rewriter, scan.getLoc(), smaller.getHistories()[source->carry],
              source->isAfter, steps + source->isAfter);
    results.push_back(scan.getReverse()
                          ? reversed(rewriter, scan.getLoc(), carried)
                          : carried);
  }
  llvm::append_range(results, smaller.getSums());
  rewriter.replaceOp(scan, results);
  return smaller;
}

/// Reads a history of a reverse scan in the order of time: parts of it where
/// that is what is wanted, all of it turned around once more elsewhere.
static void readInTime(Value history, IRRewriter &rewriter) {
  Location location = history.getLoc();
  int64_t count = tensorType(history).getDimSize(0);
  rewriter.setInsertionPointAfterValue(history);
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : history.getUses())
    uses.push_back(&use);
  Value inTime = reversed(rewriter, location, history), inSteps;
  auto isReverse = [](Operation *op) {
    auto reverse = dyn_cast<ReverseOp>(op);
    return reverse && reverse.getDims() == ArrayRef<int64_t>{0};
  };
  for (OpOperand *use : uses) {
    auto slice = dyn_cast<SliceOp>(use->getOwner());
    bool isRange = slice && slice.getStrides()[0] == 1;
    SmallVector<Operation *> readers;
    if (isRange)
      readers.assign(slice->user_begin(), slice->user_end());
    if (isRange && (slice.getType().getDimSize(0) == 1 ||
                    llvm::all_of(readers, isReverse))) {
      Shape starts(slice.getStarts()), limits(slice.getLimits());
      starts[0] = count - slice.getLimits()[0];
      limits[0] = count - slice.getStarts()[0];
      rewriter.modifyOpInPlace(slice, [&] {
        slice.setStarts(starts);
        slice.setLimits(limits);
        use->set(inTime);
      });
      for (Operation *reader : readers)
        if (isReverse(reader) && slice.getType().getDimSize(0) != 1)
          rewriter.replaceOp(reader, slice.getResult());
    } else if (isReverse(use->getOwner())) {
      rewriter.replaceOp(use->getOwner(), inTime);
    } else {
      if (!inSteps)
        inSteps = reversed(rewriter, location, inTime);
      rewriter.modifyOpInPlace(use->getOwner(), [&] { use->set(inSteps); });
    }
  }
}

namespace {
struct ShareHistories
    : public sinter::nn::impl::NNShareHistoriesBase<ShareHistories> {
  void runOnOperation() override {
    SmallVector<ScanOp> scans;
    getOperation().walk([&](ScanOp scan) { scans.push_back(scan); });
    IRRewriter rewriter(&getContext());
    for (ScanOp scan : scans) {
      scan = dropCarriedYs(scan, rewriter);
      if (scan.getReverse())
        for (Value history : scan.getHistories())
          if (!history.use_empty())
            readInTime(history, rewriter);
    }
  }
};
} // namespace
