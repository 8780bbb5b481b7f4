// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes what scans say in short in ops of their bodies: the ends of rows, the
// time, sums.

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNEXPANDLENGTHS
#define GEN_PASS_DEF_NNEXPANDSUMS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

static SmallVector<ScanOp> scansOf(func::FuncOp function) {
  SmallVector<ScanOp> scans;
  function.walk([&](ScanOp scan) { scans.push_back(scan); });
  return scans;
}

/// The body reads the time from a table of all times.
static void expandTime(ScanBuilder &body, ScanOp scan, IRRewriter &rewriter) {
  if (body.time().use_empty() && !body.isGiven(body.time()))
    return;
  Value times = TensorBuilder(rewriter, scan.getLoc())
                    .iota({int64_t(scan.getSteps())}, 0, rewriter.getI64Type());
  body.replace(body.time(), body.addX(times));
}

/// Rows that have ended: xs are read as zero, carries stay, ys are zero.
static void expandLengths(ScanOp scan) {
  IRRewriter rewriter(scan);
  Location location = scan.getLoc();
  ScanBuilder body(scan, rewriter);
  Value lengths = body.takeLengths();
  if (lengths) {
    OpBuilder start = body.atStart();
    TensorBuilder ops(start, location);
    Value valid =
        ops.compare(ComparePredicate::lt, body.time(),
                    ops.cast(body.addInvariant(lengths), start.getI64Type()));
    auto validFor = [&](TensorBuilder &ops, Value value) {
      Shape shape(tensorType(value).getRank(), 1);
      shape[0] = tensorType(value).getDimSize(0);
      return ops.reshape(valid, shape);
    };
    for (const ScanBuilder::Argument &x : body.xs) {
      if (x.inside.use_empty() && !body.isGiven(x.inside))
        continue;
      Value condition = validFor(ops, x.inside), zero = ops.scalar(0, x.inside);
      // The select reads what all others now read through it.
      auto read = start.create<SelectOp>(location, condition, x.inside, zero);
      body.replace(x.inside, read);
      read->setOperand(1, x.inside);
    }
    OpBuilder end = body.atEnd();
    TensorBuilder last(end, location);
    for (auto [next, carry] : llvm::zip(body.nextCarries, body.carries))
      if (next != carry.inside)
        next = last.select(validFor(last, next), next, carry.inside);
    for (Value &y : body.ys)
      y = last.selectOrZero(validFor(last, y), y);
  }
  rewriter.setInsertionPoint(scan);
  expandTime(body, scan, rewriter);
  body.replace(scan, rewriter);
}

/// A sum is a carry that starts at zero.
static void expandSums(ScanOp scan) {
  IRRewriter rewriter(scan);
  Location location = scan.getLoc();
  SmallVector<Value> old(scan.getSums());
  unsigned carries = scan.getInits().size();
  ScanBuilder body(scan, rewriter);
  rewriter.setInsertionPoint(scan);
  OpBuilder end = body.atEnd();
  TensorBuilder before(rewriter, location), ops(end, location);
  for (Value addend : std::exchange(body.sums, {})) {
    Value sum = body.addCarry(before.splat(0, tensorType(addend)));
    body.nextCarries.back() = ops.add(sum, addend);
  }
  ScanOp expanded = body.create(rewriter);
  for (auto [number, sum] : llvm::enumerate(old)) {
    Value history = expanded.getHistories()[carries + number];
    Shape limits(tensorType(history).getShape()), starts(limits.size(), 0),
        strides(limits.size(), 1);
    starts[0] = limits[0] - 1;
    Value last = before.create<SliceOp>(history, starts, limits, strides);
    sum.replaceAllUsesWith(before.reshape(last, tensorType(sum).getShape()));
  }
  for (auto [from, to] :
       llvm::zip(scan.getHistories(), expanded.getHistories()))
    from.replaceAllUsesWith(to);
  for (auto [from, to] : llvm::zip(scan.getYs(), expanded.getYs()))
    from.replaceAllUsesWith(to);
  scan->erase();
}

namespace {
struct ExpandLengths
    : public sinter::nn::impl::NNExpandLengthsBase<ExpandLengths> {
  void runOnOperation() override {
    for (ScanOp scan : scansOf(getOperation()))
      expandLengths(scan);
  }
};
struct ExpandSums : public sinter::nn::impl::NNExpandSumsBase<ExpandSums> {
  void runOnOperation() override {
    for (ScanOp scan : scansOf(getOperation()))
      if (!scan.getSums().empty())
        expandSums(scan);
  }
};
} // namespace
