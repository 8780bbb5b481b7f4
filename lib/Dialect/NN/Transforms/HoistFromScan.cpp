// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hoists out of a scan what does not take part in the recurrence: done for all
// steps at once, before it.

#include "MoveOutOfScans.h"

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/OperandsFirst.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {

/// Moves what depends on xs and invariants alone to before one scan.
class Hoisting {
public:
  Hoisting(ScanOp scan)
      : before(scan), body(scan, before), steps(scan.getSteps()), old(scan) {}

  void run() {
    for (const ScanBuilder::Argument &x : body.xs)
      stacked[x.inside] = x.outside;
    for (const ScanBuilder::Argument &invariant : body.invariants)
      same[invariant.inside] = invariant.outside;
    for (Operation &op : body.body())
      classify(&op);
    for (Operation *op : hoisted)
      outsideOf(op->getResult(0));
    for (Operation *op : llvm::reverse(hoisted))
      llvm::for_each(op->getResults(),
                     [&](Value result) { readFromOutside(result); });
    body.eraseDeadOps(before);
    body.replace(old, before);
  }

private:
  enum class Kind { Carried, Stacked, Same };

  Kind kindOf(Value value) const {
    if (same.count(value) || sameOps.count(value.getDefiningOp()))
      return Kind::Same;
    if (stacked.count(value) || stackedOps.count(value.getDefiningOp()) ||
        value == body.time())
      return Kind::Stacked;
    return Kind::Carried;
  }

  /// Whether an op compares the time, or another number of the step: a mask for
  /// all steps is small, and other scans may share it.
  bool isMaskOfTime(Operation *op) const {
    return isa<CompareOp>(op) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             return kindOf(operand) == Kind::Same ||
                    tensorType(operand).getRank() == 0;
           });
  }

  void classify(Operation *op) {
    if (!isPure(op) || op->getNumRegions() || isFree(op)) {
      if (isFree(op))
        sameOps.insert(op);
      return;
    }
    bool anyStacked = false, anyHoisted = false;
    for (Value operand : op->getOperands()) {
      Kind kind = kindOf(operand);
      if (kind == Kind::Carried)
        return;
      anyStacked |= kind == Kind::Stacked;
      anyHoisted |= follows.contains(operand.getDefiningOp());
    }
    if (!anyStacked) {
      sameOps.insert(op);
      // What grows is better made where it is read, panels are read as such.
      bool isFreeWhereRead = isa<BroadcastOp, UnpackPanelsOp>(op);
      if (!isFreeWhereRead && !op->getOperands().empty()) {
        hoisted.insert(op);
        follows.insert(op);
      }
      return;
    }
    if (!isa<TimeBatchableOpInterface>(op))
      return;
    stackedOps.insert(op);
    if (!gainsFromBatching(op) && !anyHoisted && !isMaskOfTime(op))
      return;
    follows.insert(op);
    // A slice costs nothing where it is read.
    if (!isa<SliceOp>(op))
      hoisted.insert(op);
  }

  /// `value` for all steps, or the one value of all steps; null if it has no
  /// such form.
  Value outsideOf(Value root) {
    visitOperandsFirst(
        root,
        [&](Value value) { return isBuilt(value) || withoutForm.count(value); },
        [&](Value value) -> ValueRange {
          Operation *op = value.getDefiningOp();
          return op ? op->getOperands() : ValueRange();
        },
        [&](Value value) {
          if (!build(value))
            withoutForm.insert(value);
        });
    return builtFor(root);
  }

  bool isBuilt(Value value) const {
    return same.count(value) || stacked.count(value);
  }
  Value builtFor(Value value) const {
    Value one = same.lookup(value);
    return one ? one : stacked.lookup(value);
  }

  /// Builds what `value` is outside from what its operands are there.
  bool build(Value value) {
    if (value == body.time()) {
      stacked[value] = before.create<IotaOp>(
          value.getLoc(), RankedTensorType::get({steps}, before.getI64Type()),
          0);
      return true;
    }
    Operation *op = value.getDefiningOp();
    SmallVector<Value> operands;
    SmallVector<bool> areStacked;
    for (Value operand : op->getOperands()) {
      operands.push_back(builtFor(operand));
      areStacked.push_back(kindOf(operand) == Kind::Stacked);
      if (!operands.back())
        return false;
    }
    if (sameOps.count(op)) {
      IRMapping mapping;
      mapping.map(op->getOperands(), operands);
      Operation *copy = before.clone(*op, mapping);
      for (auto [inner, outer] :
           llvm::zip(op->getResults(), copy->getResults()))
        same[inner] = outer;
      return true;
    }
    FailureOr<SmallVector<Value>> results =
        cast<TimeBatchableOpInterface>(op).buildOverTime(before, operands,
                                                         areStacked);
    if (failed(results))
      return false;
    for (auto [inner, outer] : llvm::zip(op->getResults(), *results))
      stacked[inner] = outer;
    return true;
  }

  /// Lets the body read a hoisted value.
  void readFromOutside(Value value) {
    bool isRead = body.isGiven(value) || !value.use_empty();
    if (!isRead)
      return;
    if (auto found = same.find(value); found != same.end())
      body.replace(value, body.addInvariant(found->second));
    else if (auto all = stacked.find(value); all != stacked.end())
      body.replace(value, body.addX(all->second));
  }

  IRRewriter before;
  ScanBuilder body;
  int64_t steps;
  ScanOp old;
  DenseMap<Value, Value> same, stacked; ///< inside to outside
  DenseSet<Value> withoutForm;          ///< outside
  DenseSet<Operation *> sameOps, stackedOps;
  llvm::SetVector<Operation *> hoisted;
  DenseSet<Operation *> follows; ///< hoisted ops, and slices of them
};
} // namespace

void sinter::nn::hoistFromScan(ScanOp scan) { Hoisting(scan).run(); }
