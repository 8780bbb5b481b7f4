// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Register-tiled products: a tile of accumulators stays in registers over the
// whole sum; the epilogue is evaluated with the accumulators as the product.

#include "ContractionBuilder.h"
#include "OperationInterleaver.h"
#include "Outputs.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

/// Products that are added up one after the other where there are many: few
/// enough for a small error, so many that what a block costs does not count.
static constexpr int64_t kBlockProducts = 128;
/// Products that need no blocks.
static constexpr int64_t kMaxPlainProducts = 512;
/// Products of a loop that is unrolled so that rows share what they read.
static constexpr int64_t kMaxUnrolledProducts = 256;
/// Products whose blocks are added up in the type of the terms.
static constexpr int64_t kNarrowProducts = 1024;

LogicalResult ContractionBuilder::emit() {
  SmallVector<int64_t> staticDims = {product.columnDim};
  for (std::optional<int64_t> dim : {product.rowDim, product.outerRowDim})
    if (dim)
      staticDims.push_back(*dim);
  return emitTiles(kernel, evaluator, staticDims, [&](const Tile &tile) {
    return emitOuter(tile, 0, Index(kernel.getRank()));
  });
}

LogicalResult ContractionBuilder::emitOuter(const Tile &tile, int64_t dim,
                                            Index point) {
  if (dim == kernel.getRank())
    return emitColumns(tile, point);
  if (dim == product.columnDim || product.rowDim == dim ||
      product.outerRowDim == dim)
    return emitOuter(tile, dim + 1, point);
  return emitDimension(tile, dim, evaluator, loc, [&](AffineExpr coordinate) {
    point[dim] = coordinate;
    return emitOuter(tile, dim + 1, point);
  });
}

/// Columns outside, rows inside: the columns of rhs stay in the cache.
LogicalResult ContractionBuilder::emitColumns(const Tile &tile,
                                              const Index &point) {
  int64_t lanes = evaluator.getLanes();
  int64_t extent = *tile.extents[product.columnDim];
  RegisterTile registers =
      RegisterTile::choose(getRows(tile), llvm::divideCeil(extent, lanes),
                           product.gates.size(), vectorRegisters);
  auto emitAt = [&](AffineExpr first, int64_t count) {
    SmallVector<Column> columns;
    for (int64_t offset = 0; offset < count; offset += lanes)
      columns.push_back({first + offset, first + offset + space.getLane(),
                         std::min(lanes, count - offset)});
    return emitRows(tile, point, columns, registers.rows);
  };
  AffineExpr origin = tile.origin[product.columnDim];
  if (const PaddedWindow *window = product.getWindowAlong(product.columnDim))
    return emitWindowBlocks(evaluator, loc, *window, space.getConstant(0),
                            origin, extent, registers.vectors * lanes, emitAt);
  return emitBlocks(evaluator, loc, origin, extent, registers.vectors * lanes,
                    emitAt);
}

LogicalResult ContractionBuilder::emitBlock(Rows rows, Columns columns) {
  SmallVector<Value> sums;
  Value init = product.op.getDpsInits()[0];
  auto forEach = [&](auto body) -> LogicalResult {
    for (const Index &row : rows)
      for (const Column &column : columns) {
        evaluator.setActiveLanes(column.lanes);
        if (failed(body(row, column)))
          return failure();
      }
    evaluator.setMask(Value());
    return success();
  };
  auto start = [&](const Index &row, const Column &column) -> LogicalResult {
    for (int64_t gate : product.gates) {
      FailureOr<Value> value =
          evaluator.evaluate(init, getResultIndex(at(row, column, gate)));
      if (failed(value))
        return failure();
      sums.push_back(evaluator.toLanes(*value));
    }
    return success();
  };
  if (failed(forEach(start)))
    return failure();
  Values results = emitCascaded(rows, columns, sums);
  if (failed(results))
    return failure();
  unsigned next = 0;
  OperationInterleaver interleaver(evaluator.getBuilder());
  LogicalResult emitted = forEach([&](const Index &row, const Column &column) {
    for (int64_t gate : product.gates)
      evaluator.bind(product.op.getResult(0),
                     getResultIndex(at(row, column, gate)), (*results)[next++]);
    interleaver.startSequence();
    return emitOutputs(kernel, evaluator, at(row, column), /*ofRows=*/true);
  });
  interleaver.interleave();
  return emitted;
}

/// The sizes of blocks of a sum, the largest first.
static ArrayRef<int64_t> getBlocks(int64_t extent) {
  static constexpr int64_t sizes[] = {kNarrowProducts, kBlockProducts};
  return ArrayRef(sizes).drop_front(extent <= kNarrowProducts);
}

FailureOr<SmallVector<Value>>
ContractionBuilder::emitCascaded(Rows rows, Columns columns, ValueRange sums) {
  int64_t extent = product.extents[product.reductionLoops.back()];
  if (extent <= kMaxPlainProducts || !isa<arith::AddFOp>(product.sum))
    return emitSum(rows, columns, {}, sums, nullptr);
  CascadedSums cascade(evaluator, loc, SmallVector<bool>(sums.size(), true));
  Values totals =
      emitSum(rows, columns, {}, cascade.start(sums, extent > kNarrowProducts),
              &cascade);
  if (failed(totals))
    return failure();
  Type element = getElementTypeOrSelf(sums[0].getType());
  for (Value &total : *totals)
    total = convertFloat(evaluator.getBuilder(), loc, total, element);
  return totals;
}

/// Sums over K from its loop number `reduction.size()` on; the innermost one in
/// blocks if there is a `cascade`.
FailureOr<SmallVector<Value>>
ContractionBuilder::emitSum(Rows rows, Columns columns,
                            ArrayRef<AffineExpr> reduction, ValueRange sums,
                            CascadedSums *cascade) {
  size_t depth = reduction.size();
  if (depth == product.reductionLoops.size())
    return emitProducts(rows, columns, reduction, sums);
  bool isInnermost = depth + 1 == product.reductionLoops.size();
  const std::optional<PaddedWindow> &window = product.windows[depth];
  if (window && !cascade) // blocks count products that are left out, too
    return emitWindow(*window, rows, columns, reduction, sums);
  int64_t extent = product.extents[product.reductionLoops[depth]];
  auto emitPart = [&](Value lower, Value upper, ValueRange values) {
    return evaluator.emitLoop(loc, lower, upper, 1,
                              {0, std::max<int64_t>(extent - 1, 0)}, values,
                              [&](AffineExpr iv, ValueRange inner) {
                                Index deeper(reduction);
                                deeper.push_back(iv);
                                return emitSum(rows, columns, deeper, inner,
                                               isInnermost ? nullptr : cascade);
                              });
  };
  if (cascade && isInnermost)
    return cascade->emitBlocks(extent, getBlocks(extent), sums, emitPart);
  return emitTerms(depth, rows.size(), {0, extent - 1}, sums,
                   [&](AffineExpr place, ValueRange values) {
                     Index deeper(reduction);
                     deeper.push_back(place);
                     return emitSum(rows, columns, deeper, values, cascade);
                   });
}

/// Sums over a range of the loop number `depth`. Where rows read the same
/// elements one after the other, the loop is unrolled: each is read once.
FailureOr<SmallVector<Value>>
ContractionBuilder::emitTerms(size_t depth, int64_t rows, Range range,
                              ValueRange sums, Evaluator::LoopBody body) {
  int64_t end = range.maximum + 1;
  bool isShared =
      product.hasOverlappingRows && rows > 1 &&
      depth + 1 == product.reductionLoops.size() &&
      (end - range.minimum) * int64_t(sums.size()) <= kMaxUnrolledProducts;
  if (!isShared)
    return evaluator.emitLoop(
        loc, space.getIndex(range.minimum), space.getIndex(end), 1,
        {range.minimum, std::max(range.minimum, range.maximum)}, sums, body);
  Values values = SmallVector<Value>(sums);
  for (int64_t place = range.minimum; place < end && succeeded(values); ++place)
    values = body(space.getConstant(place), *values);
  return values;
}

Value ContractionBuilder::emitMultiplyAdd(Value lhs, Value rhs, Value sum) {
  OpBuilder &builder = evaluator.getBuilder();
  if (isa<FloatType>(getElementTypeOrSelf(sum.getType())))
    return builder.create<vector::FMAOp>(loc, lhs, rhs, sum);
  Value scaled = builder.create<arith::MulIOp>(loc, lhs, rhs);
  return builder.create<arith::AddIOp>(loc, sum, scaled);
}

FailureOr<SmallVector<Value>>
ContractionBuilder::emitProducts(Rows rows, Columns columns,
                                 ArrayRef<AffineExpr> reduction,
                                 ValueRange sums) {
  SmallVector<Value> rhs, next;
  for (const Column &column : columns) {
    evaluator.setActiveLanes(column.lanes);
    for (int64_t gate : product.gates) {
      Evaluator::Frame frame =
          product.getFrame(at(rows.front(), column, gate), reduction, space);
      FailureOr<Value> value = evaluator.evaluateInRegion(frame, product.rhs);
      if (failed(value))
        return failure();
      rhs.push_back(evaluator.toLanes(*value));
    }
  }
  evaluator.setMask(Value());
  for (const Index &row : rows) {
    Evaluator::Frame frame =
        product.getFrame(at(row, columns.front()), reduction, space);
    FailureOr<Value> value = evaluator.evaluateInRegion(frame, product.lhs);
    if (failed(value))
      return failure();
    Value lhs = evaluator.toLanes(*value);
    for (Value column : rhs)
      next.push_back(emitMultiplyAdd(lhs, column, sums[next.size()]));
  }
  return next;
}

LogicalResult buildContraction(const Kernel &kernel, const Contraction &product,
                               Evaluator &evaluator, int64_t vectorRegisters) {
  return ContractionBuilder(kernel, product, evaluator, vectorRegisters).emit();
}

} // namespace sinter::cpu
