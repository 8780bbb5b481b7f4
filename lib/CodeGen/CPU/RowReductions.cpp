// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reductions of rows: partial results in lanes and in several accumulators,
// in an order that depends on the shape alone.

#include "NestEmitter.h"
#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::cpu {

FailureOr<SmallVector<Value>> NestEmitter::emitReducedPoints(
    ArrayRef<Index> rows, int64_t dim, int64_t unroll, ValueRange carried,
    PointsBody body, const Blocks *blocks, CascadedSums *sums) {
  if (dim < kernel.getRank() && (!kernel.isReduced[dim] || hasLanes(dim)))
    return emitReducedPoints(rows, dim + 1, unroll, carried, body, blocks,
                             sums);
  bool isCut = blocks && blocks->dim == dim;
  if (dim < kernel.getRank()) {
    int64_t extent = kernel.domain[dim];
    SmallVector<Index> points(rows);
    auto emitPoint = [&](AffineExpr iv, ValueRange inner) {
      for (Index &point : points)
        point[dim] = iv;
      return emitReducedPoints(points, dim + 1, unroll, inner, body,
                               isCut ? nullptr : blocks, sums);
    };
    if (!isCut)
      return emitParts(evaluator, loc, extent, analysis.getBreakpoints(dim),
                       carried, emitPoint);
    return sums->emitBlocks(extent, blocks->sizes, carried,
                            [&](Value lower, Value upper, ValueRange values) {
                              return evaluator.emitLoop(loc, lower, upper, 1,
                                                        {0, extent - 1}, values,
                                                        emitPoint);
                            });
  }
  if (!hasReducedLanes())
    return body(rows, carried);
  auto emitGroup = [&](ArrayRef<AffineExpr> coordinates,
                       ValueRange inner) -> Values {
    SmallVector<Index> points;
    for (const Index &row : rows)
      for (AffineExpr coordinate : coordinates) {
        points.push_back(row);
        points.back()[*laneDim] = coordinate;
      }
    if (failed(loadKeptValues(points)))
      return failure();
    Values values = body(points, inner);
    if (failed(values) || failed(storeKeptValues(points)))
      return failure();
    return values;
  };
  int64_t extent = kernel.domain[*laneDim];
  if (isCut)
    return sums->emitVectorBlocks(extent, blocks->sizes, unroll, carried,
                                  emitGroup);
  return emitVectors(evaluator, loc, evaluator.getSpace().getConstant(0),
                     extent, unroll, carried, emitGroup,
                     analysis.getBreakpoints(*laneDim));
}

/// The loop that is cut, and the sizes of its blocks: those inside of it add up
/// no more terms than a block has. Nullopt if there are no more in all. Depends
/// on the shape alone.
std::optional<NestEmitter::Blocks>
NestEmitter::chooseBlocks(int64_t unroll) const {
  std::optional<Blocks> blocks;
  int64_t terms = 1;
  auto addLoop = [&](int64_t dim, int64_t extent) {
    if (!blocks && terms * extent > kBlockTerms) {
      int64_t size = std::max<int64_t>(kBlockTerms / terms, 1);
      blocks = Blocks{dim, {size * kBlocksOfBlock, size}, false};
    }
    terms *= std::max<int64_t>(extent, 1);
  };
  if (hasReducedLanes())
    addLoop(kernel.getRank(), llvm::divideCeil(getReducedVectors(), unroll));
  for (int64_t dim = kernel.getRank(); dim-- > 0;)
    if (kernel.isReduced[dim] && !hasLanes(dim))
      addLoop(dim, kernel.domain[dim]);
  if (!blocks)
    return std::nullopt;
  blocks->isWide = terms > kBlockTerms * kBlocksOfBlock;
  if (!blocks->isWide)
    blocks->sizes.erase(blocks->sizes.begin());
  return blocks;
}

FailureOr<SmallVector<Value>> NestEmitter::emitCascaded(ArrayRef<Index> rows,
                                                        int64_t unroll,
                                                        ArrayRef<bool> isSum,
                                                        ValueRange initial,
                                                        PointsBody body) {
  std::optional<Blocks> blocks = chooseBlocks(unroll);
  if (!blocks || !llvm::is_contained(isSum, true))
    return emitReducedPoints(rows, 0, unroll, initial, body);
  CascadedSums sums(evaluator, loc, isSum);
  return emitReducedPoints(rows, 0, unroll, sums.start(initial, blocks->isWide),
                           body, &*blocks, &sums);
}

LogicalResult NestEmitter::emitReductions(ArrayRef<Index> rows, int64_t depth) {
  SmallVector<const RowReduction *> split, whole;
  for (const RowReduction &reduction : analysis.getRowReductions()) {
    if (reduction.depth != depth)
      continue;
    bool canSplit = true;
    for (unsigned i = 0; i < reduction.op.getNumResults(); ++i)
      canSplit &= Combiner::match(reduction.op, i).has_value();
    (hasReducedLanes() && canSplit ? split : whole).push_back(&reduction);
  }
  if (!split.empty() && failed(emitLaneReductions(split, rows.front())))
    return failure();
  if (!hasReducedLanes())
    return whole.empty() ? success() : emitSequentialReductions(whole, rows);
  for (const RowReduction *reduction : whole) {
    // Its lanes cannot be combined: one accumulator, element by element.
    RowReduction copy = *reduction;
    if (failed(
            evaluator.evaluate(copy.op.getResult(0),
                               analysis.substitute(copy.index, rows.front()))))
      return failure();
  }
  return success();
}

int64_t NestEmitter::getReducedVectors() const {
  return llvm::divideCeil(kernel.domain[*laneDim], evaluator.getLanes());
}

/// The results of a stage that may be split, each with its place in the row.
SmallVector<NestEmitter::Partial>
NestEmitter::getPartials(ArrayRef<const RowReduction *> reductions,
                         const Index &row) const {
  SmallVector<Partial> partials;
  for (const RowReduction *reduction : reductions)
    for (unsigned i = 0; i < reduction->op.getNumResults(); ++i)
      partials.push_back({reduction, i, *Combiner::match(reduction->op, i),
                          analysis.substitute(reduction->index, row)});
  return partials;
}

/// Adds one point to an accumulator of each partial: accumulator `number` of
/// `unroll`.
LogicalResult NestEmitter::accumulate(ArrayRef<Partial> partials,
                                      const Index &point, int64_t number,
                                      int64_t unroll,
                                      MutableArrayRef<Value> accumulators) {
  OpBuilder &builder = evaluator.getBuilder();
  Evaluator::Frame frame;
  const RowReduction *current = nullptr;
  for (auto [i, partial] : llvm::enumerate(partials)) {
    if (current != partial.reduction)
      frame = Evaluator::Frame(
          partial.reduction->op,
          analysis.substitute(partial.reduction->iteration, point));
    current = partial.reduction;
    FailureOr<Value> value =
        evaluator.evaluateInRegion(frame, partial.combiner.contribution);
    if (failed(value))
      return failure();
    Value lanes = evaluator.toLanes(*value);
    if (Value mask = evaluator.getMask())
      lanes = builder.create<arith::SelectOp>(loc, mask, lanes,
                                              getNeutral(partial));
    Value &accumulator = accumulators[i * unroll + number];
    accumulator = partial.combiner.combine(builder, accumulator, lanes);
  }
  return success();
}

Value NestEmitter::getNeutral(const Partial &partial) {
  return evaluator.toLanes(
      evaluator.getSpace().materialize(partial.combiner.neutral));
}

/// Combines the accumulators of a partial, their lanes and the initial value.
LogicalResult NestEmitter::finish(const Partial &partial,
                                  MutableArrayRef<Value> accumulators) {
  OpBuilder &builder = evaluator.getBuilder();
  const Combiner &combiner = partial.combiner;
  size_t count = accumulators.size();
  for (size_t distance = 1; distance < count; distance *= 2)
    for (size_t j = 0; j + distance < count; j += 2 * distance)
      accumulators[j] = combiner.combine(builder, accumulators[j],
                                         accumulators[j + distance]);
  Value result = combiner.combineLanes(builder, accumulators[0]);
  Value init = partial.reduction->op.getDpsInits()[partial.result];
  if (isa<arith::AddFOp>(combiner.op))
    result = convertFloat(builder, loc, result,
                          getElementTypeOrSelf(init.getType()));
  if (!combiner.isNeutral(init)) {
    FailureOr<Value> start = evaluator.evaluate(init, partial.index);
    if (failed(start))
      return failure();
    result = combiner.combine(builder, *start, result);
  }
  evaluator.bind(partial.reduction->op.getResult(partial.result), partial.index,
                 result);
  return success();
}

LogicalResult
NestEmitter::emitLaneReductions(ArrayRef<const RowReduction *> reductions,
                                const Index &row) {
  // The number of accumulators depends on the shape alone, so that other
  // outputs of the kernel change no bit of these results.
  int64_t unroll = std::clamp<int64_t>(getReducedVectors(), 1, 4);
  SmallVector<Partial> partials = getPartials(reductions, row);
  SmallVector<Value> carried;
  SmallVector<bool> isSum;
  for (const Partial &partial : partials) {
    carried.append(unroll, getNeutral(partial));
    isSum.append(unroll, isa<arith::AddFOp>(partial.combiner.op));
  }
  Values sums = emitCascaded(
      row, unroll, isSum, carried,
      [&](ArrayRef<Index> points, ValueRange values) -> Values {
        SmallVector<Value> next(values);
        for (auto [number, point] : llvm::enumerate(points))
          if (failed(accumulate(partials, point, number, unroll, next)))
            return failure();
        return next;
      });
  if (failed(sums))
    return failure();
  for (auto [i, partial] : llvm::enumerate(partials))
    if (failed(finish(partial,
                      MutableArrayRef<Value>(*sums).slice(i * unroll, unroll))))
      return failure();
  return success();
}

/// A value at a point: a vector if the point varies, in every lane then.
Value NestEmitter::toLanesAt(const Index &point, Value value) {
  bool varies = llvm::any_of(point, [&](AffineExpr expr) {
    return expr && evaluator.getSpace().isVarying(expr);
  });
  return varies ? evaluator.toLanes(value) : value;
}

/// One step of every reduction at every point; appends the new accumulators.
LogicalResult NestEmitter::emitSteps(ArrayRef<const RowReduction *> reductions,
                                     const Index &point,
                                     ValueRange accumulators,
                                     SmallVectorImpl<Value> &next) {
  for (const RowReduction *reduction : reductions) {
    linalg::GenericOp op = reduction->op;
    Evaluator::Frame frame(op,
                           analysis.substitute(reduction->iteration, point));
    size_t first = next.size();
    for (auto [i, argument] : llvm::enumerate(op.getRegionOutputArgs()))
      frame.values[argument] = accumulators[first + i];
    for (Value yielded : op.getBlock()->getTerminator()->getOperands()) {
      FailureOr<Value> value = evaluator.evaluateInRegion(frame, yielded);
      if (failed(value))
        return failure();
      next.push_back(toLanesAt(point, *value));
    }
  }
  return success();
}

/// Lanes are neighbouring rows (or there are none): the reduced points follow
/// one another, for all rows and all reductions of the stage in one loop.
LogicalResult
NestEmitter::emitSequentialReductions(ArrayRef<const RowReduction *> reductions,
                                      ArrayRef<Index> rows) {
  SmallVector<Value> carried;
  SmallVector<bool> isSum;
  SmallVector<std::pair<Value, Index>> results;
  for (const Index &row : rows)
    for (const RowReduction *reduction : reductions)
      for (auto [init, result] : llvm::zip_equal(reduction->op.getDpsInits(),
                                                 reduction->op.getResults())) {
        results.push_back({result, analysis.substitute(reduction->index, row)});
        FailureOr<Value> value =
            evaluator.evaluate(init, results.back().second);
        if (failed(value))
          return failure();
        carried.push_back(toLanesAt(row, *value));
        auto combiner = Combiner::match(
            reduction->op, cast<OpResult>(result).getResultNumber());
        isSum.push_back(combiner && isa<arith::AddFOp>(combiner->op));
      }
  Values sums =
      emitCascaded(rows, 1, isSum, carried,
                   [&](ArrayRef<Index> points, ValueRange values) -> Values {
                     SmallVector<Value> next;
                     for (const Index &point : points)
                       if (failed(emitSteps(reductions, point, values, next)))
                         return failure();
                     return next;
                   });
  if (failed(sums))
    return failure();
  for (auto [value, result, cascades] :
       llvm::zip_equal(*sums, results, isSum)) {
    Type element = getElementTypeOrSelf(result.first.getType());
    if (cascades)
      value = convertFloat(evaluator.getBuilder(), loc, value, element);
    evaluator.bind(result.first, result.second, value);
  }
  return success();
}

} // namespace sinter::cpu
