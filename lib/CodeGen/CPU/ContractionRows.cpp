// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of a product's register tiles, and which taps of their windows read
// elements: products with zeros around a tensor are left out.

#include "ContractionBuilder.h"

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
    return emitBorderedRows(tile, *window, rowsPerBlock, emitAt);
  return emitBlocks(evaluator, loc, tile.origin[*product.rowDim], getRows(tile),
                    rowsPerBlock, emitAt);
}

/// Blocks with a window that reaches into the padding have code of their own,
/// in which the taps that are inside are known; between them there is a loop.
LogicalResult ContractionBuilder::emitBorderedRows(const Tile &tile,
                                                   const PaddedWindow &window,
                                                   int64_t rowsPerBlock,
                                                   RowsBody body) {
  AffineExpr origin = tile.origin[*product.rowDim];
  auto begin = dyn_cast<AffineConstantExpr>(origin);
  int64_t extent = getRows(tile);
  if (!begin)
    return emitBlocks(evaluator, loc, origin, extent, rowsPerBlock, body);
  Range inner = window.getInnerPlaces();
  auto clampRow = [&](int64_t place) {
    return std::clamp<int64_t>(place - begin.getValue(), 0, extent);
  };
  int64_t first = std::min<int64_t>(
      llvm::alignTo(clampRow(inner.minimum), rowsPerBlock), extent);
  int64_t blocks =
      std::max<int64_t>(clampRow(inner.maximum + 1) - first, 0) / rowsPerBlock;
  int64_t last = first + blocks * rowsPerBlock;
  auto emitBorder = [&](int64_t from, int64_t to) -> LogicalResult {
    for (int64_t row = from; row < to; row += rowsPerBlock)
      if (failed(body(origin + row, std::min(rowsPerBlock, to - row))))
        return failure();
    return success();
  };
  if (failed(emitBorder(0, first)) ||
      failed(emitBlocks(evaluator, loc, origin + first, last - first,
                        rowsPerBlock, body)))
    return failure();
  return emitBorder(last, extent);
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

/// The coordinate of a row that places its window.
AffineExpr ContractionBuilder::getPlace(const PaddedWindow &window,
                                        const Index &row) const {
  int64_t dim = product.getDimOfLoop(window.placeLoop);
  return kernel.domain[dim] == 1 ? space.getConstant(0) : row[dim];
}

/// The taps at which all rows read elements; nothing if it is not known which
/// rows do so at the other taps.
std::optional<Range>
ContractionBuilder::getCommonTaps(const PaddedWindow &window, Rows rows) const {
  Range common = {0, window.taps - 1};
  bool areConstant = true;
  for (const Index &row : rows) {
    AffineExpr place = getPlace(window, row);
    std::optional<Range> range = space.getRange(place);
    if (!range)
      return std::nullopt;
    Range own = window.getCommonTaps(*range);
    common = {std::max(common.minimum, own.minimum),
              std::min(common.maximum, own.maximum)};
    areConstant &= isa<AffineConstantExpr>(place);
  }
  bool areAll = common.minimum == 0 && common.maximum == window.taps - 1;
  if (!areAll && !areConstant)
    return std::nullopt;
  return common;
}

/// Sums over the taps of a window that read elements. Where the windows of the
/// rows lie at different places, the taps that only some of them have inside
/// come one by one, before and after those of all.
FailureOr<SmallVector<Value>>
ContractionBuilder::emitWindow(const PaddedWindow &window, Rows rows,
                               Columns columns, ArrayRef<AffineExpr> reduction,
                               ValueRange sums) {
  auto emitTap = [&](AffineExpr tap, ValueRange values) {
    Index deeper(reduction);
    deeper.push_back(tap);
    return emitSum(rows, columns, deeper, values, nullptr);
  };
  if (llvm::all_equal(llvm::map_range(
          rows, [&](const Index &row) { return getPlace(window, row); })))
    return emitTapsAt(window, rows.front(), reduction, sums, emitTap);
  std::optional<Range> common = getCommonTaps(window, rows);
  size_t depth = reduction.size();
  if (!common) // each product looks where it reads
    return emitTerms(depth, rows.size(), {0, window.taps - 1}, sums, emitTap);
  int64_t begin = common->minimum, end = common->maximum + 1;
  if (begin >= end)
    begin = end = window.taps;
  Values values = SmallVector<Value>(sums);
  for (int64_t tap = 0; tap < begin && succeeded(values); ++tap)
    values = emitTapOfSome(window, rows, columns, reduction, tap, *values);
  if (succeeded(values))
    values = emitTerms(depth, rows.size(), {begin, end - 1}, *values, emitTap);
  for (int64_t tap = end; tap < window.taps && succeeded(values); ++tap)
    values = emitTapOfSome(window, rows, columns, reduction, tap, *values);
  return values;
}

/// Adds the products of one tap for the rows that have it inside.
FailureOr<SmallVector<Value>> ContractionBuilder::emitTapOfSome(
    const PaddedWindow &window, Rows rows, Columns columns,
    ArrayRef<AffineExpr> reduction, int64_t tap, ValueRange sums) {
  size_t perRow = sums.size() / rows.size();
  SmallVector<Index> inside;
  SmallVector<size_t> places;
  SmallVector<Value> own, all(sums);
  for (auto [number, row] : llvm::enumerate(rows)) {
    auto place = cast<AffineConstantExpr>(getPlace(window, row));
    if (!window.isInside(place.getValue(), tap))
      continue;
    inside.push_back(row);
    for (size_t sum = number * perRow; sum < (number + 1) * perRow; ++sum) {
      places.push_back(sum);
      own.push_back(sums[sum]);
    }
  }
  if (inside.empty())
    return all;
  Index deeper(reduction);
  deeper.push_back(space.getConstant(tap));
  Values added = emitSum(inside, columns, deeper, own, nullptr);
  if (failed(added))
    return failure();
  for (auto [place, value] : llvm::zip_equal(places, *added))
    all[place] = value;
  return all;
}

/// The loop over the taps that a window has inside, where all rows have it at
/// one place.
FailureOr<SmallVector<Value>>
ContractionBuilder::emitTapsAt(const PaddedWindow &window, const Index &row,
                               ArrayRef<AffineExpr> reduction, ValueRange sums,
                               Evaluator::LoopBody body) {
  std::optional<Range> common = getCommonTaps(window, row);
  if (common)
    return evaluator.emitLoop(
        loc, space.getIndex(common->minimum),
        space.getIndex(common->maximum + 1), 1,
        {common->minimum, std::max(common->minimum, common->maximum)}, sums,
        body);
  OpBuilder &b = evaluator.getBuilder();
  Value place = space.emit(getPlace(window, row) * window.stride);
  // The quotient, rounded down, of what is not less than 0 then.
  auto quotient = [&](int64_t minuend) -> Value {
    Value difference =
        b.create<arith::SubIOp>(loc, space.getIndex(minuend), place);
    Value least = b.create<arith::MaxSIOp>(loc, difference, space.getIndex(0));
    return window.dilation == 1
               ? least
               : b.create<arith::DivUIOp>(loc, least,
                                          space.getIndex(window.dilation));
  };
  Value lower = quotient(window.inside.minimum + window.dilation - 1),
        upper = b.create<arith::MinSIOp>(
            loc, quotient(window.inside.maximum + window.dilation),
            space.getIndex(window.taps));
  return evaluator.emitLoop(
      loc, lower, upper, 1, {0, window.taps - 1}, sums,
      [&](AffineExpr tap, ValueRange values) {
        Index all(reduction);
        all.push_back(tap);
        all.resize(product.reductionLoops.size(), space.getConstant(0));
        Evaluator::Frame frame = product.getFrame(row, all, space);
        Fact inside{space.apply(window.coordinate, frame.iteration).front(),
                    window.inside};
        space.pushFacts(inside);
        Values results = body(tap, values);
        space.popFacts(1);
        return results;
      });
}

} // namespace sinter::cpu
