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
      kernel.function.getLoc(), kernel.begin, kernel.end, 1, count - 1, {},
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

LogicalResult emitDimension(const Tile &tile, int64_t dim, Evaluator &evaluator,
                            Location loc,
                            function_ref<LogicalResult(AffineExpr)> body) {
  IndexSpace &space = evaluator.getSpace();
  std::optional<int64_t> extent = tile.extents[dim];
  if (extent == 1)
    return body(tile.origin[dim]);
  Value end = extent ? space.emit(tile.origin[dim] + *extent) : tile.ends[dim];
  int64_t maximum = 0;
  if (auto constant = dyn_cast<AffineConstantExpr>(tile.origin[dim]);
      constant && extent)
    maximum = constant.getValue() + *extent - 1;
  else
    maximum = space.getMaximum(tile.origin[dim]);
  auto loop = evaluator.emitLoop(
      loc, space.emit(tile.origin[dim]), end, 1, maximum, {},
      [&](AffineExpr iv, ValueRange) -> FailureOr<SmallVector<Value>> {
        if (failed(body(iv)))
          return failure();
        return SmallVector<Value>();
      });
  return success(succeeded(loop));
}

FailureOr<SmallVector<Value>> emitVectors(Evaluator &evaluator, Location loc,
                                          AffineExpr origin, int64_t extent,
                                          int64_t unroll, ValueRange carried,
                                          VectorBody body) {
  IndexSpace &space = evaluator.getSpace();
  int64_t lanes = evaluator.getLanes();
  auto emitGroup = [&](AffineExpr first, int64_t count, ValueRange values) {
    SmallVector<AffineExpr> coordinates;
    for (int64_t i = 0; i < count; ++i)
      coordinates.push_back(first + i * lanes + space.getLane());
    return body(coordinates, values);
  };
  int64_t vectors = extent / lanes, rest = vectors % unroll;
  int64_t looped = (vectors - rest) * lanes;
  FailureOr<SmallVector<Value>> values = evaluator.emitLoop(
      loc, space.getIndex(0), space.getIndex(looped), unroll * lanes,
      std::max<int64_t>(looped - unroll * lanes, 0), carried,
      [&](AffineExpr iv, ValueRange inner) {
        return emitGroup(origin + iv, unroll, inner);
      });
  if (succeeded(values) && rest > 0)
    values = emitGroup(origin + looped, rest, *values);
  if (succeeded(values) && extent % lanes > 0) {
    Value outerMask = evaluator.getMask();
    evaluator.setActiveLanes(extent % lanes);
    values = emitGroup(origin + vectors * lanes, 1, *values);
    evaluator.setMask(outerMask);
  }
  return values;
}

} // namespace sinter::cpu
