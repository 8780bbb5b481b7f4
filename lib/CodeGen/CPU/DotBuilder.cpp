// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products whose factors are contiguous along K: each result is a dot product
// with its own vector of partial sums.

#include "Contraction.h"
#include "Outputs.h"
#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

namespace {
class DotBuilder {
public:
  DotBuilder(const Kernel &kernel, const Contraction &product,
             Evaluator &evaluator)
      : kernel(kernel), product(product), evaluator(evaluator),
        space(evaluator.getSpace()), loc(product.op->getLoc()) {}

  LogicalResult emit();

private:
  using Values = FailureOr<SmallVector<Value>>;

  LogicalResult emitOuter(const Tile &tile, int64_t dim, Index point);
  LogicalResult emitBlock(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns);
  Values emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                 ArrayRef<AffineExpr> reduction, ValueRange sums);
  FailureOr<Value> emitFactor(Value factor, const Index &point,
                              ArrayRef<AffineExpr> reduction);
  LogicalResult emitResult(const Index &point, Value lanes);

  /// Four by four results use each loaded vector four times.
  static int64_t getBlockSize(int64_t others) { return others == 1 ? 8 : 4; }

  const Kernel &kernel;
  const Contraction &product;
  Evaluator &evaluator;
  IndexSpace &space;
  Location loc;
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
  auto emitColumns = [&](ArrayRef<Index> block) {
    return emitBlocks(evaluator, loc, tile.origin[product.columnDim], columns,
                      getBlockSize(rows), [&](AffineExpr first, int64_t count) {
                        Index coordinates;
                        for (int64_t i = 0; i < count; ++i)
                          coordinates.push_back(first + i);
                        return emitBlock(block, coordinates);
                      });
  };
  if (!product.rowDim)
    return emitColumns(point);
  return emitBlocks(evaluator, loc, tile.origin[*product.rowDim], rows,
                    getBlockSize(columns),
                    [&](AffineExpr first, int64_t count) {
                      SmallVector<Index> block(count, point);
                      for (auto [number, row] : llvm::enumerate(block))
                        row[*product.rowDim] = first + number;
                      return emitColumns(block);
                    });
}

LogicalResult DotBuilder::emitBlock(ArrayRef<Index> rows,
                                    ArrayRef<AffineExpr> columns) {
  Type element = getElementTypeOrSelf(product.op.getResult(0).getType());
  SmallVector<Value> zeros(rows.size() * columns.size(),
                           evaluator.toLanes(evaluator.getScalar(element, 0)));
  Values sums = emitSum(rows, columns, {}, zeros);
  if (failed(sums))
    return failure();
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

FailureOr<SmallVector<Value>>
DotBuilder::emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                    ArrayRef<AffineExpr> reduction, ValueRange sums) {
  size_t depth = reduction.size();
  int64_t extent = product.extents[product.reductionLoops[depth]];
  if (depth + 1 < product.reductionLoops.size())
    return evaluator.emitLoop(loc, extent, sums,
                              [&](AffineExpr iv, ValueRange inner) {
                                Index deeper(reduction);
                                deeper.push_back(iv);
                                return emitSum(rows, columns, deeper, inner);
                              });
  OpBuilder &builder = evaluator.getBuilder();
  return emitVectors(
      evaluator, loc, space.getConstant(0), extent, 1, sums,
      [&](ArrayRef<AffineExpr> coordinates, ValueRange inner) -> Values {
        Index deeper(reduction);
        deeper.push_back(coordinates.front());
        SmallVector<Value> rhs, next;
        for (AffineExpr column : columns) {
          Index point(rows.front());
          point[product.columnDim] = column;
          FailureOr<Value> value = emitFactor(product.rhs, point, deeper);
          if (failed(value))
            return failure();
          rhs.push_back(*value);
        }
        for (const Index &row : rows) {
          Index point(row);
          point[product.columnDim] = columns.front();
          FailureOr<Value> lhs = emitFactor(product.lhs, point, deeper);
          if (failed(lhs))
            return failure();
          for (Value factor : rhs)
            next.push_back(builder.create<vector::FMAOp>(loc, *lhs, factor,
                                                         inner[next.size()]));
        }
        return next;
      });
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
                        Evaluator &evaluator) {
  return DotBuilder(kernel, product, evaluator).emit();
}

} // namespace sinter::cpu
