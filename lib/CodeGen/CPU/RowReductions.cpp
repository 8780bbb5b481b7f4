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

FailureOr<SmallVector<Value>>
NestEmitter::emitReducedPoints(ArrayRef<Index> rows, int64_t dim,
                               int64_t unroll, ValueRange carried,
                               PointsBody body) {
  if (dim < kernel.getRank() && (!kernel.isReduced[dim] || hasLanes(dim)))
    return emitReducedPoints(rows, dim + 1, unroll, carried, body);
  if (dim < kernel.getRank()) {
    SmallVector<Index> points(rows);
    return evaluator.emitLoop(
        loc, kernel.domain[dim], carried, [&](AffineExpr iv, ValueRange inner) {
          for (Index &point : points)
            point[dim] = iv;
          return emitReducedPoints(points, dim + 1, unroll, inner, body);
        });
  }
  if (!hasReducedLanes())
    return body(rows, carried);
  return emitVectors(
      evaluator, loc, evaluator.getSpace().getConstant(0),
      kernel.domain[*laneDim], unroll, carried,
      [&](ArrayRef<AffineExpr> coordinates, ValueRange inner) -> Values {
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
      });
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

namespace {
/// One result of one reduction of a stage.
struct Partial {
  const RowReduction *reduction;
  linalg::GenericOp op;
  unsigned result;
  Combiner combiner;
};
} // namespace

/// The iteration of a row reduction at a point of the domain.
static Index getIteration(linalg::GenericOp op, ArrayRef<AffineExpr> index,
                          const Kernel &kernel, const Index &point,
                          IndexSpace &space) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  Index iteration(map.getNumDims(), space.getConstant(0));
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      iteration[dim.getPosition()] = at;
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  unsigned next = 0;
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim)
    if (kernel.isReduced[dim])
      iteration[dims[next++]] = point[dim];
  return iteration;
}

int64_t NestEmitter::getReducedVectors() const {
  return llvm::divideCeil(kernel.domain[*laneDim], evaluator.getLanes());
}

LogicalResult
NestEmitter::emitLaneReductions(ArrayRef<const RowReduction *> stage,
                                const Index &row) {
  IndexSpace &space = evaluator.getSpace();
  OpBuilder &builder = evaluator.getBuilder();
  int64_t unroll = getRowUnroll();
  SmallVector<Partial> partials;
  SmallVector<Index> indexes;
  SmallVector<Value> carried;
  for (const RowReduction *reduction : stage) {
    linalg::GenericOp op = reduction->op;
    for (unsigned i = 0; i < op.getNumResults(); ++i) {
      partials.push_back({reduction, op, i, *Combiner::match(op, i)});
      indexes.push_back(analysis.substitute(reduction->index, row));
      Value neutral = space.materialize(partials.back().combiner.neutral);
      carried.append(unroll, evaluator.toLanes(neutral));
    }
  }
  auto body = [&](ArrayRef<Index> points, ValueRange values) -> Values {
    SmallVector<Value> next(values);
    for (auto [number, point] : llvm::enumerate(points)) {
      Evaluator::Frame frame;
      const RowReduction *current = nullptr;
      for (auto [i, partial] : llvm::enumerate(partials)) {
        if (current != partial.reduction)
          frame =
              Evaluator::Frame(partial.op, getIteration(partial.op, indexes[i],
                                                        kernel, point, space));
        current = partial.reduction;
        FailureOr<Value> value =
            evaluator.evaluateInRegion(frame, partial.combiner.contribution);
        if (failed(value))
          return failure();
        Value lanes = evaluator.toLanes(*value);
        if (Value mask = evaluator.getMask())
          lanes = builder.create<arith::SelectOp>(
              loc, mask, lanes,
              evaluator.toLanes(space.materialize(partial.combiner.neutral)));
        Value &accumulator = next[i * unroll + number];
        accumulator = partial.combiner.combine(builder, accumulator, lanes);
      }
    }
    return next;
  };
  Values sums = emitReducedPoints(row, 0, unroll, carried, body);
  if (failed(sums))
    return failure();
  for (auto [i, partial] : llvm::enumerate(partials)) {
    MutableArrayRef<Value> own =
        MutableArrayRef<Value>(*sums).slice(i * unroll, unroll);
    for (int64_t distance = 1; distance < unroll; distance *= 2)
      for (int64_t j = 0; j + distance < unroll; j += 2 * distance)
        own[j] = partial.combiner.combine(builder, own[j], own[j + distance]);
    Value result = partial.combiner.combineLanes(builder, own[0]);
    Value init = partial.op.getDpsInits()[partial.result];
    if (!partial.combiner.isNeutral(init)) {
      FailureOr<Value> start = evaluator.evaluate(init, indexes[i]);
      if (failed(start))
        return failure();
      result = partial.combiner.combine(builder, *start, result);
    }
    evaluator.bind(partial.op.getResult(partial.result), indexes[i], result);
  }
  return success();
}

/// Lanes are neighbouring rows (or there are none): the reduced points follow
/// one another, for all rows and all reductions of the stage in one loop.
LogicalResult
NestEmitter::emitSequentialReductions(ArrayRef<const RowReduction *> stage,
                                      ArrayRef<Index> rows) {
  IndexSpace &space = evaluator.getSpace();
  SmallVector<Value> carried;
  SmallVector<std::pair<Value, Index>> results;
  auto isVarying = [&](const Index &row) {
    return llvm::any_of(row,
                        [&](AffineExpr e) { return e && space.isVarying(e); });
  };
  for (const Index &row : rows)
    for (const RowReduction *reduction : stage) {
      linalg::GenericOp op = reduction->op;
      for (auto [init, result] :
           llvm::zip_equal(op.getDpsInits(), op.getResults())) {
        results.push_back({result, analysis.substitute(reduction->index, row)});
        FailureOr<Value> value =
            evaluator.evaluate(init, results.back().second);
        if (failed(value))
          return failure();
        carried.push_back(isVarying(row) ? evaluator.toLanes(*value) : *value);
      }
    }
  auto body = [&](ArrayRef<Index> points, ValueRange values) -> Values {
    SmallVector<Value> next;
    for (const Index &point : points)
      for (const RowReduction *reduction : stage) {
        linalg::GenericOp op = reduction->op;
        Index index = analysis.substitute(reduction->index, point);
        Evaluator::Frame frame(op,
                               getIteration(op, index, kernel, point, space));
        size_t first = next.size();
        for (auto [i, argument] : llvm::enumerate(op.getRegionOutputArgs()))
          frame.values[argument] = values[first + i];
        for (Value yielded : op.getBlock()->getTerminator()->getOperands()) {
          FailureOr<Value> value = evaluator.evaluateInRegion(frame, yielded);
          if (failed(value))
            return failure();
          next.push_back(isVarying(point) ? evaluator.toLanes(*value) : *value);
        }
      }
    return next;
  };
  Values sums = emitReducedPoints(rows, 0, 1, carried, body);
  if (failed(sums))
    return failure();
  for (auto [value, result] : llvm::zip_equal(*sums, results))
    evaluator.bind(result.first, result.second, value);
  return success();
}

} // namespace sinter::cpu
