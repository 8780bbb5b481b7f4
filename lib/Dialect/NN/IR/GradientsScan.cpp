// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The backward pass of a scan is a scan in the other direction: a carry's
// transpose is a carry, that of an x a y, that of an invariant a sum.

#include "ScanSavedValues.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

static bool isFloat(Value value) {
  return isa<FloatType>(tensorType(value).getElementType());
}

static Value slot(TensorBuilder &ops, Value stacked, int64_t position) {
  Value one = slots(ops, stacked, position, 1);
  return ops.reshape(one, tensorType(one).getShape().drop_front());
}

static Value addIfAny(TensorBuilder &ops, Value left, Value right) {
  if (!left || !right)
    return left ? left : right;
  return ops.add(left, right);
}

namespace {

/// What flows into one history, by its slots.
struct HistoryGradient {
  Value final; ///< into the last slot, of the carry's type
  Value init;  ///< into slot 0
  Value slots; ///< into slots 1 to T; null if there is none
};

/// Builds the backward scan of one scan.
class ScanTransposer {
public:
  ScanTransposer(ScanOp scan, OpBuilder &builder, ValueRange resultGradients)
      : scan(scan), builder(builder), outside(builder, scan.getLoc()),
        steps(scan.getSteps()), resultGradients(resultGradients),
        backward(scan.getLoc(), steps, !scan.getReverse()),
        insideBuilder(backward.atEnd()), inside(insideBuilder, scan.getLoc()) {}

  FailureOr<SmallVector<Value>> run(MutableArrayRef<Value> operandGradients,
                                    DifferentiateValues differentiate) {
    findActiveCarries();
    cloneBody();
    addSeeds();
    if (failed(buildGradients(differentiate)))
      return failure();
    ScanOp augmented =
        saveValues(scan, backward, forward, static_cast<bool>(valid), outside);
    ScanOp transposed = backward.create(builder);
    giveGradients(transposed, operandGradients);
    return replacements(augmented);
  }

private:
  /// Zero in rows whose sequence has ended.
  Value masked(Value value) {
    return valid ? inside.selectOrZero(validFor(value), value) : value;
  }

  /// The condition that a row's sequence has not ended, aligned with `value`.
  Value validFor(Value value) {
    Shape shape(tensorType(value).getRank(), 1);
    shape[0] = tensorType(value).getDimSize(0);
    return inside.reshape(valid, shape);
  }

  void findActiveCarries();
  void addContribution(HistoryGradient &parts, Value gradient);
  void cloneBody();
  void addSeeds();
  LogicalResult buildGradients(DifferentiateValues differentiate);
  void giveGradients(ScanOp transposed, MutableArrayRef<Value> gradients);
  SmallVector<Value> replacements(ScanOp augmented);

  ScanOp scan;
  OpBuilder &builder;
  TensorBuilder outside;
  int64_t steps;
  ValueRange resultGradients;
  ScanBuilder backward;
  OpBuilder insideBuilder;
  TensorBuilder inside;
  Value valid;       ///< with lengths: which rows' sequences have not ended
  IRMapping forward; ///< the body's values as computed or read again
  SmallVector<Value> variables, outputs, seeds;
  unsigned rowSeeds = 0;      ///< those of carries and ys, which have rows
  SmallVector<bool> isActive; ///< carries into which gradients flow
  SmallVector<HistoryGradient> historyGradients;
  SmallVector<std::pair<unsigned, unsigned>> givenYs,
      givenSums; ///< operand, result
};
} // namespace

/// Whether `op` surrounds its operand with zeros and does nothing else.
static bool isZeroPad(PadOp op) {
  return op && op.getValue().isZero() &&
         llvm::all_of(op.getInterior(),
                      [](int64_t amount) { return amount == 0; });
}

/// `gradient` with its zeros added last: what a transposed pad and a pad of a
/// pad are as one pad. They come from readers of a part of an output that was
/// transposed, as batch_first does.
static Value withPadLast(TensorBuilder &ops, Value gradient) {
  auto transpose = gradient.getDefiningOp<TransposeOp>();
  auto pad = gradient.getDefiningOp<PadOp>();
  if (!transpose && !isZeroPad(pad))
    return gradient;
  Value source =
      withPadLast(ops, transpose ? transpose.getInput() : pad.getInput());
  auto inner = source.getDefiningOp<PadOp>();
  if (!isZeroPad(inner))
    return gradient;
  Shape low, high, interior(inner.getInterior());
  for (unsigned dim = 0; dim < interior.size(); ++dim) {
    unsigned from = transpose ? transpose.getPermutation()[dim] : dim;
    low.push_back(inner.getLow()[from] + (transpose ? 0 : pad.getLow()[dim]));
    high.push_back(inner.getHigh()[from] +
                   (transpose ? 0 : pad.getHigh()[dim]));
  }
  Value part = inner.getInput();
  if (transpose)
    part = ops.transpose(part, transpose.getPermutation());
  return ops.create<PadOp>(part, low, high, interior, APFloat(0.0));
}

/// A slice's gradient is a pad: the parts of the history that are read are seen
/// again, so that nothing is added that is zero.
void ScanTransposer::addContribution(HistoryGradient &parts, Value gradient) {
  if (!gradient)
    return;
  gradient = withPadLast(outside, gradient);
  if (auto sum = gradient.getDefiningOp<AddOp>();
      sum && sum.getLhs().getType() == sum.getRhs().getType()) {
    addContribution(parts, sum.getLhs());
    addContribution(parts, sum.getRhs());
    return;
  }
  if (auto pad = gradient.getDefiningOp<PadOp>(); pad && pad.getInput()) {
    auto isNone = [](ArrayRef<int64_t> amounts) {
      return llvm::all_of(amounts, [](int64_t amount) { return amount == 0; });
    };
    bool isSlice = isZeroPad(pad) && isNone(pad.getLow().drop_front()) &&
                   isNone(pad.getHigh().drop_front());
    Value source = pad.getInput();
    int64_t count = tensorType(source).getDimSize(0), low = pad.getLow()[0];
    if (isSlice && count == 1 && low == steps)
      return void(parts.final =
                      addIfAny(outside, parts.final, slot(outside, source, 0)));
    if (isSlice && count == 1 && low == 0)
      return void(parts.init =
                      addIfAny(outside, parts.init, slot(outside, source, 0)));
    if (isSlice && count == steps && low == 1)
      return void(parts.slots = addIfAny(outside, parts.slots, source));
  }
  parts.init = addIfAny(outside, parts.init, slot(outside, gradient, 0));
  parts.slots =
      addIfAny(outside, parts.slots, slots(outside, gradient, 1, steps));
}

/// Carries that results with a gradient depend on, through other steps too.
void ScanTransposer::findActiveCarries() {
  isActive.assign(scan.getInits().size(), false);
  DenseSet<Value> seen;
  SmallVector<Value> worklist;
  auto visit = [&](Value value) {
    if (seen.insert(value).second)
      worklist.push_back(value);
  };
  ScanYieldOp yield = scan.getYield();
  SmallVector<Value> given(yield.getCarries());
  llvm::append_range(given, yield.getYs());
  llvm::append_range(given, yield.getSums());
  for (auto [value, gradient] : llvm::zip(given, resultGradients))
    if (gradient)
      visit(value);
  DenseMap<Value, unsigned> numbers;
  for (auto [number, carry] : llvm::enumerate(scan.getCarries())) {
    if (!isFloat(carry))
      continue;
    numbers[carry] = number;
    if (resultGradients[number])
      visit(carry);
  }
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (Operation *op = value.getDefiningOp()) {
      if (!op->hasTrait<NotDifferentiable>())
        llvm::for_each(op->getOperands(), visit);
      continue;
    }
    if (auto carry = numbers.find(value); carry != numbers.end()) {
      isActive[carry->second] = true;
      visit(yield.getCarries()[carry->second]);
    }
  }
}

void ScanTransposer::cloneBody() {
  forward.map(scan.getTime(), backward.time());
  if (Value lengths = scan.getLengths()) {
    Value inner =
        inside.cast(backward.addInvariant(lengths), insideBuilder.getI64Type());
    valid = inside.compare(ComparePredicate::lt, backward.time(), inner);
  }
  for (auto [carry, history] :
       llvm::zip(scan.getCarries(), scan.getHistories())) {
    Value before =
        backward.addX(inTime(outside, scan, slots(outside, history, 0, steps)));
    forward.map(carry, before);
    if (isFloat(carry))
      variables.push_back(before);
  }
  for (auto [slice, x] : llvm::zip(scan.getSlices(), scan.getXs())) {
    // Its own argument each: two may be the same tensor.
    Value read = masked(backward.addX(x));
    forward.map(slice, read);
    if (isFloat(slice))
      variables.push_back(read);
  }
  for (auto [argument, invariant] :
       llvm::zip(scan.getInvariantArguments(), scan.getInvariants())) {
    Value read = backward.addInvariant(invariant);
    forward.map(argument, read);
    if (isFloat(argument))
      variables.push_back(read);
  }
  for (Operation &op : scan.getBody().front().without_terminator())
    insideBuilder.clone(op, forward);
}

void ScanTransposer::addSeeds() {
  ScanYieldOp yield = scan.getYield();
  auto add = [&](Value value, Value seed) {
    outputs.push_back(forward.lookupOrDefault(value));
    seeds.push_back(seed);
  };
  unsigned result = 0;
  for (Value carry : yield.getCarries()) {
    HistoryGradient &parts = historyGradients.emplace_back();
    Value gradient = resultGradients[result];
    if (!isActive[result++])
      continue;
    addContribution(parts, gradient);
    if (!parts.final)
      parts.final = outside.splat(0, tensorType(carry));
    Value seed = backward.addCarry(parts.final);
    if (parts.slots)
      seed =
          inside.add(seed, backward.addX(inTime(outside, scan, parts.slots)));
    add(carry, seed);
  }
  for (Value y : yield.getYs())
    if (Value gradient = resultGradients[result++])
      add(y, backward.addX(gradient));
  rowSeeds = seeds.size();
  for (Value sum : yield.getSums())
    if (Value gradient = resultGradients[result++])
      add(sum, backward.addInvariant(gradient));
}

/// Gradients of the body; what flows past a step whose row has ended stays.
LogicalResult
ScanTransposer::buildGradients(DifferentiateValues differentiate) {
  SmallVector<Value> kept(seeds);
  for (Value &seed : MutableArrayRef(seeds).take_front(rowSeeds))
    seed = masked(seed);
  FailureOr<SmallVector<Value>> gradients =
      differentiate(insideBuilder, outputs, seeds, variables);
  if (failed(gradients))
    return failure();
  unsigned variable = 0, carry = 0;
  for (auto [number, argument] : llvm::enumerate(scan.getCarries())) {
    if (!isFloat(argument))
      continue;
    Value gradient = (*gradients)[variable++];
    if (!isActive[number])
      continue;
    if (!gradient)
      gradient = inside.splat(0, tensorType(argument));
    if (valid)
      gradient = inside.select(validFor(gradient), gradient, kept[carry]);
    backward.setCarry(carry++, gradient);
  }
  unsigned operand = scan.getInits().size();
  for (Value argument : scan.getSlices()) {
    if (isFloat(argument))
      if (Value gradient = (*gradients)[variable++])
        givenYs.emplace_back(operand, backward.addY(masked(gradient)));
    ++operand;
  }
  for (Value argument : scan.getInvariantArguments()) {
    if (isFloat(argument))
      if (Value gradient = (*gradients)[variable++])
        givenSums.emplace_back(operand, backward.addSum(gradient));
    ++operand;
  }
  return success();
}

void ScanTransposer::giveGradients(ScanOp transposed,
                                   MutableArrayRef<Value> gradients) {
  unsigned carry = 0;
  for (auto [number, parts] : llvm::enumerate(historyGradients))
    if (isActive[number])
      gradients[number] = addIfAny(
          outside, slot(outside, transposed.getHistories()[carry++], steps),
          parts.init);
  for (auto [operand, y] : givenYs)
    gradients[operand] = transposed.getYs()[y];
  for (auto [operand, sum] : givenSums)
    gradients[operand] = transposed.getSums()[sum];
}

SmallVector<Value> ScanTransposer::replacements(ScanOp augmented) {
  SmallVector<Value> results(augmented.getHistories());
  llvm::append_range(results,
                     augmented.getYs().take_front(scan.getYs().size()));
  llvm::append_range(results, augmented.getSums());
  return results;
}

FailureOr<SmallVector<Value>>
ScanOp::augmentAndTranspose(OpBuilder &builder, ValueRange resultGradients,
                            MutableArrayRef<Value> operandGradients,
                            DifferentiateValues differentiate) {
  return ScanTransposer(*this, builder, resultGradients)
      .run(operandGradients, differentiate);
}
