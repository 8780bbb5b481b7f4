// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops over updates, each of which goes to the row that its index selects.

#include "ScatterEmitter.h"
#include "Contraction.h"
#include "Outputs.h"

#include "sinter/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace sinter::cpu {

/// Columns of a block of scratch, so that it holds several rows.
static constexpr int64_t kMaximumColumns = 512;

ScatterEmitter::ScatterEmitter(const Kernel &kernel, Evaluator &evaluator,
                               AccessAnalysis &analysis, const SelectedSum &sum)
    : kernel(kernel), evaluator(evaluator), space(evaluator.getSpace()),
      analysis(analysis), sum(sum), loc(sum.reduction->op.getLoc()) {
  // Lanes lie within a row: those of dimensions before it are far apart.
  for (int64_t dim = sum.rowDim + 1; dim < kernel.getRank(); ++dim)
    if (!kernel.isReduced[dim] && kernel.domain[dim] > 1)
      laneDim = dim;
  blockRows = kernel.tileSizes[sum.rowDim];
  blockColumns = laneDim ? kernel.tileSizes[*laneDim] : 1;
}

bool ScatterEmitter::pays() const {
  int64_t updates = 1;
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim)
    updates *= kernel.isReduced[dim] ? kernel.domain[dim] : 1;
  // A few rows fill a vector, which looks at an update at once.
  return updates > 1 &&
         (laneDim || kernel.domain[sum.rowDim] > 2 * evaluator.getLanes());
}

void ScatterEmitter::reserveScratch() {
  const KernelOutput &first = kernel.outputs.front();
  bool isOutput = kernel.outputs.size() == 1 && !first.layout &&
                  first.tensor == sum.reduction->op.getResult(0);
  if (isOutput)
    return;
  Type element = getElementTypeOrSelf(sum.reduction->op.getResult(0));
  int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  blockColumns = std::min(blockColumns, kMaximumColumns);
  // A byte per row for its mark.
  int64_t bytesOfRow = bytes * blockColumns + 1;
  blockRows = std::min(blockRows, (kMaximumScratchBytes - UpdateList::kBytes) /
                                      bytesOfRow);
  OpBuilder &builder = evaluator.getBuilder();
  auto reserve = [&](ArrayRef<int64_t> shape, Type type) {
    return builder.create<memref::AllocaOp>(loc, MemRefType::get(shape, type),
                                            builder.getI64IntegerAttr(64));
  };
  scratch = reserve({blockRows, blockColumns}, element);
  // Columns whose indices differ take updates of their own.
  if (laneDim && analysis.dependsOn(sum.number, *laneDim))
    return;
  auto isLong = [&](int64_t dim) {
    return kernel.isReduced[dim] && kernel.domain[dim] > 1;
  };
  auto dims = llvm::to_vector(
      llvm::make_filter_range(llvm::seq<int64_t>(0, kernel.getRank()), isLong));
  if (dims.size() == 1 && kernel.tileSizes[sum.rowDim] > blockRows) {
    listedDim = dims.front();
    list.emplace(evaluator, loc, kernel.domain[listedDim]);
  }
  if (laneDim)
    marks = reserve({blockRows}, builder.getI8Type());
}

LogicalResult ScatterEmitter::emit() {
  reserveScratch();
  if (failed(emitRests()))
    return failure();
  SmallVector<int64_t> staticDims = {sum.rowDim};
  if (laneDim)
    staticDims.push_back(*laneDim);
  return emitTiles(kernel, evaluator, staticDims, [&](const Tile &tile) {
    return emitGrid(tile, 0, Index(kernel.getRank()));
  });
}

LogicalResult ScatterEmitter::emitGrid(const Tile &tile, int64_t dim,
                                       Index point) {
  if (dim == kernel.getRank())
    return emitRows(tile, point);
  if (kernel.isReduced[dim] || dim == sum.rowDim || laneDim == dim)
    return emitGrid(tile, dim + 1, point);
  return emitDimension(tile, dim, evaluator, loc, [&](AffineExpr coordinate) {
    point[dim] = coordinate;
    return emitGrid(tile, dim + 1, point);
  });
}

LogicalResult ScatterEmitter::emitRows(const Tile &tile, const Index &point) {
  if (list && failed(emitList(tile, point)))
    return failure();
  return emitBlocks(
      evaluator, loc, tile.origin[sum.rowDim], *tile.extents[sum.rowDim],
      blockRows, [&](AffineExpr firstRow, int64_t rows) -> LogicalResult {
        if (!laneDim)
          return emitBlock({point, firstRow, AffineExpr(), rows, 1});
        return emitBlocks(
            evaluator, loc, tile.origin[*laneDim], *tile.extents[*laneDim],
            blockColumns, [&](AffineExpr firstColumn, int64_t columns) {
              return emitBlock({point, firstRow, firstColumn, rows, columns});
            });
      });
}

LogicalResult ScatterEmitter::emitList(const Tile &tile, Index point) {
  if (laneDim)
    point[*laneDim] = tile.origin[*laneDim];
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim)
    if (kernel.isReduced[dim])
      point[dim] = space.getConstant(0);
  return list->emit([&](AffineExpr update) -> FailureOr<Value> {
    point[listedDim] = update;
    FailureOr<SelectedRow> row =
        emitRow(point, tile.origin[sum.rowDim], *tile.extents[sum.rowDim]);
    if (failed(row))
      return failure();
    return row->isInside;
  });
}

LogicalResult ScatterEmitter::emitBlock(const Block &block) {
  if (failed(rests ? emitMarks(block) : emitZeros(block)) ||
      failed(emitUpdates(block, 0, block.point)))
    return failure();
  return scratch ? emitResults(block) : success();
}

LogicalResult ScatterEmitter::emitIf(Value condition,
                                     function_ref<LogicalResult()> body) {
  OpBuilder &builder = evaluator.getBuilder();
  auto branch = builder.create<scf::IfOp>(loc, condition, /*withElse=*/false);
  EvaluatorScope scope(evaluator);
  builder.setInsertionPointToStart(&branch.getThenRegion().front());
  return body();
}

LogicalResult
ScatterEmitter::emitLoop(int64_t extent,
                         function_ref<LogicalResult(AffineExpr)> body) {
  Values done = evaluator.emitLoop(loc, extent, {},
                                   [&](AffineExpr iv, ValueRange) -> Values {
                                     if (failed(body(iv)))
                                       return failure();
                                     return SmallVector<Value>();
                                   });
  return success(succeeded(done));
}

LogicalResult ScatterEmitter::emitColumns(const Block &block, Index point,
                                          PointBody body) {
  if (!laneDim)
    return body(point, space.getConstant(0));
  Values done =
      emitVectors(evaluator, loc, space.getConstant(0), block.columns, kUnroll,
                  {}, [&](ArrayRef<AffineExpr> columns, ValueRange) -> Values {
                    for (AffineExpr column : columns) {
                      point[*laneDim] = block.firstColumn + column;
                      if (failed(body(point, column)))
                        return failure();
                    }
                    return SmallVector<Value>();
                  });
  return success(succeeded(done));
}

std::pair<Value, Index> ScatterEmitter::getPlace(const Index &point,
                                                 AffineExpr row,
                                                 AffineExpr column) const {
  if (scratch)
    return {scratch, {row, column}};
  const KernelOutput &output = kernel.outputs.front();
  return {output.buffer, getOutputIndex(kernel, output, point, space)};
}

LogicalResult ScatterEmitter::emitUpdates(const Block &block, int64_t dim,
                                          Index point) {
  if (dim == kernel.getRank())
    return emitSelected(block, point);
  if (!kernel.isReduced[dim])
    return emitUpdates(block, dim + 1, point);
  if (list && dim == listedDim)
    return list->emitLoop([&](AffineExpr update) {
      point[dim] = update;
      return emitUpdates(block, dim + 1, point);
    });
  return emitLoop(kernel.domain[dim], [&](AffineExpr iv) {
    point[dim] = iv;
    return emitUpdates(block, dim + 1, point);
  });
}

LogicalResult ScatterEmitter::emitSelected(const Block &block, Index point) {
  // Columns whose indices differ go one by one.
  if (laneDim && analysis.dependsOn(sum.number, *laneDim))
    return emitLoop(block.columns, [&](AffineExpr column) {
      point[*laneDim] = block.firstColumn + column;
      return emitIfInBlock(
          block, point, [&](const Index &target, AffineExpr row) {
            return addUpdate(point, target[sum.rowDim], row, column);
          });
    });
  if (laneDim)
    point[*laneDim] = block.firstColumn;
  return emitIfInBlock(block, point, [&](const Index &target, AffineExpr row) {
    if (rests && failed(emitMark(block, row)))
      return failure();
    return emitColumns(
        block, point, [&](const Index &place, AffineExpr column) {
          return addUpdate(place, target[sum.rowDim], row, column);
        });
  });
}

FailureOr<ScatterEmitter::SelectedRow>
ScatterEmitter::emitRow(const Index &point, AffineExpr firstRow, int64_t rows) {
  OpBuilder &builder = evaluator.getBuilder();
  FailureOr<Value> number = evaluate(sum.number, point);
  if (failed(number))
    return failure();
  SelectedRow row;
  row.number =
      builder.create<arith::IndexCastOp>(loc, builder.getIndexType(), *number);
  row.fromFirst = builder.createOrFold<arith::SubIOp>(loc, row.number,
                                                      space.emit(firstRow));
  // What is negative is above every extent as an unsigned number.
  row.isInside = builder.create<arith::CmpIOp>(
      loc, arith::CmpIPredicate::ult, row.fromFirst, space.getIndex(rows));
  return row;
}

/// Emits what happens if the index at a point selects a row of the block;
/// `body` gets the point in that row, and the row within the block.
LogicalResult ScatterEmitter::emitIfInBlock(const Block &block,
                                            const Index &point,
                                            PointBody body) {
  FailureOr<SelectedRow> row = emitRow(point, block.firstRow, block.rows);
  if (failed(row))
    return failure();
  return emitIf(row->isInside, [&] {
    Index target = point;
    target[sum.rowDim] =
        space.addVariable(row->number, kernel.domain[sum.rowDim] - 1);
    return body(target, space.addVariable(row->fromFirst, block.rows - 1));
  });
}

LogicalResult ScatterEmitter::addUpdate(Index point, AffineExpr target,
                                        AffineExpr row, AffineExpr column) {
  FailureOr<Value> update = evaluate(sum.update, point);
  if (failed(update))
    return failure();
  point[sum.rowDim] = target;
  auto [buffer, index] = getPlace(point, row, column);
  FailureOr<Value> before = evaluator.load(buffer, index, loc);
  if (failed(before))
    return failure();
  if (evaluator.isLanes(*before))
    update = evaluator.toLanes(*update);
  Value after = sum.combiner.combine(evaluator.getBuilder(), *before, *update);
  return evaluator.store(after, buffer, index, loc);
}

FailureOr<Value> ScatterEmitter::evaluate(const RegionValue &value,
                                          const Index &point) {
  Evaluator::Frame frame(value.op, analysis.substitute(value.iteration, point));
  return evaluator.evaluateInRegion(frame, value.value);
}

} // namespace sinter::cpu
