// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads across the lanes: where an operand is contiguous along another
// dimension than the result, square blocks are read along it and transposed in
// registers.

#include "Contraction.h"
#include "NestEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

/// Transposes a square block of vectors by exchanging halves, quarters and so
/// on.
static void transpose(OpBuilder &builder, Location loc,
                      MutableArrayRef<Value> rows) {
  int64_t size = rows.size();
  for (int64_t half = size / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < size; ++lane) {
      low.push_back(lane & half ? size + lane - half : lane);
      high.push_back(lane & half ? size + lane : lane + half);
    }
    for (int64_t i = 0; i < size; ++i) {
      if (i & half)
        continue;
      Value upper = rows[i], lower = rows[i + half];
      rows[i] = builder.create<vector::ShuffleOp>(loc, upper, lower, low);
      rows[i + half] =
          builder.create<vector::ShuffleOp>(loc, upper, lower, high);
    }
  }
}

/// The dimension along which an access across the lanes is contiguous, if the
/// access can be transposed.
static std::optional<int64_t>
getTransposedDim(const Kernel &kernel, const Access &access, int64_t laneDim) {
  std::optional<int64_t> stride = access.strides[laneDim];
  if (!access.canTranspose() || !stride || *stride == 0 || *stride == 1 ||
      getElementTypeOrSelf(access.tensor.getType()).isInteger(1))
    return std::nullopt;
  for (int64_t dim = kernel.getRank(); dim-- > 0;)
    if (dim != laneDim && access.strides[dim] == 1 && kernel.domain[dim] > 1 &&
        !kernel.isReduced[dim])
      return dim;
  return std::nullopt;
}

std::optional<int64_t> NestEmitter::chooseTransposedDim() const {
  // A block holds the body once per row: too much code if the body is long.
  constexpr int64_t kMaximumOperations = 24;
  if (!laneDim || kernel.hasReducedDims() ||
      analysis.getOperationCount() > kMaximumOperations)
    return std::nullopt;
  for (const Access &access : analysis.getAccesses())
    if (auto dim = getTransposedDim(kernel, access, *laneDim))
      return dim;
  return std::nullopt;
}

/// Binds the values of an operand at `points`, which are neighbours along the
/// transposed dimension.
LogicalResult NestEmitter::bindTransposed(const Access &access,
                                          ArrayRef<Index> points,
                                          int64_t activeLanes) {
  IndexSpace &space = evaluator.getSpace();
  int64_t lanes = evaluator.getLanes();
  auto source = access.tensor.getDefiningOp<bufferization::ToTensorOp>();
  Type element = getElementTypeOrSelf(access.tensor.getType());
  SmallVector<Value> rows(lanes,
                          evaluator.toLanes(evaluator.getScalar(element, 0)));
  Value outerMask = evaluator.getMask();
  evaluator.setActiveLanes(points.size());
  for (int64_t lane = 0; lane < activeLanes; ++lane) {
    Index point = points.front();
    point[*laneDim] =
        point[*laneDim].replace(space.getLane(), space.getConstant(lane));
    point[*transposedDim] = point[*transposedDim] + space.getLane();
    FailureOr<Value> row = evaluator.load(
        source.getMemref(), analysis.substitute(access.index, point), loc);
    if (failed(row))
      return failure();
    rows[lane] = *row;
  }
  evaluator.setMask(outerMask);
  transpose(evaluator.getBuilder(), loc, rows);
  for (auto [number, point] : llvm::enumerate(points))
    evaluator.bind(access.tensor, analysis.substitute(access.index, point),
                   rows[number]);
  return success();
}

LogicalResult NestEmitter::emitTransposedBlocks(const Tile &tile,
                                                const Index &point) {
  int64_t lanes = evaluator.getLanes();
  int64_t extent = *tile.extents[*laneDim];
  auto emitBlock = [&](AffineExpr first, int64_t count,
                       AffineExpr coordinate) -> LogicalResult {
    SmallVector<Index> points(count, point);
    for (auto [number, own] : llvm::enumerate(points)) {
      own[*transposedDim] = first + number;
      own[*laneDim] = coordinate;
    }
    int64_t activeLanes = evaluator.getMask() ? extent % lanes : lanes;
    for (const Access &access : analysis.getAccesses())
      if (getTransposedDim(kernel, access, *laneDim) == transposedDim &&
          failed(bindTransposed(access, points, activeLanes)))
        return failure();
    return emitStores(points, /*ofRows=*/true);
  };
  auto emitLanes = [&](function_ref<LogicalResult(AffineExpr)> body) {
    Values done = emitVectors(
        evaluator, loc, tile.origin[*laneDim], extent, 1, {},
        [&](ArrayRef<AffineExpr> coordinates, ValueRange) -> Values {
          if (failed(body(coordinates.front())))
            return failure();
          return SmallVector<Value>();
        });
    return success(succeeded(done));
  };
  auto emitAcross = [&](function_ref<LogicalResult(AffineExpr, int64_t)> body) {
    return emitBlocks(evaluator, loc, tile.origin[*transposedDim],
                      *tile.extents[*transposedDim], lanes, body);
  };
  // A panel is written from its first row to its last, which also reads on in
  // the rows that were read before.
  if (llvm::all_of(kernel.outputs,
                   [](const KernelOutput &output) { return output.layout; }))
    return emitLanes([&](AffineExpr coordinate) {
      return emitAcross([&](AffineExpr first, int64_t count) {
        return emitBlock(first, count, coordinate);
      });
    });
  return emitAcross([&](AffineExpr first, int64_t count) {
    return emitLanes([&](AffineExpr coordinate) {
      return emitBlock(first, count, coordinate);
    });
  });
}

} // namespace sinter::cpu
