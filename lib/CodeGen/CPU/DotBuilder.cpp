// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products whose factors are contiguous along K: each result is a dot product
// with its own vectors of partial sums.

#include "Contraction.h"
#include "Outputs.h"
#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

namespace {
/// The results that are summed together: a vector of rhs serves all rows, one
/// of lhs all columns.
struct DotBlock {
  int64_t rows, columns;

  /// One or two rows take as long as rhs takes to read: it is read in the order
  /// it lies in, since prefetching follows one sequence better than several
  /// (180 against 120 GB/s from a second-level cache). With more rows the
  /// multiply-adds take longest, and columns save loads of lhs.
  static DotBlock choose(int64_t rows, bool hasManyRegisters) {
    int64_t most = hasManyRegisters ? 8 : 3;
    int64_t size = llvm::divideCeil(rows, llvm::divideCeil(rows, most));
    if (size < 3)
      return {size, 1};
    return {size, hasManyRegisters && size <= 6 ? 4 : 3};
  }
};

class DotBuilder {
public:
  DotBuilder(const Kernel &kernel, const Contraction &product,
             Evaluator &evaluator, int64_t vectorRegisters)
      : kernel(kernel), product(product), evaluator(evaluator),
        space(evaluator.getSpace()), loc(product.op->getLoc()),
        hasManyRegisters(vectorRegisters >= 32) {}

  LogicalResult emit();

private:
  using Values = FailureOr<SmallVector<Value>>;

  LogicalResult emitOuter(const Tile &tile, int64_t dim, Index point);
  LogicalResult emitBlock(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns);
  int64_t getUnroll(int64_t results) const;
  Values emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                 ArrayRef<AffineExpr> reduction, int64_t unroll,
                 ValueRange sums);
  LogicalResult emitProducts(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                             ArrayRef<AffineExpr> reduction,
                             MutableArrayRef<Value> sums);
  FailureOr<Value> emitFactor(Value factor, const Index &point,
                              ArrayRef<AffineExpr> reduction);
  LogicalResult emitResult(const Index &point, Value lanes);

  const Kernel &kernel;
  const Contraction &product;
  Evaluator &evaluator;
  IndexSpace &space;
  Location loc;
  bool hasManyRegisters;
};
} // namespace

LogicalResult DotBuilder::emit() {
  SmallVector<int64_t> staticDims = {product.columnDim};
  if (product.rowDim)
    staticDims.push_back(*product.rowDim);
  return emitTiles(kernel, evaluator, staticDims, [&](const Tile &tile) {
    return emitOuter(tile, 0, Index(kernel.getRank()));
  });
}

LogicalResult DotBuilder::emitOuter(const Tile &tile, int64_t dim,
                                    Index point) {
  if (dim < kernel.getRank()) {
    if (dim == product.columnDim || product.rowDim == dim)
      return emitOuter(tile, dim + 1, point);
    return emitDimension(tile, dim, evaluator, loc, [&](AffineExpr coordinate) {
      point[dim] = coordinate;
      return emitOuter(tile, dim + 1, point);
    });
  }
  int64_t rows = product.rowDim ? *tile.extents[*product.rowDim] : 1;
  int64_t columns = *tile.extents[product.columnDim];
  DotBlock size = DotBlock::choose(rows, hasManyRegisters);
  auto emitColumns = [&](ArrayRef<Index> block) {
    return emitBlocks(evaluator, loc, tile.origin[product.columnDim], columns,
                      size.columns, [&](AffineExpr first, int64_t count) {
                        Index coordinates;
                        for (int64_t i = 0; i < count; ++i)
                          coordinates.push_back(first + i);
                        return emitBlock(block, coordinates);
                      });
  };
  if (!product.rowDim)
    return emitColumns(point);
  return emitBlocks(evaluator, loc, tile.origin[*product.rowDim], rows,
                    size.rows, [&](AffineExpr first, int64_t count) {
                      SmallVector<Index> block(count, point);
                      for (auto [number, row] : llvm::enumerate(block))
                        row[*product.rowDim] = first + number;
                      return emitColumns(block);
                    });
}

LogicalResult DotBuilder::emitBlock(ArrayRef<Index> rows,
                                    ArrayRef<AffineExpr> columns) {
  OpBuilder &builder = evaluator.getBuilder();
  Type element = getElementTypeOrSelf(product.op.getResult(0).getType());
  int64_t results = rows.size() * columns.size();
  int64_t unroll = getUnroll(results);
  SmallVector<Value> zeros(results * unroll,
                           evaluator.toLanes(evaluator.getScalar(element, 0)));
  Values sums = emitSum(rows, columns, {}, unroll, zeros);
  if (failed(sums))
    return failure();
  for (; unroll > 1; unroll = llvm::divideCeil(unroll, 2))
    for (int64_t next = 0; next < unroll / 2 * results; ++next) {
      int64_t other = llvm::divideCeil(unroll, 2) * results + next;
      (*sums)[next] =
          builder.create<arith::AddFOp>(loc, (*sums)[next], (*sums)[other]);
    }
  unsigned next = 0;
  for (const Index &row : rows)
    for (AffineExpr column : columns) {
      Index point(row);
      point[product.columnDim] = column;
      if (failed(emitResult(point, (*sums)[next++])))
        return failure();
    }
  return success();
}

/// How many vectors along K each result has partial sums for: enough to hide
/// the latency of the sums, as far as registers go, and rather a divisor of the
/// vectors that there are.
int64_t DotBuilder::getUnroll(int64_t results) const {
  int64_t vectors =
      product.extents[product.reductionLoops.back()] / evaluator.getLanes();
  int64_t most =
      std::min<int64_t>({8, (hasManyRegisters ? 28 : 12) / results, vectors});
  for (int64_t unroll = most; unroll > most / 2; --unroll)
    if (vectors % unroll == 0)
      return unroll;
  return std::max<int64_t>(most, 1);
}

/// Finishes one result: the lanes, the initial value, the epilogue.
LogicalResult DotBuilder::emitResult(const Index &point, Value lanes) {
  OpBuilder &builder = evaluator.getBuilder();
  Combiner combiner = *Combiner::match(product.op, 0);
  Index index(point);
  for (auto [expr, size] : llvm::zip_equal(index, kernel.domain))
    if (size == 1)
      expr = space.getConstant(0);
  Value result = combiner.combineLanes(builder, lanes);
  Value init = product.op.getDpsInits()[0];
  if (!combiner.isNeutral(init)) {
    FailureOr<Value> start = evaluator.evaluate(init, index);
    if (failed(start))
      return failure();
    result = combiner.combine(builder, *start, result);
  }
  evaluator.bind(product.op.getResult(0), index, result);
  return emitOutputs(kernel, evaluator, point, /*ofRows=*/true);
}

/// Sums over K. Partial sums are ordered by their place in a group of `unroll`
/// vectors, then by row and column.
FailureOr<SmallVector<Value>>
DotBuilder::emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                    ArrayRef<AffineExpr> reduction, int64_t unroll,
                    ValueRange sums) {
  size_t depth = reduction.size();
  int64_t extent = product.extents[product.reductionLoops[depth]];
  if (depth + 1 < product.reductionLoops.size())
    return evaluator.emitLoop(
        loc, extent, sums, [&](AffineExpr iv, ValueRange inner) {
          Index deeper(reduction);
          deeper.push_back(iv);
          return emitSum(rows, columns, deeper, unroll, inner);
        });
  size_t results = rows.size() * columns.size();
  return emitVectors(
      evaluator, loc, space.getConstant(0), extent, unroll, sums,
      [&](ArrayRef<AffineExpr> coordinates, ValueRange inner) -> Values {
        SmallVector<Value> next(inner);
        for (auto [place, coordinate] : llvm::enumerate(coordinates)) {
          Index deeper(reduction);
          deeper.push_back(coordinate);
          auto own = MutableArrayRef(next).slice(place * results, results);
          if (failed(emitProducts(rows, columns, deeper, own)))
            return failure();
        }
        return next;
      });
}

/// Adds the products at one vector along K to a sum per row and column.
LogicalResult DotBuilder::emitProducts(ArrayRef<Index> rows,
                                       ArrayRef<AffineExpr> columns,
                                       ArrayRef<AffineExpr> reduction,
                                       MutableArrayRef<Value> sums) {
  SmallVector<Value> rhs;
  for (AffineExpr column : columns) {
    Index point(rows.front());
    point[product.columnDim] = column;
    FailureOr<Value> value = emitFactor(product.rhs, point, reduction);
    if (failed(value))
      return failure();
    rhs.push_back(*value);
  }
  Value *next = sums.begin();
  for (const Index &row : rows) {
    Index point(row);
    point[product.columnDim] = columns.front();
    FailureOr<Value> lhs = emitFactor(product.lhs, point, reduction);
    if (failed(lhs))
      return failure();
    for (Value factor : rhs) {
      *next = evaluator.getBuilder().create<vector::FMAOp>(loc, *lhs, factor,
                                                           *next);
      ++next;
    }
  }
  return success();
}

/// A factor along K; lanes past the end are zero in both factors.
FailureOr<Value> DotBuilder::emitFactor(Value factor, const Index &point,
                                        ArrayRef<AffineExpr> reduction) {
  Evaluator::Frame frame = product.getFrame(point, reduction, space);
  FailureOr<Value> value = evaluator.evaluateInRegion(frame, factor);
  if (failed(value))
    return failure();
  Value lanes = evaluator.toLanes(*value);
  if (Value mask = evaluator.getMask()) {
    Type element = getElementTypeOrSelf(lanes.getType());
    Value zero = evaluator.toLanes(evaluator.getScalar(element, 0));
    return Value(
        evaluator.getBuilder().create<arith::SelectOp>(loc, mask, lanes, zero));
  }
  return lanes;
}

LogicalResult buildDots(const Kernel &kernel, const Contraction &product,
                        Evaluator &evaluator, int64_t vectorRegisters) {
  return DotBuilder(kernel, product, evaluator, vectorRegisters).emit();
}

} // namespace sinter::cpu
