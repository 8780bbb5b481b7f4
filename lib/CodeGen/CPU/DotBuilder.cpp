// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products whose factors are contiguous along K: each result is a dot product
// with its own vectors of partial sums. The results of a vector of columns meet
// in a stack row, so that the epilogue has vectors along the columns.

#include "CascadedSums.h"
#include "Contraction.h"
#include "OperationInterleaver.h"
#include "Outputs.h"
#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

/// Rows whose results wait on the stack together.
static constexpr int64_t maxStackRows = 24;
/// Elements along K up to which neighbouring columns are one sequence for
/// prefetching: they lie in a page or two.
static constexpr int64_t maxShortDepth = 256;

namespace {
/// The results that are summed together: a vector of rhs serves all rows, one
/// of lhs all columns.
struct DotBlock {
  int64_t rows, columns;

  /// One or two rows take as long as rhs takes to read: it is read in the order
  /// it lies in, since prefetching follows one sequence better than several
  /// (180 against 120 GB/s from a second-level cache). With more rows the
  /// multiply-adds take longest, and columns save loads of lhs; four of them
  /// also share the sums of their lanes.
  static DotBlock choose(int64_t rows, int64_t depth, bool hasManyRegisters) {
    int64_t most = hasManyRegisters ? 6 : 2;
    int64_t size = llvm::divideCeil(rows, llvm::divideCeil(rows, most));
    return {size, rows < 3 && depth > maxShortDepth ? 1 : 4};
  }
};

/// Groups of vectors that are added up one after the other.
constexpr int64_t kBlockGroups = 128;

class DotBuilder {
public:
  DotBuilder(const Kernel &kernel, const Contraction &product,
             Evaluator &evaluator, int64_t vectorRegisters)
      : kernel(kernel), product(product), evaluator(evaluator),
        space(evaluator.getSpace()), loc(product.op->getLoc()),
        element(getElementTypeOrSelf(product.op.getResult(0).getType())),
        hasManyRegisters(vectorRegisters >= 32) {}

  LogicalResult emit();

private:
  using Values = FailureOr<SmallVector<Value>>;

  /// The results of some rows and one vector of columns, which wait on the
  /// stack: a place in `results` (gates, rows, lanes) each.
  struct Group {
    Index point;         ///< the other coordinates
    AffineExpr firstRow; ///< null without rows
    int64_t rows;
    AffineExpr firstColumn;
    int64_t columns;
    Value results;

    Index at(const Contraction &product, AffineExpr row,
             AffineExpr column) const {
      Index index(point);
      if (product.rowDim)
        index[*product.rowDim] = firstRow + row;
      index[product.columnDim] = column;
      return index;
    }
  };

  LogicalResult emitOuter(const Tile &tile, int64_t dim, Index point);
  LogicalResult emitGroups(const Tile &tile, const Index &point);
  LogicalResult emitGroup(const Group &group, DotBlock size);
  LogicalResult emitBlock(const Group &group, int64_t gate, AffineExpr row,
                          int64_t rows, AffineExpr column, int64_t columns);
  int64_t getUnroll(int64_t results) const;
  Values emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                 ArrayRef<AffineExpr> reduction, int64_t unroll,
                 ValueRange sums, CascadedSums *cascade);
  LogicalResult emitProducts(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                             ArrayRef<AffineExpr> reduction,
                             MutableArrayRef<Value> sums);
  FailureOr<Value> emitFactor(Value factor, const Index &point,
                              ArrayRef<AffineExpr> reduction);
  Value sumLanes(ArrayRef<Value> vectors);
  LogicalResult emitEpilogue(const Group &group, AffineExpr row, int64_t rows);
  LogicalResult bindResult(const Group &group, AffineExpr row, int64_t gate);

  const Kernel &kernel;
  const Contraction &product;
  Evaluator &evaluator;
  IndexSpace &space;
  Location loc;
  Type element;
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
  DotBlock size =
      DotBlock::choose(together, product.extents[product.reductionLoops.back()],
                       hasManyRegisters);
  auto type = MemRefType::get(
      {int64_t(product.gates.size()), together, evaluator.getLanes()}, element);
  OpBuilder atEntry =
      OpBuilder::atBlockBegin(&kernel.function.getBody().front());
  Value results = atEntry.create<memref::AllocaOp>(
      loc, type, atEntry.getI64IntegerAttr(64));
  auto emitColumns = [&](AffineExpr firstRow, int64_t count) {
    return emitBlocks(evaluator, loc, tile.origin[product.columnDim],
                      *tile.extents[product.columnDim], evaluator.getLanes(),
                      [&](AffineExpr firstColumn, int64_t columns) {
                        return emitGroup({point, firstRow, count, firstColumn,
                                          columns, results},
                                         size);
                      });
  };
  if (!product.rowDim)
    return emitColumns({}, 1);
  return emitBlocks(evaluator, loc, tile.origin[*product.rowDim], rows,
                    together, emitColumns);
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
    if (failed(emitBlocks(evaluator, loc, space.getConstant(0), group.columns,
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
  for (int64_t i = 0; i < rows; ++i) {
    Value result = sumLanes(ArrayRef(*sums).slice(i * columns, columns));
    SmallVector<Value> place = {space.getIndex(gate), space.emit(row + i),
                                space.emit(column)};
    if (isa<VectorType>(result.getType()))
      builder.create<vector::StoreOp>(loc, result, group.results, place);
    else
      builder.create<memref::StoreOp>(loc, result, group.results, place);
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

/// Sums over K. Partial sums are ordered by their place in a group of `unroll`
/// vectors, then by row and column.
FailureOr<SmallVector<Value>>
DotBuilder::emitSum(ArrayRef<Index> rows, ArrayRef<AffineExpr> columns,
                    ArrayRef<AffineExpr> reduction, int64_t unroll,
                    ValueRange sums, CascadedSums *cascade) {
  size_t depth = reduction.size();
  int64_t extent = product.extents[product.reductionLoops[depth]];
  if (depth + 1 < product.reductionLoops.size())
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
  return emitVectors(evaluator, loc, space.getConstant(0), extent, unroll, sums,
                     emitGroup);
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

/// The sums of the lanes of up to four vectors: a scalar of one, a vector of
/// two or four of several. Neighbours are summed into one vector that holds
/// lanes of both in turns, r lanes of each, until all are one; what it holds
/// then of each is summed by halves.
Value DotBuilder::sumLanes(ArrayRef<Value> vectors) {
  OpBuilder &builder = evaluator.getBuilder();
  if (vectors.size() == 1)
    return Combiner::match(product.op, 0)
        ->combineLanes(builder, vectors.front());
  int64_t lanes = evaluator.getLanes(), count = vectors.size() == 2 ? 2 : 4;
  count = std::min(count, lanes);
  SmallVector<Value> parts(vectors);
  Value zero = evaluator.toLanes(evaluator.getScalar(element, 0));
  parts.resize(llvm::alignTo(parts.size(), count), zero);
  auto add = [&](Value left, Value right, ArrayRef<int64_t> first,
                 ArrayRef<int64_t> second) -> Value {
    Value low = builder.create<vector::ShuffleOp>(loc, left, right, first);
    Value high = builder.create<vector::ShuffleOp>(loc, left, right, second);
    return builder.create<arith::AddFOp>(loc, low, high);
  };
  for (int64_t held = 1; held < count; held *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t group = 0; group < lanes; group += count)
      for (int64_t chunk = 0; chunk < count / 2; chunk += held)
        for (int64_t lane : {group + chunk, lanes + group + chunk})
          for (int64_t i = 0; i < held; ++i) {
            low.push_back(lane + i);
            high.push_back(lane + i + count / 2);
          }
    for (size_t i = 0; i < parts.size() / 2; ++i)
      parts[i] = add(parts[2 * i], parts[2 * i + 1], low, high);
    parts.resize(parts.size() / 2);
  }
  Value sums = parts.front();
  for (int64_t length = lanes; length > count; length /= 2) {
    auto low = llvm::to_vector(llvm::seq<int64_t>(0, length / 2));
    auto high = llvm::to_vector(llvm::seq<int64_t>(length / 2, length));
    sums = add(sums, sums, low, high);
  }
  return sums;
}

/// The results of some rows pass through the epilogue to their only store.
LogicalResult DotBuilder::emitEpilogue(const Group &group, AffineExpr row,
                                       int64_t rows) {
  evaluator.setActiveLanes(group.columns);
  OperationInterleaver interleaver(evaluator.getBuilder());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t gate = 0; gate < int64_t(product.gates.size()); ++gate)
      if (failed(bindResult(group, row + i, gate)))
        return failure();
    interleaver.startSequence();
    Index point =
        group.at(product, row + i, group.firstColumn + space.getLane());
    if (failed(emitOutputs(kernel, evaluator, point, /*ofRows=*/true)))
      return failure();
  }
  evaluator.setMask(Value());
  interleaver.interleave();
  return success();
}

/// Makes a row of one gate, with the initial value, the product's value.
LogicalResult DotBuilder::bindResult(const Group &group, AffineExpr row,
                                     int64_t gate) {
  OpBuilder &builder = evaluator.getBuilder();
  Index index = product.getResultIndex(
      group.at(product, row,
               group.firstColumn + product.gates[gate] + space.getLane()),
      space);
  Value result = builder.create<vector::LoadOp>(
      loc, evaluator.getLanesType(element), group.results,
      ValueRange{space.getIndex(gate), space.emit(row), space.getIndex(0)});
  Combiner combiner = *Combiner::match(product.op, 0);
  Value init = product.op.getDpsInits()[0];
  if (!combiner.isNeutral(init)) {
    FailureOr<Value> start = evaluator.evaluate(init, index);
    if (failed(start))
      return failure();
    result = combiner.combine(builder, evaluator.toLanes(*start), result);
  }
  evaluator.bind(product.op.getResult(0), index, result);
  return success();
}

LogicalResult buildDots(const Kernel &kernel, const Contraction &product,
                        Evaluator &evaluator, int64_t vectorRegisters) {
  return DotBuilder(kernel, product, evaluator, vectorRegisters).emit();
}

} // namespace sinter::cpu
