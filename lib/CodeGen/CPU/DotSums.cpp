// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dot products: the loops over K and the products in them.

#include "DotBuilder.h"
#include "WindowSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

/// The elements with these numbers.
template <typename T>
static SmallVector<T> pick(ArrayRef<T> elements, ArrayRef<size_t> numbers) {
  SmallVector<T> picked;
  for (size_t number : numbers)
    picked.push_back(elements[number]);
  return picked;
}

/// Sums over K. Partial sums are ordered by their place in a group of `unroll`
/// vectors, then by row and column.
FailureOr<SmallVector<Value>>
DotBuilder::emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                    ArrayRef<AffineExpr> reduction, int64_t unroll,
                    ValueRange sums, CascadedSums *cascade) {
  size_t depth = reduction.size();
  int64_t extent = product.extents[product.reductionLoops[depth]];
  const std::optional<PaddedWindow> &window = product.windows[depth];
  bool isInnermost = depth + 1 == product.reductionLoops.size();
  if (window && !isInnermost && !cascade)
    return emitWindow(*window, rows, columns, reduction, unroll, sums);
  if (!isInnermost)
    return evaluator.emitLoop(
        loc, extent, sums, [&](AffineExpr iv, ValueRange inner) {
          Index deeper(reduction);
          deeper.push_back(iv);
          return emitSum(rows, columns, deeper, unroll, inner, cascade);
        });
  size_t results = rows.size() * columns.size();
  auto emitGroup = [&](ArrayRef<AffineExpr> coordinates,
                       ValueRange inner) -> Values {
    SmallVector<Value> next(inner);
    for (auto [place, coordinate] : llvm::enumerate(coordinates)) {
      Index deeper(reduction);
      deeper.push_back(coordinate);
      auto own = MutableArrayRef(next).slice(place * results, results);
      if (failed(emitProducts(rows, columns, deeper, own)))
        return failure();
    }
    return next;
  };
  if (cascade)
    return cascade->emitVectorBlocks(extent, kBlockGroups, unroll, sums,
                                     emitGroup);
  return emitVectors(
      evaluator, loc, space.getConstant(0), extent, unroll, sums, emitGroup,
      window ? getBreakpoints(*window, columns) : SmallVector<int64_t>());
}

/// Where taps go out of the window of a column, if it is known: the vectors
/// between have all lanes inside.
SmallVector<int64_t>
DotBuilder::getBreakpoints(const PaddedWindow &window,
                           ArrayRef<AffineExpr> columns) const {
  SmallVector<int64_t> breakpoints;
  if (product.getDimOfLoop(window.placeLoop) == product.columnDim)
    for (AffineExpr column : columns)
      if (auto place = dyn_cast<AffineConstantExpr>(column)) {
        Range inside =
            window.getCommonTaps({place.getValue(), place.getValue()});
        breakpoints.append({inside.minimum, inside.maximum + 1});
      }
  llvm::sort(breakpoints);
  return breakpoints;
}

/// Sums over the taps of a window that read elements.
FailureOr<SmallVector<Value>>
DotBuilder::emitWindow(const PaddedWindow &window, ArrayRef<Index> rows,
                       ArrayRef<AffineExpr> columns,
                       ArrayRef<AffineExpr> reduction, int64_t unroll,
                       ValueRange sums) {
  WindowSums windows(kernel, product, evaluator);
  auto emitTap = [&](AffineExpr tap, ValueRange values) {
    Index deeper(reduction);
    deeper.push_back(tap);
    return emitSum(rows, columns, deeper, unroll, values, nullptr);
  };
  auto emitTaps = [&](Range taps, ValueRange values) {
    return evaluator.emitLoop(
        loc, space.getIndex(taps.minimum), space.getIndex(taps.maximum + 1), 1,
        {taps.minimum, std::max(taps.minimum, taps.maximum)}, values, emitTap);
  };
  bool isOfColumns =
      product.getDimOfLoop(window.placeLoop) == product.columnDim;
  SmallVector<AffineExpr> places(columns);
  if (!isOfColumns) {
    places.clear();
    for (const Index &row : rows)
      places.push_back(windows.getPlace(window, row));
  }
  if (llvm::all_equal(places)) {
    Index point(rows.front());
    point[product.columnDim] = columns.front();
    return windows.emitAt(window, point, reduction, sums, emitTap);
  }
  auto emitSome = [&](AffineExpr tap, ArrayRef<size_t> inside,
                      ValueRange values) -> Values {
    SmallVector<Index> ownRows(rows);
    SmallVector<AffineExpr> ownColumns(columns);
    if (isOfColumns)
      ownColumns = pick(columns, inside);
    else
      ownRows = pick(rows, inside);
    SmallVector<size_t> numbers;
    for (size_t sum = 0; sum < values.size(); ++sum)
      if (llvm::is_contained(inside, isOfColumns
                                         ? sum % columns.size()
                                         : sum / columns.size() % rows.size()))
        numbers.push_back(sum);
    Index deeper(reduction);
    deeper.push_back(tap);
    SmallVector<Value> all(values);
    Values added = emitSum(ownRows, ownColumns, deeper, unroll,
                           pick(ArrayRef<Value>(all), numbers), nullptr);
    if (failed(added))
      return failure();
    for (auto [number, value] : llvm::zip_equal(numbers, *added))
      all[number] = value;
    return all;
  };
  return windows.emitOver(window, places, sums, emitTaps, emitSome);
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
  Value mask = evaluator.getMask();
  return mask ? evaluator.selectOrZero(mask, *value, loc)
              : evaluator.toLanes(*value);
}
} // namespace sinter::cpu
