// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loop rotation of scans: the backward step of a recurrent layer ends in the
// product of its gates' gradients with the weights, and the next step begins
// with elementwise ops on it.

#include "RotateScans.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/OperandsFirst.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {

/// The end of a step that moves: a product and the elementwise ops after it
/// that give one carry.
class StepEnd {
public:
  /// Finds it for a carry; `product` is null if there is none.
  StepEnd(ScanOp scan, unsigned carry);

  mutable MatmulOp product;     // MLIR accessors are not const.
  SmallVector<Operation *> ops; ///< in program order
  llvm::SetVector<Value> reads; ///< of values that change with the step

private:
  bool isInvariant(Value value) const;
  bool isMovableProduct(Operation *op) const;
  bool followsProduct(Value value);
  LogicalResult collect();
  bool isReadElsewhere() const;
  bool startsElementwise() const;

  mutable ScanOp scan; // MLIR accessors are not const.
  unsigned carry;
  Value next;
  llvm::DenseMap<Value, bool> follows; ///< what followsProduct knows
  llvm::DenseSet<Operation *> members; ///< `ops`
};

/// Rebuilds one scan.
class Rotation {
public:
  Rotation(ScanOp scan, unsigned carry, const StepEnd &end)
      : scan(scan), carry(carry), end(end), rewriter(scan) {}
  void run();

private:
  Value shifted(Value stacked);
  Value atTime(TensorBuilder &ops, Value stacked, int64_t position);
  Value cloneEnd(OpBuilder &builder, IRMapping &mapping) const;
  Value buildStart(ScanBuilder &body);
  void replaceFinalState(ScanOp rotated);

  ScanOp scan;
  unsigned carry;
  const StepEnd &end;
  IRRewriter rewriter;
  /// Per read: the tensor that it is a slice of, or null and a new carry.
  SmallVector<Value> stackedReads;
  unsigned firstNewCarry = 0;
};

} // namespace

static bool isZero(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto splat = constant ? dyn_cast<SplatElementsAttr>(constant.getValue())
                        : SplatElementsAttr();
  return splat && isa<FloatType>(splat.getElementType()) &&
         splat.getSplatValue<APFloat>().isZero();
}

/// Whether `slice` is the last slot of a history of `steps` steps.
static bool isFinalState(Operation *user, int64_t steps) {
  auto slice = dyn_cast<SliceOp>(user);
  if (!slice || slice.getStarts()[0] != steps)
    return false;
  ArrayRef<int64_t> whole = slice.getInput().getType().getShape(),
                    part = slice.getType().getShape();
  return whole.drop_front() == part.drop_front();
}

StepEnd::StepEnd(ScanOp scan, unsigned carry)
    : scan(scan), carry(carry), next(scan.getYield().getCarries()[carry]) {
  if (!startsElementwise() || !followsProduct(next) || failed(collect()) ||
      isReadElsewhere()) {
    product = nullptr;
    return;
  }
  llvm::sort(ops, [](Operation *left, Operation *right) {
    return left->isBeforeInBlock(right);
  });
}

bool StepEnd::isInvariant(Value value) const {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return llvm::is_contained(scan.getInvariantArguments(), argument);
  Operation *op = value.getDefiningOp();
  return isa<ConstantOp>(op) || (isa<ReshapeOp, TransposeOp, BroadcastOp>(op) &&
                                 isInvariant(op->getOperand(0)));
}

/// A left factor that is an argument is read at the start of the step already.
bool StepEnd::isMovableProduct(Operation *op) const {
  auto matmul = dyn_cast_or_null<MatmulOp>(op);
  return matmul && isInvariant(matmul.getRhs()) &&
         matmul.getLhs().getDefiningOp() && !isInvariant(matmul.getLhs());
}

bool StepEnd::followsProduct(Value root) {
  auto operandsOf = [&](Value value) -> ValueRange {
    Operation *op = value.getDefiningOp();
    if (op && op->hasTrait<ElementwiseTrait>() &&
        value.getType() == next.getType())
      return op->getOperands();
    return {};
  };
  visitOperandsFirst(
      root, [&](Value value) { return follows.count(value); }, operandsOf,
      [&](Value value) {
        follows[value] = isMovableProduct(value.getDefiningOp()) ||
                         llvm::any_of(operandsOf(value), [&](Value operand) {
                           return follows.lookup(operand);
                         });
      });
  return follows.lookup(root);
}

/// The ops of the end, what they read, and the product.
LogicalResult StepEnd::collect() {
  SmallVector<Value> pending = {next};
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    if (!followsProduct(value)) {
      if (!isInvariant(value))
        reads.insert(value);
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (!members.insert(op).second)
      continue;
    ops.push_back(op);
    if (auto matmul = dyn_cast<MatmulOp>(op)) {
      if (product)
        return failure();
      product = matmul;
      reads.insert(matmul.getLhs());
      continue;
    }
    llvm::append_range(pending, llvm::reverse(op->getOperands()));
  }
  return success();
}

/// Whether a step gives or reads what moves otherwise than as the carry, or
/// something reads the carry's history before its end.
bool StepEnd::isReadElsewhere() const {
  ScanYieldOp yield = scan.getYield();
  for (Operation *op : ops) {
    Value result = op->getResult(0);
    if (llvm::count(yield.getOperands(), result) != (result == next ? 1 : 0))
      return true;
    for (Operation *user : op->getUsers())
      if (user != yield.getOperation() && !members.contains(user))
        return true;
  }
  return !llvm::all_of(
      scan.getHistories()[carry].getUsers(),
      [&](Operation *user) { return isFinalState(user, scan.getSteps()); });
}

/// Whether the step begins with an elementwise op on the carry.
bool StepEnd::startsElementwise() const {
  Value argument = scan.getCarries()[carry];
  return llvm::any_of(argument.getUsers(), [&](Operation *user) {
    return user->hasTrait<ElementwiseTrait>() &&
           user->getResult(0).getType() == argument.getType();
  });
}

/// The x that `read` is the slice of, or null.
static Value stackedOf(Value read, const ScanBuilder &body) {
  for (const ScanBuilder::Argument &x : body.xs)
    if (x.inside == read)
      return x.outside;
  return nullptr;
}

/// What a step reads of `stacked`, in the step after it; zero in the first.
Value Rotation::shifted(Value stacked) {
  TensorBuilder ops(rewriter, scan.getLoc());
  Shape limits(tensorType(stacked).getShape()), starts(limits.size(), 0),
      strides(limits.size(), 1), low(limits.size(), 0), none(low), high(low);
  (scan.getReverse() ? starts[0] : low[0]) = 1;
  if (scan.getReverse())
    high[0] = 1;
  else
    --limits[0];
  Value others = ops.create<SliceOp>(stacked, starts, limits, strides);
  return ops.create<PadOp>(others, low, high, none, llvm::APFloat(0.0));
}

Value Rotation::atTime(TensorBuilder &ops, Value stacked, int64_t position) {
  Shape limits(tensorType(stacked).getShape()), starts(limits.size(), 0),
      strides(limits.size(), 1);
  starts[0] = position;
  limits[0] = position + 1;
  Value one = ops.create<SliceOp>(stacked, starts, limits, strides);
  return ops.reshape(one, tensorType(one).getShape().drop_front());
}

/// Clones the step's end for given reads, with what its ops read of invariants
/// and constants.
Value Rotation::cloneEnd(OpBuilder &builder, IRMapping &mapping) const {
  std::function<void(Value)> cloneViews = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || mapping.contains(value))
      return;
    llvm::for_each(op->getOperands(), cloneViews);
    builder.clone(*op, mapping);
  };
  Value last;
  for (Operation *op : end.ops) {
    llvm::for_each(op->getOperands(), cloneViews);
    last = builder.clone(*op, mapping)->getResult(0);
  }
  return last;
}

/// The ops at the start of the step; gives the carry's value: the init in the
/// first step, whatever the product of nothing is.
Value Rotation::buildStart(ScanBuilder &body) {
  TensorBuilder outside(rewriter, scan.getLoc());
  IRMapping previous;
  firstNewCarry = body.carries.size() - 1; // without the one that goes
  for (Value read : end.reads) {
    Value stacked = stackedReads.emplace_back(stackedOf(read, body));
    if (stacked) {
      previous.map(read, body.addX(shifted(stacked)));
      continue;
    }
    previous.map(read, body.addCarry(outside.splat(0, tensorType(read))));
    body.setCarry(body.carries.size() - 1, read);
  }
  int64_t steps = scan.getSteps();
  Value times = outside.iota({steps}, 0, rewriter.getI64Type());
  Value firstTime = outside.scalar(scan.getReverse() ? steps - 1 : 0, times);
  Value isFirst =
      body.addX(outside.compare(ComparePredicate::eq, times, firstTime));
  Value init = body.carries[carry].outside;
  bool isZeroInit = isZero(init);
  if (!isZeroInit)
    init = body.addInvariant(init);
  OpBuilder atStart = body.atStart();
  TensorBuilder ops(atStart, scan.getLoc());
  Value now = cloneEnd(atStart, previous);
  if (isZeroInit)
    init = ops.scalar(0, now);
  return ops.create<SelectOp>(isFirst, init, now);
}

/// The last step's end stands after the scan, where its result is read.
void Rotation::replaceFinalState(ScanOp rotated) {
  Value history = scan.getHistories()[carry];
  if (history.use_empty())
    return;
  rewriter.setInsertionPointAfter(rotated);
  TensorBuilder ops(rewriter, scan.getLoc());
  IRMapping outside;
  outside.map(rotated.getInvariantArguments(), rotated.getInvariants());
  int64_t steps = scan.getSteps(), lastTime = scan.getReverse() ? 0 : steps - 1;
  unsigned number = firstNewCarry;
  for (auto [read, stacked] : llvm::zip(end.reads, stackedReads)) {
    if (stacked) {
      for (auto [slice, x] : llvm::zip(rotated.getSlices(), rotated.getXs()))
        if (x == stacked)
          outside.map(slice, atTime(ops, stacked, lastTime));
      continue;
    }
    outside.map(rotated.getYield().getCarries()[number],
                atTime(ops, rotated.getHistories()[number], steps));
    ++number;
  }
  Value final = cloneEnd(rewriter, outside);
  for (Operation *user : llvm::make_early_inc_range(history.getUsers()))
    rewriter.replaceOp(
        user, ops.reshape(final, tensorType(user->getResult(0)).getShape()));
}

void Rotation::run() {
  SmallVector<Value> results;
  for (auto [number, history] : llvm::enumerate(scan.getHistories()))
    if (number != carry)
      results.push_back(history);
  ScanBuilder body(scan, rewriter);
  body.replace(body.carries[carry].inside, buildStart(body));
  body.carries.erase(body.carries.begin() + carry);
  body.nextCarries.erase(body.nextCarries.begin() + carry);
  rewriter.setInsertionPoint(scan);
  ScanOp rotated = body.create(rewriter);
  replaceFinalState(rotated);
  for (auto [before, now] : llvm::zip(results, rotated.getHistories()))
    rewriter.replaceAllUsesWith(before, now);
  for (auto [before, now] : llvm::zip(scan.getYs(), rotated.getYs()))
    rewriter.replaceAllUsesWith(before, now);
  for (auto [before, now] : llvm::zip(scan.getSums(), rotated.getSums()))
    rewriter.replaceAllUsesWith(before, now);
  for (Operation *op : llvm::reverse(end.ops))
    rewriter.eraseOp(op);
  rewriter.eraseOp(scan);
  // Without the operands that only these ops read.
  ScanBuilder(rotated, rewriter).replace(rotated, rewriter);
}

bool sinter::nn::rotateProduct(ScanOp scan) {
  if (scan.getLengths() || scan.getSteps() < 2)
    return false;
  for (unsigned carry = 0; carry < scan.getInits().size(); ++carry) {
    StepEnd end(scan, carry);
    if (!end.product)
      continue;
    Rotation(scan, carry, end).run();
    return true;
  }
  return false;
}
