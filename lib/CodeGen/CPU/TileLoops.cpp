// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops over tiles, points and vectors.

#include "TileLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace sinter::cpu {

/// The origin and the extents of tile number `number`, row-major.
static Tile makeTile(const Kernel &kernel, Evaluator &evaluator,
                     AffineExpr number) {
  IndexSpace &space = evaluator.getSpace();
  OpBuilder &builder = evaluator.getBuilder();
  Location loc = kernel.function.getLoc();
  SmallVector<int64_t> counts = kernel.getTileCounts();
  Index position = space.delinearize(number, counts);
  Tile tile;
  for (auto [dim, expr] : llvm::enumerate(position)) {
    int64_t size = kernel.domain[dim], tileSize = kernel.tileSizes[dim];
    Value origin = space.emit(expr * tileSize);
    tile.origin.push_back(
        space.addVariable(origin, std::max<int64_t>(size - 1, 0), tileSize));
    if (size % tileSize == 0 || size < tileSize) {
      tile.extents.push_back(std::min(size, tileSize));
      tile.ends.push_back(Value());
      continue;
    }
    Value end =
        builder.create<arith::AddIOp>(loc, origin, space.getIndex(tileSize));
    tile.extents.push_back(std::nullopt);
    tile.ends.push_back(
        builder.create<arith::MinUIOp>(loc, end, space.getIndex(size)));
  }
  return tile;
}

/// Makes the extents of `dims` known by a branch for each that is not.
static LogicalResult
specialize(const Kernel &kernel, Evaluator &evaluator, Tile tile,
           ArrayRef<int64_t> dims,
           function_ref<LogicalResult(const Tile &)> body) {
  while (!dims.empty() && tile.extents[dims.front()])
    dims = dims.drop_front();
  if (dims.empty())
    return body(tile);
  int64_t dim = dims.front();
  OpBuilder &builder = evaluator.getBuilder();
  IndexSpace &space = evaluator.getSpace();
  Location loc = kernel.function.getLoc();
  int64_t rest = kernel.domain[dim] % kernel.tileSizes[dim];
  Value isLast = builder.create<arith::CmpIOp>(
      loc, arith::CmpIPredicate::uge, space.emit(tile.origin[dim]),
      space.getIndex(kernel.domain[dim] - rest));
  auto branch = builder.create<scf::IfOp>(loc, isLast, /*withElse=*/true);
  for (auto [region, extent] :
       {std::make_pair(&branch.getThenRegion(), rest),
        std::make_pair(&branch.getElseRegion(), kernel.tileSizes[dim])}) {
    EvaluatorScope scope(evaluator);
    builder.setInsertionPointToStart(&region->front());
    tile.extents[dim] = extent;
    if (failed(specialize(kernel, evaluator, tile, dims.drop_front(), body)))
      return failure();
  }
  return success();
}

LogicalResult emitTiles(const Kernel &kernel, Evaluator &evaluator,
                        ArrayRef<int64_t> staticDims,
                        function_ref<LogicalResult(const Tile &)> body) {
  int64_t count = 1;
  for (int64_t alongDim : kernel.getTileCounts())
    count *= alongDim;
  if (count == 0)
    return success();
  auto loop = evaluator.emitLoop(
      kernel.function.getLoc(), kernel.begin, kernel.end, 1, {0, count - 1}, {},
      [&](AffineExpr number, ValueRange) -> FailureOr<SmallVector<Value>> {
        // A single tile needs no arithmetic on its number.
        if (count == 1)
          number = evaluator.getSpace().getConstant(0);
        Tile tile = makeTile(kernel, evaluator, number);
        if (failed(specialize(kernel, evaluator, tile, staticDims, body)))
          return failure();
        return SmallVector<Value>();
      });
  return success(succeeded(loop));
}

/// The numbers from 0 to `extent` as consecutive ranges that begin at 0 and at
/// the breakpoints, each rounded to multiples of `grain`: a breakpoint between
/// two multiples makes a range of its own of what lies between them.
static SmallVector<Range> getParts(int64_t extent, Breakpoints breakpoints,
                                   int64_t grain = 1) {
  SmallVector<int64_t> cuts = {0};
  for (int64_t breakpoint : breakpoints)
    for (int64_t cut :
         {breakpoint / grain * grain, (breakpoint + grain - 1) / grain * grain})
      if (cut > cuts.back() && cut < extent)
        cuts.push_back(cut);
  cuts.push_back(extent);
  SmallVector<Range> parts;
  for (size_t i = 0; i + 1 < cuts.size(); ++i)
    parts.push_back({cuts[i], cuts[i + 1]});
  return parts;
}

/// What is common to [lower, upper) and a part: its bounds, which may be the
/// wrong way round if there is nothing.
static std::pair<Value, Value> intersect(Evaluator &evaluator, Location loc,
                                         Value lower, Value upper, Range part) {
  OpBuilder &builder = evaluator.getBuilder();
  IndexSpace &space = evaluator.getSpace();
  std::optional<int64_t> first = getConstantIntValue(lower),
                         last = getConstantIntValue(upper);
  Value begin = first ? space.getIndex(std::max(*first, part.minimum))
                      : builder.create<arith::MaxUIOp>(
                            loc, lower, space.getIndex(part.minimum));
  Value end = last ? space.getIndex(std::min(*last, part.maximum))
                   : builder.create<arith::MinUIOp>(
                         loc, upper, space.getIndex(part.maximum));
  return {begin, end};
}

LogicalResult emitDimension(const Tile &tile, int64_t dim, Evaluator &evaluator,
                            Location loc,
                            function_ref<LogicalResult(AffineExpr)> body,
                            Breakpoints breakpoints) {
  IndexSpace &space = evaluator.getSpace();
  std::optional<int64_t> extent = tile.extents[dim];
  if (extent == 1 && breakpoints.empty())
    return body(tile.origin[dim]);
  Value begin = space.emit(tile.origin[dim]);
  Value end = extent ? space.emit(tile.origin[dim] + *extent) : tile.ends[dim];
  Range whole{0, space.getMaximum(tile.origin[dim]) + 1};
  if (auto constant = dyn_cast<AffineConstantExpr>(tile.origin[dim]);
      constant && extent)
    whole = {constant.getValue(), constant.getValue() + *extent};
  SmallVector<Range> parts = getParts(whole.maximum, breakpoints);
  for (Range part : parts) {
    auto [lower, upper] = parts.size() > 1
                              ? intersect(evaluator, loc, begin, end, part)
                              : std::make_pair(begin, end);
    auto loop = evaluator.emitLoop(
        loc, lower, upper, 1,
        {std::max(part.minimum, whole.minimum), part.maximum - 1}, {},
        [&](AffineExpr iv, ValueRange) -> FailureOr<SmallVector<Value>> {
          if (failed(body(iv)))
            return failure();
          return SmallVector<Value>();
        });
    if (failed(loop))
      return failure();
  }
  return success();
}

FailureOr<SmallVector<Value>> emitParts(Evaluator &evaluator, Location loc,
                                        int64_t extent, Breakpoints breakpoints,
                                        ValueRange carried,
                                        Evaluator::LoopBody body) {
  IndexSpace &space = evaluator.getSpace();
  FailureOr<SmallVector<Value>> values{SmallVector<Value>(carried)};
  for (Range part : getParts(extent, breakpoints))
    if (succeeded(values))
      values = evaluator.emitLoop(
          loc, space.getIndex(part.minimum), space.getIndex(part.maximum), 1,
          {part.minimum, part.maximum - 1}, *values, body);
  return values;
}

/// Calls `body` for `count` vectors from `first` on.
static FailureOr<SmallVector<Value>> emitGroup(const IndexSpace &space,
                                               AffineExpr first, int64_t count,
                                               ValueRange carried,
                                               VectorBody body) {
  SmallVector<AffineExpr> coordinates;
  for (int64_t i = 0; i < count; ++i)
    coordinates.push_back(first + i * space.getLanes() + space.getLane());
  return body(coordinates, carried);
}

FailureOr<SmallVector<Value>> emitVectors(Evaluator &evaluator, Location loc,
                                          AffineExpr origin, int64_t extent,
                                          int64_t unroll, ValueRange carried,
                                          VectorBody body,
                                          Breakpoints breakpoints) {
  IndexSpace &space = evaluator.getSpace();
  int64_t lanes = evaluator.getLanes(), group = unroll * lanes;
  int64_t vectors = extent / lanes, rest = vectors % unroll;
  int64_t looped = (vectors - rest) * lanes;
  SmallVector<int64_t> own;
  if (auto constant = dyn_cast<AffineConstantExpr>(origin))
    for (int64_t breakpoint : breakpoints)
      if (breakpoint > constant.getValue())
        own.push_back(breakpoint - constant.getValue());
  FailureOr<SmallVector<Value>> values{SmallVector<Value>(carried)};
  for (Range part : getParts(looped, own, group)) {
    values = evaluator.emitLoop(
        loc, space.getIndex(part.minimum), space.getIndex(part.maximum), group,
        {part.minimum, std::max(part.maximum - group, part.minimum)}, *values,
        [&](AffineExpr iv, ValueRange inner) {
          return emitGroup(space, origin + iv, unroll, inner, body);
        });
    if (failed(values))
      return failure();
  }
  if (rest > 0)
    values = emitGroup(space, origin + looped, rest, *values, body);
  if (succeeded(values) && extent % lanes > 0) {
    Value outerMask = evaluator.getMask();
    evaluator.setActiveLanes(extent % lanes);
    values = emitGroup(space, origin + vectors * lanes, 1, *values, body);
    evaluator.setMask(outerMask);
  }
  return values;
}

/// The vectors of [lower, upper) in a part of a dimension, multiples of the
/// lanes: a loop over groups, and one over the vectors that are left.
static LogicalResult emitPart(Evaluator &evaluator, Location loc, Value lower,
                              Value upper, Range part, int64_t unroll,
                              VectorBody body) {
  OpBuilder &builder = evaluator.getBuilder();
  IndexSpace &space = evaluator.getSpace();
  int64_t lanes = evaluator.getLanes(), group = unroll * lanes;
  std::tie(lower, upper) = intersect(evaluator, loc, lower, upper, part);
  auto emitVectorsFrom = [&](Value begin, Value end, int64_t count) {
    int64_t step = count * lanes;
    auto loop = evaluator.emitLoop(
        loc, begin, end, step, {part.minimum, part.maximum - step}, {},
        [&](AffineExpr iv, ValueRange) {
          return emitGroup(space, iv, count, {}, body);
        },
        /*multiple=*/lanes);
    return success(succeeded(loop));
  };
  if (unroll > 1 && part.maximum - part.minimum >= group) {
    // An empty intersection may have its bounds the wrong way round.
    Value end = builder.create<arith::MaxUIOp>(loc, lower, upper);
    Value length = builder.create<arith::SubIOp>(loc, end, lower);
    Value rest =
        builder.create<arith::RemUIOp>(loc, length, space.getIndex(group));
    Value middle = builder.create<arith::SubIOp>(loc, end, rest);
    if (failed(emitVectorsFrom(lower, middle, unroll)))
      return failure();
    lower = middle;
  }
  return emitVectorsFrom(lower, upper, 1);
}

LogicalResult emitTileVectors(const Kernel &kernel, const Tile &tile,
                              int64_t dim, Evaluator &evaluator, Location loc,
                              int64_t unroll, VectorBody body,
                              Breakpoints breakpoints) {
  IndexSpace &space = evaluator.getSpace();
  int64_t lanes = evaluator.getLanes(), extent = *tile.extents[dim];
  AffineExpr origin = tile.origin[dim];
  bool isAligned = kernel.tileSizes[dim] % lanes == 0;
  if (breakpoints.empty() || isa<AffineConstantExpr>(origin) || !isAligned) {
    auto vectors = emitVectors(evaluator, loc, origin, extent, unroll, {}, body,
                               breakpoints);
    return success(succeeded(vectors));
  }
  Value begin = space.emit(origin),
        end = space.emit(origin + extent / lanes * lanes);
  int64_t rest = extent % lanes;
  for (Range part :
       getParts(kernel.domain[dim] / lanes * lanes, breakpoints, lanes))
    if (failed(emitPart(evaluator, loc, begin, end, part, unroll, body)))
      return failure();
  if (rest == 0)
    return success();
  // Only the last tile has a rest.
  Value outerMask = evaluator.getMask();
  evaluator.setActiveLanes(rest);
  auto last = emitGroup(space, space.getConstant(kernel.domain[dim] - rest), 1,
                        {}, body);
  evaluator.setMask(outerMask);
  return success(succeeded(last));
}

} // namespace sinter::cpu
