// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sum of scattered tensors is one of all their updates.

#include "JoinScatters.h"
#include "sinter/Dialect/NN/IR/Builders.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// The scatter that an addend is, seen through a change of shape; null if it is
/// none or something else reads it.
static ScatterAddOp scatterOf(Value addend) {
  if (auto reshape = addend.getDefiningOp<ReshapeOp>())
    if (addend.hasOneUse())
      addend = reshape.getInput();
  return addend.hasOneUse() ? addend.getDefiningOp<ScatterAddOp>() : nullptr;
}

static Shape shapeOf(Value value) {
  return Shape(tensorType(value).getShape());
}

/// Whether the updates of two scatters can lie one after the other.
static bool canJoin(ScatterAddOp a, ScatterAddOp b) {
  Shape first = shapeOf(a.getUpdates()), second = shapeOf(b.getUpdates());
  if (a.getType() != b.getType() || a.getDim() != b.getDim() ||
      a.getIndices().getType().getElementType() !=
          b.getIndices().getType().getElementType())
    return false;
  first[a.getDim()] = second[a.getDim()] = 0;
  return first == second;
}

namespace {
/// What one sum adds up.
struct Addends {
  SmallVector<ScatterAddOp> scatters;
  SmallVector<Value> others;
};

struct JoinScatters : public OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    // Once, for the whole of a sum.
    if (op->hasOneUse() && isa<AddOp>(*op->user_begin()) &&
        (*op->user_begin())->getResult(0).getType() == op.getType())
      return rewriter.notifyMatchFailure(op, "a part of a sum");
    Addends addends = collect(op);
    if (addends.scatters.size() < 2)
      return rewriter.notifyMatchFailure(op, "no two scattered addends");
    Value sum = join(rewriter, op.getLoc(), addends.scatters);
    if (sum.getType() != op.getType())
      sum = rewriter.create<ReshapeOp>(op.getLoc(), op.getType(), sum);
    for (Value other : addends.others)
      sum = rewriter.create<AddOp>(op.getLoc(), sum, other);
    rewriter.replaceOp(op, sum);
    return success();
  }

private:
  /// The addends of a sum from the left to the right.
  static Addends collect(AddOp op) {
    Addends addends;
    SmallVector<Value> pending = {op.getRhs(), op.getLhs()};
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      auto sum = value.getDefiningOp<AddOp>();
      if (sum && sum->hasOneUse() && sum.getType() == op.getType()) {
        pending.append({sum.getRhs(), sum.getLhs()});
        continue;
      }
      ScatterAddOp scatter =
          value.getType() == op.getType() ? scatterOf(value) : nullptr;
      if (scatter && (addends.scatters.empty() ||
                      canJoin(addends.scatters.front(), scatter)))
        addends.scatters.push_back(scatter);
      else
        addends.others.push_back(value);
    }
    return addends;
  }

  static Value join(PatternRewriter &rewriter, Location loc,
                    ArrayRef<ScatterAddOp> scatters) {
    // Updates of equal places are added up before they are scattered.
    llvm::MapVector<Value, Value> updatesAt;
    for (ScatterAddOp scatter : scatters) {
      Value &updates = updatesAt[scatter.getIndices()];
      updates = updates
                    ? rewriter.create<AddOp>(loc, updates, scatter.getUpdates())
                    : scatter.getUpdates();
    }
    ScatterAddOp first = scatters.front();
    SmallVector<Value> indices, updates;
    for (auto [at, added] : updatesAt) {
      indices.push_back(at);
      updates.push_back(added);
    }
    return rewriter.create<ScatterAddOp>(
        loc, first.getType(), concat(rewriter, loc, updates, first.getDim()),
        concatIndices(rewriter, loc, indices, first.getDim()), first.getDim());
  }

  static Value concat(PatternRewriter &rewriter, Location loc,
                      ArrayRef<Value> parts, int64_t dim) {
    return parts.size() == 1 ? parts.front()
                             : rewriter.create<ConcatOp>(loc, parts, dim);
  }

  /// Indices that are the same for all elements of a row stay so.
  static Value concatIndices(PatternRewriter &rewriter, Location loc,
                             ArrayRef<Value> indices, int64_t dim) {
    SmallVector<Value> rows;
    for (Value value : indices) {
      auto broadcast = value.getDefiningOp<BroadcastOp>();
      if (!broadcast)
        break;
      Shape row = shapeOf(broadcast.getInput()), all = shapeOf(value);
      bool isRow = row.size() == all.size() && row[dim] == all[dim] &&
                   (rows.empty() || canConcat(row, shapeOf(rows.front()), dim));
      if (!isRow)
        break;
      rows.push_back(broadcast.getInput());
    }
    if (rows.size() < indices.size() || indices.size() == 1)
      return concat(rewriter, loc, indices, dim);
    Value joined = concat(rewriter, loc, rows, dim);
    Shape all = shapeOf(indices.front());
    all[dim] = shapeOf(joined)[dim];
    return rewriter.create<BroadcastOp>(loc, tensorType(joined).clone(all),
                                        joined);
  }

  static bool canConcat(Shape first, Shape second, int64_t dim) {
    first[dim] = second[dim];
    return first == second;
  }
};
} // namespace

void sinter::nn::populateJoinScattersPatterns(RewritePatternSet &patterns) {
  patterns.add<JoinScatters>(patterns.getContext());
}
