// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses what a forward scan keeps for its gradients, and reads it from there.

#include "ScanSavedValues.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// `count` slots of `stacked` from `first` on.
Value sinter::nn::slots(TensorBuilder &ops, Value stacked, int64_t first,
                        int64_t count) {
  Shape shape(tensorType(stacked).getShape());
  Shape starts(shape.size(), 0), strides(shape.size(), 1), limits(shape);
  if (first == 0 && count == shape[0])
    return stacked;
  starts[0] = first;
  limits[0] = first + count;
  return ops.create<SliceOp>(stacked, starts, limits, strides);
}

Value sinter::nn::inTime(TensorBuilder &ops, ScanOp scan, Value stacked) {
  if (!scan.getReverse())
    return stacked;
  return ops.create<ReverseOp>(stacked, ArrayRef<int64_t>{0});
}

static bool isRepeatable(Operation *op) {
  auto cost = dyn_cast<CostOpInterface>(op);
  return cost && cost.isRepeatable();
}

namespace {
class SavedValues {
public:
  SavedValues(ScanOp scan, ScanBuilder &backward, const IRMapping &forward,
              bool hasLengths)
      : scan(scan), yield(scan.getYield()), backward(backward),
        hasLengths(hasLengths) {
    for (Operation &op : scan.getBody().front().without_terminator())
      for (Value result : op.getResults()) {
        Value clone = forward.lookup(result);
        originals[clone] = result;
        clones.insert(clone.getDefiningOp());
      }
  }

  ScanOp run(TensorBuilder &outside) {
    choose();
    return save(outside);
  }

private:
  void choose();
  ScanOp save(TensorBuilder &outside);

  void need(Value value) {
    if (originals.contains(value) && seen.insert(value).second)
      worklist.push_back(value);
  }

  /// The part of an expensive value that is read is less to keep than the
  /// whole.
  bool isExpensivePart(Operation *op) {
    return isa<SliceOp>(op) && originals.contains(op->getOperand(0)) &&
           !isRepeatable(op->getOperand(0).getDefiningOp());
  }

  /// What the scan keeps anyway is read from there.
  bool isKept(Value value) {
    return llvm::is_contained(yield.getYs(), originals[value]) ||
           (!hasLengths &&
            llvm::is_contained(yield.getCarries(), originals[value]));
  }

  ScanOp scan;
  ScanYieldOp yield;
  ScanBuilder &backward;
  const bool hasLengths;
  DenseMap<Value, Value> originals; ///< of clones
  DenseSet<Operation *> clones;
  SmallVector<Value> worklist, expensive;
  DenseSet<Value> seen;
};
} // namespace

void SavedValues::choose() {
  for (Operation &op : backward.body())
    if (!clones.contains(&op))
      llvm::for_each(op.getOperands(), [&](Value value) { need(value); });
  for (auto *values : {&backward.nextCarries, &backward.ys, &backward.sums})
    llvm::for_each(*values, [&](Value value) { need(value); });
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (isRepeatable(op) && !isExpensivePart(op) && !isKept(value))
      llvm::for_each(op->getOperands(), [&](Value operand) { need(operand); });
    else
      expensive.push_back(value);
  }
  llvm::erase_if(expensive, [&](Value value) {
    return isExpensivePart(value.getDefiningOp()) &&
           seen.contains(value.getDefiningOp()->getOperand(0));
  });
  // In program order, so that results do not depend on addresses.
  llvm::sort(expensive, [](Value left, Value right) {
    if (left.getDefiningOp() == right.getDefiningOp())
      return cast<OpResult>(left).getResultNumber() <
             cast<OpResult>(right).getResultNumber();
    return left.getDefiningOp()->isBeforeInBlock(right.getDefiningOp());
  });
}

ScanOp SavedValues::save(TensorBuilder &outside) {
  SmallVector<Value> carries(yield.getCarries()), ys(yield.getYs()), newYs;
  SmallVector<std::pair<Value, unsigned>> fromYs, fromHistories;
  for (Value value : expensive) {
    Value original = originals[value];
    auto *carry = llvm::find(carries, original);
    auto *y = llvm::find(ys, original);
    if (y != ys.end())
      fromYs.emplace_back(value, y - ys.begin());
    else if (carry != carries.end() && !hasLengths)
      fromHistories.emplace_back(value, carry - carries.begin());
    else
      fromYs.emplace_back(value, scan.getYs().size() + newYs.size()),
          newYs.push_back(original);
  }
  IRRewriter atForward(scan.getContext());
  atForward.setInsertionPoint(scan);
  ScanBuilder forwardBuilder(scan, atForward);
  for (Value y : newYs)
    forwardBuilder.addY(y);
  ScanOp augmented = forwardBuilder.create(atForward);
  auto read = [&](Value value, Value stacked) {
    backward.replace(value, backward.addX(stacked));
  };
  for (auto [value, number] : fromHistories)
    read(value, inTime(outside, augmented,
                       slots(outside, augmented.getHistories()[number], 1,
                             scan.getSteps())));
  for (auto [value, number] : fromYs)
    read(value, augmented.getYs()[number]);
  backward.eraseDeadOps(atForward);
  return augmented;
}

ScanOp sinter::nn::saveValues(ScanOp scan, ScanBuilder &backward,
                              const IRMapping &clones, bool hasLengths,
                              TensorBuilder &outside) {
  return SavedValues(scan, backward, clones, hasLengths).run(outside);
}
