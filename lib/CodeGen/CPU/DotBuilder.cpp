// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products whose factors are contiguous along K: their loops and blocks.

#include "DotBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace sinter::cpu {

/// Rows whose results wait on the stack together.
static constexpr int64_t maxStackRows = 24;
/// Elements along K up to which neighbouring columns are one sequence for
/// prefetching: they lie in a page or two.
static constexpr int64_t maxShortDepth = 256;

/// One or two rows take as long as rhs takes to read: it is read in the order
/// it lies in, since prefetching follows one sequence better than several
/// (180 against 120 GB/s from a second-level cache). With more rows the
/// multiply-adds take longest, and columns save loads of lhs; four of them
/// also share the sums of their lanes. A few more at once save going over lhs
/// again for the rest.
DotBlock DotBlock::choose(int64_t rows, int64_t columns, int64_t depth,
                          bool hasManyRegisters) {
  auto balance = [](int64_t extent, int64_t most) -> int64_t {
    return llvm::divideCeil(extent, llvm::divideCeil(extent, most));
  };
  if (hasManyRegisters && rows >= 3 && columns > 4 && columns < 8)
    return {balance(rows, 24 / columns), columns};
  return {balance(rows, hasManyRegisters ? 6 : 2),
          rows < 3 && depth > maxShortDepth ? 1 : 4};
}

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
  if (dim == kernel.getRank())
    return emitGroups(tile, point);
  if (dim == product.columnDim || product.rowDim == dim)
    return emitOuter(tile, dim + 1, point);
  return emitDimension(tile, dim, evaluator, loc, [&](AffineExpr coordinate) {
    point[dim] = coordinate;
    return emitOuter(tile, dim + 1, point);
  });
}

LogicalResult DotBuilder::emitGroups(const Tile &tile, const Index &point) {
  int64_t rows = product.rowDim ? *tile.extents[*product.rowDim] : 1;
  int64_t together =
      llvm::divideCeil(rows, llvm::divideCeil(rows, maxStackRows));
  int64_t columns =
      std::min(*tile.extents[product.columnDim], evaluator.getLanes());
  DotBlock size = DotBlock::choose(
      together, columns, product.extents[product.reductionLoops.back()],
      hasManyRegisters);
  auto type = MemRefType::get(
      {int64_t(product.gates.size()), together, evaluator.getLanes()}, element);
  OpBuilder atEntry =
      OpBuilder::atBlockBegin(&kernel.function.getBody().front());
  Value results = atEntry.create<memref::AllocaOp>(
      loc, type, atEntry.getI64IntegerAttr(64));
  auto emitColumns = [&](AffineExpr firstRow, int64_t count) {
    return emitColumnBlocks(
        space.getConstant(0), tile.origin[product.columnDim],
        *tile.extents[product.columnDim], evaluator.getLanes(),
        [&](AffineExpr firstColumn, int64_t columns) {
          return emitGroup(
              {point, firstRow, count, firstColumn, columns, results}, size);
        });
  };
  if (!product.rowDim)
    return emitColumns({}, 1);
  return emitBlocks(evaluator, loc, tile.origin[*product.rowDim], rows,
                    together, emitColumns);
}

/// Blocks of columns, which may place windows; `base` is added to coordinates.
LogicalResult DotBuilder::emitColumnBlocks(
    AffineExpr base, AffineExpr origin, int64_t extent, int64_t size,
    function_ref<LogicalResult(AffineExpr, int64_t)> body) {
  if (const PaddedWindow *window = product.getWindowAlong(product.columnDim))
    return emitWindowBlocks(evaluator, loc, *window, base, origin, extent, size,
                            body);
  return emitBlocks(evaluator, loc, origin, extent, size, body);
}

/// Columns outside, rows inside: the columns of rhs stay in the cache.
LogicalResult DotBuilder::emitGroup(const Group &group, DotBlock size) {
  for (size_t gate = 0; gate < product.gates.size(); ++gate) {
    auto emitRows = [&](AffineExpr column, int64_t columns) {
      return emitBlocks(evaluator, loc, space.getConstant(0), group.rows,
                        size.rows, [&](AffineExpr row, int64_t rows) {
                          return emitBlock(group, gate, row, rows, column,
                                           columns);
                        });
    };
    if (failed(emitColumnBlocks(group.firstColumn + product.gates[gate],
                                space.getConstant(0), group.columns,
                                size.columns, emitRows)))
      return failure();
  }
  return emitBlocks(evaluator, loc, space.getConstant(0), group.rows, size.rows,
                    [&](AffineExpr row, int64_t rows) {
                      return emitEpilogue(group, row, rows);
                    });
}

/// Sums a block of results and puts them into their places.
LogicalResult DotBuilder::emitBlock(const Group &group, int64_t gate,
                                    AffineExpr row, int64_t rows,
                                    AffineExpr column, int64_t columns) {
  OpBuilder &builder = evaluator.getBuilder();
  SmallVector<AffineExpr> coordinates;
  for (int64_t i = 0; i < columns; ++i)
    coordinates.push_back(group.firstColumn + product.gates[gate] + column + i);
  SmallVector<Index> points;
  for (int64_t i = 0; i < rows; ++i)
    points.push_back(group.at(product, row + i, coordinates.front()));
  int64_t results = rows * columns, unroll = getUnroll(results);
  SmallVector<Value> zeros(results * unroll,
                           evaluator.toLanes(evaluator.getScalar(element, 0)));
  int64_t terms = product.extents[product.reductionLoops.back()] /
                  (unroll * evaluator.getLanes());
  CascadedSums cascade(evaluator, loc, SmallVector<bool>(zeros.size(), true));
  bool isLong = terms > kBlockGroups;
  Values sums = emitSum(points, coordinates, {}, unroll,
                        isLong ? cascade.start(zeros, /*isWide=*/true) : zeros,
                        isLong ? &cascade : nullptr);
  if (failed(sums))
    return failure();
  for (; unroll > 1; unroll = llvm::divideCeil(unroll, 2))
    for (int64_t next = 0; next < unroll / 2 * results; ++next) {
      int64_t other = llvm::divideCeil(unroll, 2) * results + next;
      (*sums)[next] =
          builder.create<arith::AddFOp>(loc, (*sums)[next], (*sums)[other]);
    }
  for (Value &lanes : llvm::MutableArrayRef(*sums).take_front(results))
    lanes = convertFloat(builder, loc, lanes, element);
  storeSums(
      ArrayRef(*sums).take_front(results), columns,
      [&](int64_t number) {
        return SmallVector<Value>{space.getIndex(gate),
                                  space.emit(row + number), space.emit(column)};
      },
      group.results);
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

LogicalResult buildDots(const Kernel &kernel, const Contraction &product,
                        Evaluator &evaluator, int64_t vectorRegisters) {
  return DotBuilder(kernel, product, evaluator, vectorRegisters).emit();
}

} // namespace sinter::cpu
