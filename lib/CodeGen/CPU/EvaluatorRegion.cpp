// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation of the regions of generics: each op is cloned on scalars or, where
// an operand differs from lane to lane, on vectors.

#include "CascadedSums.h"
#include "Evaluator.h"
#include "Reduction.h"
#include "RegionIndex.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace sinter::cpu {

/// The iteration in which a generic without reductions makes its result at
/// `index`; nullopt if its map does not name every dimension.
static std::optional<Index> invert(AffineMap map, ArrayRef<int64_t> loops,
                                   ArrayRef<AffineExpr> index,
                                   IndexSpace &space) {
  Index iteration(map.getNumDims());
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      iteration[dim.getPosition()] = at;
  for (auto [dim, expr] : llvm::enumerate(iteration)) {
    if (loops[dim] == 1)
      expr = space.getConstant(0);
    if (!expr)
      return std::nullopt;
  }
  return iteration;
}

FailureOr<Value> Evaluator::evaluateGeneric(linalg::GenericOp op,
                                            unsigned result,
                                            ArrayRef<AffineExpr> index) {
  OpOperand *init = op.getDpsInitOperand(result);
  std::optional<Index> iteration = invert(
      op.getMatchingIndexingMap(init), op.getStaticLoopRanges(), index, space);
  if (!iteration)
    return op.emitOpError("expected a result map that names every dimension");
  Frame frame(op, *iteration);
  return evaluateInRegion(frame,
                          op.getBlock()->getTerminator()->getOperand(result));
}

/// The part of a reduction's iteration that the place of its result gives.
static FailureOr<Index> getParallelIteration(linalg::GenericOp op,
                                             unsigned result,
                                             ArrayRef<AffineExpr> index,
                                             const IndexSpace &space) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
  Index iteration(map.getNumDims());
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      iteration[dim.getPosition()] = at;
  for (auto [dim, expr] : llvm::enumerate(iteration))
    if (extents[dim] == 1)
      expr = space.getConstant(0);
    else if (!expr &&
             op.getIteratorTypesArray()[dim] == utils::IteratorType::parallel)
      return op.emitOpError("expected a result map that names every dimension");
  return iteration;
}

/// A sum of floats, which is accumulated in f64 where it is one chain.
static std::optional<Combiner> matchFloatSum(linalg::GenericOp op,
                                             unsigned result) {
  std::optional<Combiner> combiner = Combiner::match(op, result);
  return combiner && isa<arith::AddFOp>(combiner->op) ? combiner : std::nullopt;
}

FailureOr<SmallVector<Value>>
Evaluator::emitReductionLoops(Frame &frame, ArrayRef<unsigned> dims,
                              ValueRange accumulators, bool varies) {
  linalg::GenericOp op = frame.op;
  if (!dims.empty())
    return emitLoop(op.getLoc(), op.getStaticLoopRanges()[dims.front()],
                    accumulators, [&](AffineExpr iv, ValueRange inner) {
                      frame.iteration[dims.front()] = iv;
                      return emitReductionLoops(frame, dims.drop_front(), inner,
                                                varies);
                    });
  Frame body = frame;
  for (auto [argument, value] :
       llvm::zip_equal(op.getRegionOutputArgs(), accumulators))
    body.values[argument] = value;
  SmallVector<Value> yielded;
  for (auto [i, operand] :
       llvm::enumerate(op.getBlock()->getTerminator()->getOperands())) {
    std::optional<Combiner> sum = matchFloatSum(op, i);
    FailureOr<Value> value =
        evaluateInRegion(body, sum ? sum->contribution : operand);
    if (failed(value))
      return failure();
    Value next = varies ? toLanes(*value) : *value;
    if (sum) {
      Value wide =
          convertFloat(builder, op.getLoc(), next, builder.getF64Type());
      next = builder.create<arith::AddFOp>(op.getLoc(), accumulators[i], wide);
    }
    yielded.push_back(next);
  }
  return yielded;
}

FailureOr<Value> Evaluator::evaluateReduction(linalg::GenericOp op,
                                              unsigned result,
                                              ArrayRef<AffineExpr> index) {
  if (isCumulation(op, result))
    return op.emitOpError("expected the elements of a cumulation to be read "
                          "where they are made");
  FailureOr<Index> iteration = getParallelIteration(op, result, index, space);
  if (failed(iteration))
    return failure();
  bool varies = llvm::any_of(
      index, [&](AffineExpr expr) { return space.isVarying(expr); });
  SmallVector<Value> carried;
  for (auto [i, init] : llvm::enumerate(op.getDpsInits())) {
    // Every result is carried, so every one must be at the same place.
    FailureOr<Value> value = evaluate(init, index);
    if (failed(value))
      return failure();
    Value start = varies ? toLanes(*value) : *value;
    if (matchFloatSum(op, i))
      start = convertFloat(builder, op.getLoc(), start, builder.getF64Type());
    carried.push_back(start);
  }
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  Frame frame(op, *iteration);
  FailureOr<SmallVector<Value>> results =
      emitReductionLoops(frame, dims, carried, varies);
  if (failed(results))
    return failure();
  for (auto [value, tensor] : llvm::zip_equal(*results, op.getResults())) {
    if (matchFloatSum(op, cast<OpResult>(tensor).getResultNumber()))
      value = convertFloat(builder, op.getLoc(), value,
                           getElementTypeOrSelf(tensor.getType()));
    bind(tensor, index, value);
  }
  return (*results)[result];
}

FailureOr<Value> Evaluator::evaluateArgument(Frame &frame,
                                             BlockArgument argument) {
  OpOperand *operand = frame.op.getMatchingOpOperand(argument);
  if (!isa<RankedTensorType>(operand->get().getType()))
    return evaluateInRegion(frame, operand->get());
  return evaluate(
      operand->get(),
      space.apply(frame.op.getMatchingIndexingMap(operand), frame.iteration));
}

FailureOr<Value> Evaluator::evaluateExtract(Frame &frame, Operation *op) {
  auto extract = cast<tensor::ExtractOp>(op);
  auto shape = extract.getTensor().getType().getShape();
  RegionIndex known(space, frame.op, frame.iteration);
  Index index;
  for (auto [value, size] : llvm::zip_equal(extract.getIndices(), shape)) {
    if (AffineExpr expr = known.getExpr(value)) {
      index.push_back(expr);
      continue;
    }
    FailureOr<Value> emitted = evaluateInRegion(frame, value);
    if (failed(emitted))
      return failure();
    index.push_back(space.addVariable(*emitted, size - 1));
  }
  return evaluate(extract.getTensor(), index);
}

/// Whether a comparison of indices is known to hold everywhere or nowhere.
std::optional<bool> Evaluator::decideCondition(Frame &frame, Value condition) {
  if (!frame.op || !condition.getType().isInteger(1))
    return std::nullopt;
  return RegionIndex(space, frame.op, frame.iteration).decide(condition);
}

/// Whether a side of a choice reads memory at an index of the region.
static bool readsMemory(Value side) {
  return isa_and_nonnull<tensor::ExtractOp, arith::SelectOp>(
      side.getDefiningOp());
}

/// A choice by comparisons of the index reads nothing in vain: one side where
/// it is known, else each side in its lanes alone, where what the comparisons
/// say makes the index affine.
FailureOr<Value> Evaluator::evaluateSelect(Frame &frame, arith::SelectOp op) {
  if (!frame.op)
    return cloneOp(frame, op, 0);
  RegionIndex known(space, frame.op, frame.iteration);
  if (std::optional<bool> decided = known.decide(op.getCondition()))
    return evaluateInRegion(frame,
                            *decided ? op.getTrueValue() : op.getFalseValue());
  bool readsSide = !op.getType().isIndex() && (readsMemory(op.getTrueValue()) ||
                                               readsMemory(op.getFalseValue()));
  SmallVector<Fact> ifTrue = known.getFacts(op.getCondition(), true),
                    ifFalse = known.getFacts(op.getCondition(), false);
  if (!readsSide || (ifTrue.empty() && ifFalse.empty()))
    return cloneOp(frame, op, 0);
  FailureOr<Value> condition = evaluateInRegion(frame, op.getCondition());
  if (failed(condition) || !isLanes(*condition))
    return cloneOp(frame, op, 0);
  Value opposite =
      builder.create<arith::XOrIOp>(op.getLoc(), *condition, getFullMask());
  FailureOr<Value> left =
      evaluateSide(frame, op.getTrueValue(), *condition, ifTrue);
  FailureOr<Value> right =
      evaluateSide(frame, op.getFalseValue(), opposite, ifFalse);
  if (failed(left) || failed(right))
    return failure();
  ++emittedCount;
  if (matchPattern(op.getFalseValue(), m_PosZeroFloat()))
    return selectOrZero(*condition, *left, op.getLoc());
  return Value(builder.create<arith::SelectOp>(
      op.getLoc(), *condition, toLanes(*left), toLanes(*right)));
}

FailureOr<Value> Evaluator::evaluateSide(Frame &frame, Value side, Value lanes,
                                         ArrayRef<Fact> facts) {
  EvaluatorScope scope(*this);
  space.pushFacts(facts);
  ++sideDepth;
  setMask(mask ? builder.create<arith::AndIOp>(side.getLoc(), mask, lanes)
               : lanes);
  Frame inner(frame.op, frame.iteration);
  for (BlockArgument argument : frame.op.getRegionOutputArgs())
    if (Value accumulator = frame.values.lookup(argument))
      inner.values[argument] = accumulator;
  FailureOr<Value> value = evaluateInRegion(inner, side);
  --sideDepth;
  space.popFacts(facts.size());
  return value;
}

FailureOr<Value> Evaluator::evaluateInRegion(Frame &frame, Value value) {
  if (Value known = frame.values.lookup(value))
    return known;
  FailureOr<Value> emitted = failure();
  Operation *op = value.getDefiningOp();
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (!frame.op || argument.getOwner() != frame.op.getBlock())
      return emitError(value.getLoc(),
                       "expected a value of the region, but got an argument");
    emitted = evaluateArgument(frame, argument);
  } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    emitted = space.materialize(constant.getValue());
  } else if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    AffineExpr expr = frame.iteration[index.getDim()];
    emitted = space.isVarying(expr) ? space.emitLanes(expr) : space.emit(expr);
  } else if (isa<tensor::ExtractOp>(op)) {
    emitted = evaluateExtract(frame, op);
  } else if (std::optional<bool> decided = decideCondition(frame, value)) {
    emitted = space.materialize(builder.getBoolAttr(*decided));
  } else if (auto select = dyn_cast<arith::SelectOp>(op)) {
    emitted = evaluateSelect(frame, select);
  } else {
    emitted = cloneOp(frame, op, cast<OpResult>(value).getResultNumber());
  }
  if (succeeded(emitted))
    frame.values[value] = *emitted;
  return emitted;
}

/// Lanes that are not in use must not divide by zero.
Value Evaluator::guardDivisor(Operation *op, Value divisor) {
  if (!mask || !isLanes(divisor) ||
      !isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
           arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op))
    return divisor;
  Value one = toLanes(getScalar(getElementTypeOrSelf(divisor.getType()), 1));
  return builder.create<arith::SelectOp>(op->getLoc(), mask, divisor, one);
}

FailureOr<Value> Evaluator::cloneOp(Frame &frame, Operation *op,
                                    unsigned result) {
  if (!OpTrait::hasElementwiseMappableTraits(op) || op->getNumRegions() > 0 ||
      op->getNumResults() == 0)
    return op->emitOpError(
        "expected an elementwise op on scalars in the region of a kernel");
  SmallVector<Value> operands;
  bool varies = false;
  for (Value operand : op->getOperands()) {
    FailureOr<Value> value = evaluateInRegion(frame, operand);
    if (failed(value))
      return failure();
    operands.push_back(*value);
    varies |= isLanes(*value);
  }
  SmallVector<Type> types(op->getResultTypes());
  if (varies) {
    for (Value &operand : operands)
      operand = toLanes(operand);
    for (Type &type : types)
      type = getLanesType(type);
    if (operands.size() == 2)
      operands[1] = guardDivisor(op, operands[1]);
  }
  OperationState state(op->getLoc(), op->getName().getStringRef(), operands,
                       types, op->getAttrs());
  Operation *clone = builder.create(state);
  ++emittedCount;
  for (auto [original, value] :
       llvm::zip_equal(op->getResults(), clone->getResults()))
    frame.values[original] = value;
  return clone->getResult(result);
}

} // namespace sinter::cpu
