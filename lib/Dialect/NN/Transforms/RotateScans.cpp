// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loop rotation of scans: the backward step of a recurrent layer ends in the
// product of its gates' gradients with the weights, and the next step begins
// with elementwise ops on it.

#include "RotateScans.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/Builders.h"
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
  bool followsProduct(Value value) const;
  LogicalResult collect(Value value);
  bool isReadElsewhere() const;
  bool startsElementwise() const;

  mutable ScanOp scan; // MLIR accessors are not const.
  unsigned carry;
  Value next;
};

/// Rebuilds one scan.
class Rotation {
public:
  Rotation(ScanOp scan, unsigned carry, const StepEnd &end)
      : scan(scan), carry(carry), end(end), rewriter(scan) {}
  void run();

private:
  SmallVector<Value> chooseInits();
  Value cloneEnd(OpBuilder &builder, IRMapping &mapping) const;
  Value buildStart(ScanBuilder &body);
  void replaceFinalState(ScanOp rotated, unsigned firstRead);

  ScanOp scan;
  unsigned carry;
  const StepEnd &end;
  IRRewriter rewriter;
  bool needsAddend = false; ///< no value of the step's end can be the init
};

} // namespace

/// Ops that give zero for zeros.
static bool keepsZero(Operation *op) {
  return isa_and_nonnull<AddOp, SubOp, MulOp, NegOp, SelectOp>(op);
}

static bool isZero(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto splat = constant ? dyn_cast<SplatElementsAttr>(constant.getValue())
                        : SplatElementsAttr();
  return splat && isa<FloatType>(splat.getElementType()) &&
         splat.getSplatValue<APFloat>().isZero();
}

static Value zeros(OpBuilder &builder, Location location, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return builder.create<ConstantOp>(
      location, tensor, cast<DenseElementsAttr>(builder.getZeroAttr(tensor)));
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
  if (!startsElementwise() || !followsProduct(next) || failed(collect(next)) ||
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

bool StepEnd::followsProduct(Value value) const {
  Operation *op = value.getDefiningOp();
  if (isMovableProduct(op))
    return true;
  return keepsZero(op) && value.getType() == next.getType() &&
         llvm::any_of(op->getOperands(),
                      [&](Value operand) { return followsProduct(operand); });
}

LogicalResult StepEnd::collect(Value value) {
  Operation *op = value.getDefiningOp();
  if (llvm::is_contained(ops, op))
    return success();
  ops.push_back(op);
  if (auto matmul = dyn_cast<MatmulOp>(op)) {
    if (product)
      return failure();
    product = matmul;
    reads.insert(matmul.getLhs());
    return success();
  }
  for (Value operand : op->getOperands()) {
    if (followsProduct(operand)) {
      if (failed(collect(operand)))
        return failure();
    } else if (isInvariant(operand)) {
      return failure(); // not zero in the first step
    } else {
      reads.insert(operand);
    }
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
      if (user != yield.getOperation() && !llvm::is_contained(ops, user))
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

/// What the reads are before the first step, so that the carry is its init:
/// zero, but for one that is added last or chosen instead.
SmallVector<Value> Rotation::chooseInits() {
  Value init = scan.getInits()[carry];
  Operation *last = end.ops.back();
  Value bearer;
  if (auto select = dyn_cast<SelectOp>(last);
      select && end.reads.contains(select.getCondition()) &&
      end.reads.contains(select.getOnFalse()))
    bearer = select.getOnFalse();
  else if (isa<AddOp>(last) && last->getOperand(0) != last->getOperand(1))
    for (Value operand : last->getOperands())
      if (end.reads.contains(operand) && operand.getType() == init.getType())
        bearer = operand;
  // Elsewhere it would count more than once.
  if (bearer && llvm::count_if(end.ops, [&](Operation *op) {
                  return llvm::is_contained(op->getOperands(), bearer);
                }) != 1)
    bearer = nullptr;
  bool isNone = isZero(init);
  needsAddend = !isNone && !bearer;
  SmallVector<Value> inits;
  for (Value read : end.reads)
    inits.push_back(read == bearer && !isNone
                        ? init
                        : zeros(rewriter, scan.getLoc(), read.getType()));
  return inits;
}

/// Clones the step's end for given reads, with the views of invariants that its
/// product reads.
Value Rotation::cloneEnd(OpBuilder &builder, IRMapping &mapping) const {
  std::function<void(Value)> cloneViews = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || mapping.contains(value))
      return;
    llvm::for_each(op->getOperands(), cloneViews);
    builder.clone(*op, mapping);
  };
  cloneViews(end.product.getRhs());
  Value last;
  for (Operation *op : end.ops)
    last = builder.clone(*op, mapping)->getResult(0);
  return last;
}

/// The ops at the start of the step; gives the carry's value.
Value Rotation::buildStart(ScanBuilder &body) {
  SmallVector<Value> inits = chooseInits();
  IRMapping previous;
  for (auto [read, init] : llvm::zip(end.reads, inits)) {
    previous.map(read, body.addCarry(init));
    body.setCarry(body.carries.size() - 1, read);
  }
  OpBuilder atStart = body.atStart();
  Value now = cloneEnd(atStart, previous);
  if (!needsAddend)
    return now;
  // The init is added in the first step, zero in the others.
  Value init = body.carries[carry].outside, addend = body.addCarry(init);
  OpBuilder atEnd = body.atEnd();
  body.setCarry(body.carries.size() - 1,
                zeros(atEnd, scan.getLoc(), init.getType()));
  return atStart.create<AddOp>(scan.getLoc(), now, addend);
}

/// The last step's end stands after the scan, where its result is read.
void Rotation::replaceFinalState(ScanOp rotated, unsigned firstRead) {
  Value history = scan.getHistories()[carry];
  if (history.use_empty())
    return;
  rewriter.setInsertionPointAfter(rotated);
  TensorBuilder ops(rewriter, scan.getLoc());
  IRMapping outside;
  outside.map(rotated.getInvariantArguments(), rotated.getInvariants());
  for (unsigned number = firstRead; number < firstRead + end.reads.size();
       ++number) {
    Value slots = rotated.getHistories()[number],
          read = rotated.getYield().getCarries()[number];
    Shape limits(tensorType(slots).getShape()), starts(limits.size(), 0),
        strides(limits.size(), 1);
    starts[0] = limits[0] - 1;
    Value last = ops.create<SliceOp>(slots, starts, limits, strides);
    outside.map(read, ops.reshape(last, tensorType(read).getShape()));
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
  unsigned firstRead = results.size();
  ScanBuilder body(scan, rewriter);
  body.replace(body.carries[carry].inside, buildStart(body));
  body.carries.erase(body.carries.begin() + carry);
  body.nextCarries.erase(body.nextCarries.begin() + carry);
  rewriter.setInsertionPoint(scan);
  ScanOp rotated = body.create(rewriter);
  replaceFinalState(rotated, firstRead);
  for (auto [before, now] : llvm::zip(results, rotated.getHistories()))
    rewriter.replaceAllUsesWith(before, now);
  for (auto [before, now] : llvm::zip(scan.getYs(), rotated.getYs()))
    rewriter.replaceAllUsesWith(before, now);
  for (auto [before, now] : llvm::zip(scan.getSums(), rotated.getSums()))
    rewriter.replaceAllUsesWith(before, now);
  for (Operation *op : llvm::reverse(end.ops))
    rewriter.eraseOp(op);
  rewriter.eraseOp(scan);
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
