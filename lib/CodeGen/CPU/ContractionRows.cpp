// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of a product's register tiles, and which taps of their windows read
// elements: products with zeros around a tensor are left out.

#include "ContractionBuilder.h"
#include "WindowSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::cpu {

/// Rows of two dimensions that have code of their own, and how many of them a
/// register tile has at most.
static constexpr int64_t maxUnrolledRows = 64, mostTileRows = 12;

/// The rows that a register tile chooses from. Those of two dimensions are cut
/// into equal parts before.
int64_t ContractionBuilder::getRows(const Tile &tile) const {
  int64_t rows = product.rowDim ? *tile.extents[*product.rowDim] : 1;
  if (!product.outerRowDim)
    return rows;
  rows *= getOuterRows(tile);
  return llvm::divideCeil(rows, llvm::divideCeil(rows, mostTileRows));
}

/// How many places of the outer dimension have code of their own.
int64_t ContractionBuilder::getOuterRows(const Tile &tile) const {
  int64_t extent = *tile.extents[*product.outerRowDim],
          most = std::max<int64_t>(
              maxUnrolledRows / *tile.extents[*product.rowDim], 1);
  return llvm::divideCeil(extent, llvm::divideCeil(extent, most));
}

LogicalResult ContractionBuilder::emitRows(const Tile &tile, const Index &point,
                                           Columns columns,
                                           int64_t rowsPerBlock) {
  if (!product.rowDim)
    return emitBlock(point, columns);
  if (product.outerRowDim)
    return emitRowsOfTwoDims(tile, point, columns, rowsPerBlock);
  auto emitAt = [&](AffineExpr first, int64_t count) {
    SmallVector<Index> rows(count, point);
    for (auto [number, row] : llvm::enumerate(rows))
      row[*product.rowDim] = first + number;
    return emitBlock(rows, columns);
  };
  if (const PaddedWindow *window = product.getWindowAlong(*product.rowDim))
    return emitWindowBlocks(evaluator, loc, *window, space.getConstant(0),
                            tile.origin[*product.rowDim], getRows(tile),
                            rowsPerBlock, emitAt);
  return emitBlocks(evaluator, loc, tile.origin[*product.rowDim], getRows(tile),
                    rowsPerBlock, emitAt);
}

LogicalResult ContractionBuilder::emitRowsOfTwoDims(const Tile &tile,
                                                    const Index &point,
                                                    Columns columns,
                                                    int64_t rowsPerBlock) {
  int64_t outer = *product.outerRowDim, inner = *product.rowDim;
  auto emitAt = [&](AffineExpr first, int64_t count) -> LogicalResult {
    SmallVector<Index> rows;
    for (int64_t place = 0; place < count; ++place)
      for (int64_t row = 0; row < *tile.extents[inner]; ++row) {
        rows.push_back(point);
        rows.back()[outer] = first + place;
        rows.back()[inner] = tile.origin[inner] + row;
      }
    for (Rows rest = rows; !rest.empty();) {
      int64_t size = std::min<int64_t>(rowsPerBlock, rest.size());
      if (failed(emitBlock(rest.take_front(size), columns)))
        return failure();
      rest = rest.drop_front(size);
    }
    return success();
  };
  AffineExpr origin = tile.origin[outer];
  int64_t extent = *tile.extents[outer], places = getOuterRows(tile);
  if (!product.getWindowAlong(outer))
    return emitBlocks(evaluator, loc, origin, extent, places, emitAt);
  for (int64_t place = 0; place < extent; place += places)
    if (failed(emitAt(origin + place, std::min(places, extent - place))))
      return failure();
  return success();
}

/// Sums over the taps of a window that read elements.
FailureOr<SmallVector<Value>>
ContractionBuilder::emitWindow(const PaddedWindow &window, Rows rows,
                               Columns columns, ArrayRef<AffineExpr> reduction,
                               ValueRange sums) {
  auto emitTap = [&](AffineExpr tap, ValueRange values) {
    Index deeper(reduction);
    deeper.push_back(tap);
    return emitSum(rows, columns, deeper, values, nullptr);
  };
  if (product.getDimOfLoop(window.placeLoop) == product.columnDim)
    return emitWindowOfColumns(window, rows, columns, reduction, sums);
  WindowSums windows(kernel, product, evaluator);
  SmallVector<AffineExpr> places;
  for (const Index &row : rows)
    places.push_back(windows.getPlace(window, row));
  if (llvm::all_equal(places))
    return windows.emitAt(window, rows.front(), reduction, sums, emitTap);
  return windows.emitOver(
      window, places, sums,
      [&](Range taps, ValueRange values) {
        return emitTerms(reduction.size(), rows.size(), taps, values, emitTap);
      },
      [&](AffineExpr tap, ArrayRef<size_t> inside, ValueRange values) {
        return emitTapOfSome(rows, inside, columns, reduction, tap, values);
      });
}

/// Adds the products of one tap for the rows that have it inside.
FailureOr<SmallVector<Value>> ContractionBuilder::emitTapOfSome(
    Rows rows, ArrayRef<size_t> inside, Columns columns,
    ArrayRef<AffineExpr> reduction, AffineExpr tap, ValueRange sums) {
  size_t perRow = sums.size() / rows.size();
  SmallVector<Index> own;
  SmallVector<size_t> places;
  SmallVector<Value> values, all(sums);
  for (size_t number : inside) {
    own.push_back(rows[number]);
    for (size_t sum = number * perRow; sum < (number + 1) * perRow; ++sum) {
      places.push_back(sum);
      values.push_back(sums[sum]);
    }
  }
  Index deeper(reduction);
  deeper.push_back(tap);
  Values added = emitSum(own, columns, deeper, values, nullptr);
  if (failed(added))
    return failure();
  for (auto [place, value] : llvm::zip_equal(places, *added))
    all[place] = value;
  return all;
}

/// Where the columns place the windows, each lane has one of its own: taps that
/// some lanes have outside come one by one, and their loads are masked.
FailureOr<SmallVector<Value>> ContractionBuilder::emitWindowOfColumns(
    const PaddedWindow &window, Rows rows, Columns columns,
    ArrayRef<AffineExpr> reduction, ValueRange sums) {
  auto emitTap = [&](AffineExpr tap, ValueRange values) {
    Index deeper(reduction);
    deeper.push_back(tap);
    return emitSum(rows, columns, deeper, values, nullptr);
  };
  Range all = {0, window.taps - 1}, common = all, some = {window.taps, -1};
  bool areConstant = true;
  for (const Column &column : columns) {
    areConstant &= isa<AffineConstantExpr>(column.first);
    std::optional<Range> places = space.getRange(column.first);
    if (!places)
      return emitTerms(reduction.size(), rows.size(), all, sums, emitTap);
    places->maximum += column.lanes - 1;
    Range own = window.getCommonTaps(*places), any = window.getAnyTaps(*places);
    common = {std::max(common.minimum, own.minimum),
              std::min(common.maximum, own.maximum)};
    some = {std::min(some.minimum, any.minimum),
            std::max(some.maximum, any.maximum)};
  }
  if (!areConstant) // each lane looks where it reads, if not all are inside
    return emitTerms(reduction.size(), rows.size(), all, sums, emitTap);
  if (common.minimum > common.maximum)
    common = {some.maximum + 1, some.maximum};
  Values values = SmallVector<Value>(sums);
  for (int64_t tap = some.minimum; tap < common.minimum && succeeded(values);
       ++tap)
    values = emitTap(space.getConstant(tap), *values);
  if (succeeded(values))
    values = emitTerms(reduction.size(), rows.size(), common, *values, emitTap);
  for (int64_t tap = common.maximum + 1;
       tap <= some.maximum && succeeded(values); ++tap)
    values = emitTap(space.getConstant(tap), *values);
  return values;
}

} // namespace sinter::cpu
