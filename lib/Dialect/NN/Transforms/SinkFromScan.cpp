// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sinks out of a scan what the recurrence does not read: done for all steps at
// once, after it.

#include "MoveOutOfScans.h"

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/OperandsFirst.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {

/// Moves what only ys and sums read to after one scan.
class Sinking {
public:
  Sinking(ScanOp scan) : scan(scan), after(scan) {
    after.setInsertionPointAfter(scan);
  }

  void run() {
    findRecurrence();
    ScanYieldOp yield = scan.getYield();
    SmallVector<unsigned> ys, sums;
    for (auto [number, y] : llvm::enumerate(yield.getYs()))
      if (!scan.getYs()[number].use_empty() && hasGain(y))
        ys.push_back(number);
    for (auto [number, sum] : llvm::enumerate(yield.getSums()))
      if (!scan.getSums()[number].use_empty() && canSum(sum))
        sums.push_back(number);
    if (ys.empty() && sums.empty())
      return;
    stackOperands(ys, sums);
    for (unsigned number : ys)
      scan.getYs()[number].replaceAllUsesWith(
          overTime(scan.getYield().getYs()[number]));
    for (unsigned number : sums)
      scan.getSums()[number].replaceAllUsesWith(
          summed(scan.getYield().getSums()[number]));
  }

private:
  /// Ops that the next step depends on.
  void findRecurrence() {
    SmallVector<Value> worklist(scan.getYield().getCarries());
    while (!worklist.empty()) {
      Operation *op = worklist.pop_back_val().getDefiningOp();
      if (op && recurrence.insert(op).second)
        llvm::append_range(worklist, op->getOperands());
    }
  }

  bool canSink(Operation *op) {
    // All steps take from one table.
    if (auto take = dyn_cast_or_null<TakeOp>(op);
        take &&
        !llvm::is_contained(scan.getInvariantArguments(), take.getInput()))
      return false;
    return op && !recurrence.contains(op) && !isFree(op) &&
           isa<TimeBatchableOpInterface>(op);
  }

  /// Whether an op that gains is on the way to `value`, outside of the
  /// recurrence.
  bool hasGain(Value root) {
    auto operandsOf = [&](Value value) -> ValueRange {
      Operation *op = value.getDefiningOp();
      return canSink(op) && !gainsFromBatching(op) ? op->getOperands()
                                                   : ValueRange();
    };
    visitOperandsFirst(
        root, [&](Value value) { return gains.count(value); }, operandsOf,
        [&](Value value) {
          Operation *op = value.getDefiningOp();
          gains[value] =
              canSink(op) && (gainsFromBatching(op) ||
                              llvm::any_of(operandsOf(value), [&](Value x) {
                                return gains.lookup(x);
                              }));
        });
    return gains.lookup(root);
  }

  /// Whether the sum over the steps can be one op on stacked operands. Products
  /// sum over a longer dimension, sums over one dimension more, and these
  /// change places with what only rearranges.
  bool canSum(Value root) {
    visitOperandsFirst(
        root, [&](Value addend) { return summable.count(addend); },
        [&](Value addend) -> ValueRange {
          Operation *op = addend.getDefiningOp();
          return changesPlaces(op) ? op->getOperands() : ValueRange();
        },
        [&](Value addend) { summable[addend] = canSumAnew(addend); });
    return summable.lookup(root);
  }

  /// Whether the sum over the steps of what `op` gives is `op` of the sums of
  /// its operands.
  bool changesPlaces(Operation *op) {
    if (!op || recurrence.contains(op))
      return false;
    return isa<ReshapeOp, TransposeOp, NegOp>(op) ||
           (isa<AddOp>(op) &&
            op->getOperand(0).getType() == op->getOperand(1).getType());
  }

  bool canSumAnew(Value addend) {
    Operation *op = addend.getDefiningOp();
    if (!op || recurrence.contains(op))
      return false;
    if (auto matmul = dyn_cast<MatmulOp>(op))
      return matmul.getType().getRank() == 2 &&
             tensorType(matmul.getLhs()).getRank() == 2 &&
             tensorType(matmul.getRhs()).getRank() == 2;
    return isa<SumOp>(op) ||
           (changesPlaces(op) && llvm::all_of(op->getOperands(), [&](Value x) {
              return summable.lookup(x);
            }));
  }

  /// Rebuilds the scan with a y for each value that ops outside will read.
  void stackOperands(ArrayRef<unsigned> ys, ArrayRef<unsigned> sums) {
    ScanYieldOp yield = scan.getYield();
    SmallVector<Value> wanted;
    for (unsigned number : ys)
      collect(yield.getYs()[number], wanted);
    for (unsigned number : sums)
      collectSum(yield.getSums()[number], wanted);
    ScanBuilder builder(scan, after);
    for (Value value : wanted)
      if (value.getDefiningOp() && !isFree(value.getDefiningOp()) &&
          !positions.count(value)) {
        auto known = llvm::find(builder.ys, value);
        positions[value] = known == builder.ys.end()
                               ? builder.addY(value)
                               : known - builder.ys.begin();
      }
    scan = builder.replace(scan, after);
    after.setInsertionPointAfter(scan);
  }

  void collect(Value root, SmallVector<Value> &wanted) {
    SmallVector<Value> pending = {root};
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (hasGain(value))
        llvm::append_range(pending,
                           llvm::reverse(value.getDefiningOp()->getOperands()));
      else
        wanted.push_back(value);
    }
  }

  void collectSum(Value root, SmallVector<Value> &wanted) {
    SmallVector<Value> pending = {root};
    while (!pending.empty()) {
      Value addend = pending.pop_back_val();
      if (!seenAddends.insert(addend).second)
        continue;
      Operation *op = addend.getDefiningOp();
      if (!isa<MatmulOp, SumOp>(op))
        llvm::append_range(pending, llvm::reverse(op->getOperands()));
      else
        for (Value operand : op->getOperands())
          collect(operand, wanted);
    }
  }

  /// The value in all steps, in the order of time; `isStacked` says whether it
  /// has the time axis.
  Value overTime(Value root, bool &isStacked) {
    visitOperandsFirst(
        root, [&](Value value) { return outside.count(value); },
        [&](Value value) -> ValueRange {
          Operation *op = value.getDefiningOp();
          return op && !positions.count(value) ? op->getOperands()
                                               : ValueRange();
        },
        [&](Value value) {
          bool isOne = false;
          Value result = overTimeAnew(value, isOne);
          outside.try_emplace(value, result, isOne);
        });
    auto known = outside.find(root);
    isStacked = known->second.second;
    return known->second.first;
  }

  Value overTimeAnew(Value value, bool &isStacked) {
    isStacked = true;
    if (auto found = positions.find(value); found != positions.end())
      return scan.getYs()[found->second];
    if (auto argument = dyn_cast<BlockArgument>(value))
      return outsideOf(argument, isStacked);
    Operation *op = value.getDefiningOp();
    SmallVector<Value> operands;
    SmallVector<bool> stacked;
    for (Value operand : op->getOperands()) {
      bool one = false;
      operands.push_back(overTime(operand, one));
      stacked.push_back(one);
    }
    if (llvm::is_contained(stacked, true))
      return (*cast<TimeBatchableOpInterface>(op).buildOverTime(
          after, operands, stacked))[cast<OpResult>(value).getResultNumber()];
    isStacked = false;
    IRMapping mapping;
    mapping.map(op->getOperands(), operands);
    return after.clone(*op, mapping)
        ->getResult(cast<OpResult>(value).getResultNumber());
  }

  Value overTime(Value value) {
    bool isStacked;
    Value result = overTime(value, isStacked);
    if (isStacked)
      return result;
    return TensorBuilder(after, value.getLoc())
        .broadcast(result,
                   stackedType(value.getType(), scan.getSteps()).getShape());
  }

  Value outsideOf(BlockArgument argument, bool &isStacked) {
    TensorBuilder ops(after, argument.getLoc());
    int64_t steps = scan.getSteps();
    unsigned number = argument.getArgNumber();
    if (number == 0)
      return ops.iota({steps}, 0, after.getI64Type());
    if (--number < scan.getInits().size()) {
      Value history = scan.getHistories()[number];
      Shape limits(tensorType(history).getShape());
      Shape starts(limits.size(), 0), strides(limits.size(), 1);
      limits[0] = steps;
      Value before = ops.create<SliceOp>(history, starts, limits, strides);
      return scan.getReverse()
                 ? ops.create<ReverseOp>(before, ArrayRef<int64_t>{0})
                 : before;
    }
    number -= scan.getInits().size();
    if (number < scan.getXs().size())
      return scan.getXs()[number];
    isStacked = false;
    return scan.getInvariants()[number - scan.getXs().size()];
  }

  /// The sum of the addend over all steps.
  Value summed(Value root) {
    visitOperandsFirst(
        root, [&](Value addend) { return sumsOutside.count(addend); },
        [&](Value addend) -> ValueRange {
          Operation *op = addend.getDefiningOp();
          return isa<MatmulOp, SumOp>(op) ? ValueRange() : op->getOperands();
        },
        [&](Value addend) {
          Value sum = summedAnew(addend);
          sumsOutside[addend] = sum;
        });
    return sumsOutside.lookup(root);
  }

  Value summedAnew(Value addend) {
    Operation *op = addend.getDefiningOp();
    TensorBuilder ops(after, op->getLoc());
    if (auto matmul = dyn_cast<MatmulOp>(op)) {
      Value lhs =
          reducedFirst(overTime(matmul.getLhs()), matmul.getTransposeA(), ops);
      Value rhs =
          reducedFirst(overTime(matmul.getRhs()), !matmul.getTransposeB(), ops);
      return ops.matmul(lhs, rhs, /*transposeA=*/true);
    }
    if (auto sum = dyn_cast<SumOp>(op)) {
      SmallVector<int64_t> dims{0};
      for (int64_t dim : sum.getDims())
        dims.push_back(dim + 1);
      return ops.reshape(ops.sum(overTime(sum.getInput()), dims),
                         sum.getType().getShape());
    }
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, summed(operand));
    return after.clone(*op, mapping)->getResult(0);
  }

  /// [T, …] matrices as one whose rows are the reduced dimension of all steps.
  static Value reducedFirst(Value stacked, bool isFirst, TensorBuilder &ops) {
    if (!isFirst)
      stacked = ops.transpose(stacked, {0, 2, 1});
    ArrayRef<int64_t> shape = tensorType(stacked).getShape();
    return ops.reshape(stacked, {shape[0] * shape[1], shape[2]});
  }

  ScanOp scan;
  IRRewriter after;
  DenseSet<Operation *> recurrence;
  DenseMap<Value, unsigned> positions; ///< ys that are read outside
  DenseMap<Value, bool> gains, summable;
  DenseSet<Value> seen, seenAddends;
  DenseMap<Value, std::pair<Value, bool>> outside; ///< and whether stacked
  DenseMap<Value, Value> sumsOutside;
};
} // namespace

void sinter::nn::sinkFromScan(ScanOp scan) { Sinking(scan).run(); }
