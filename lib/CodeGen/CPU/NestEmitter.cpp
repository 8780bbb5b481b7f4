// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops over the grid of a nest, and its stores.

#include "NestEmitter.h"
#include "ScatterEmitter.h"

using namespace mlir;

namespace sinter::cpu {

NestEmitter::NestEmitter(const Kernel &kernel, Evaluator &evaluator)
    : kernel(kernel), evaluator(evaluator),
      analysis(kernel, evaluator.getBuilder()), loc(kernel.function.getLoc()) {}

LogicalResult NestEmitter::emit() {
  if (failed(analysis.run()))
    return failure();
  if (std::optional<SelectedSum> sum = analysis.findSelectedSum()) {
    ScatterEmitter scatter(kernel, evaluator, analysis, *sum);
    if (scatter.pays())
      return scatter.emit();
  }
  laneDim = analysis.chooseLaneDimension(evaluator.getLanes());
  SmallVector<int64_t> staticDims;
  if (laneDim)
    staticDims.push_back(*laneDim);
  transposedDim = chooseTransposedDim();
  if (transposedDim)
    staticDims.push_back(*transposedDim);
  chooseKeptValues();
  return emitTiles(kernel, evaluator, staticDims,
                   [&](const Tile &tile) { return emitTile(tile); });
}

LogicalResult NestEmitter::emitTile(const Tile &tile) {
  return emitGrid(tile, 0, Index(kernel.getRank()));
}

LogicalResult NestEmitter::emitGrid(const Tile &tile, int64_t dim,
                                    Index point) {
  if (dim == kernel.getRank() && transposedDim)
    return emitTransposedBlocks(tile, point);
  if (dim == kernel.getRank())
    return laneDim && !hasReducedLanes() ? emitGridLanes(tile, point)
                                         : emitRows(point);
  if (kernel.isReduced[dim] || hasLanes(dim) || transposedDim == dim)
    return emitGrid(tile, dim + 1, point);
  return emitDimension(
      tile, dim, evaluator, loc,
      [&](AffineExpr coordinate) {
        point[dim] = coordinate;
        return emitGrid(tile, dim + 1, point);
      },
      analysis.getBreakpoints(dim));
}

/// Long bodies hide latency by themselves; unrolling them only costs time.
int64_t NestEmitter::getUnroll() const {
  int64_t count = analysis.getOperationCount();
  return count <= 12 ? 4 : count <= 30 ? 2 : 1;
}

/// A short row is no loop, so that what one stage computes stays in registers
/// for the next.
int64_t NestEmitter::getRowUnroll() const {
  if (!hasReducedLanes())
    return getUnroll();
  int64_t vectors = getReducedVectors();
  return vectors <= 4 ? std::max<int64_t>(vectors, 1) : getUnroll();
}

LogicalResult NestEmitter::emitGridLanes(const Tile &tile, const Index &point) {
  return emitTileVectors(
      kernel, tile, *laneDim, evaluator, loc, getUnroll(),
      [&](ArrayRef<AffineExpr> coordinates, ValueRange) -> Values {
        SmallVector<Index> rows;
        for (AffineExpr coordinate : coordinates) {
          rows.push_back(point);
          rows.back()[*laneDim] = coordinate;
        }
        if (failed(emitRows(rows)))
          return failure();
        return SmallVector<Value>();
      },
      analysis.getBreakpoints(*laneDim));
}

LogicalResult NestEmitter::emitRows(ArrayRef<Index> rows) {
  for (stage = 0; stage < analysis.getDepth(); ++stage)
    if (failed(emitReductions(rows, stage)))
      return failure();

  // An in-out row may be read in the loop over the points, so that every row
  // is computed before and written after it.
  bool hasFull = llvm::any_of(kernel.outputs,
                              [](const KernelOutput &o) { return !o.isRow; });
  if (!hasFull)
    return emitStores(rows, /*ofRows=*/true);
  if (!analysis.getCumulations().empty())
    return emitCumulations(rows);
  for (const KernelOutput &output : kernel.outputs)
    for (const Index &row : rows)
      if (output.isRow &&
          failed(evaluator.evaluate(
              output.tensor,
              getOutputIndex(kernel, output, row, evaluator.getSpace()))))
        return failure();
  Values done =
      emitReducedPoints(rows, 0, getRowUnroll(), {},
                        [&](ArrayRef<Index> points, ValueRange) -> Values {
                          if (failed(emitStores(points, /*ofRows=*/false)))
                            return failure();
                          return SmallVector<Value>();
                        });
  if (failed(done))
    return failure();
  return emitStores(rows, /*ofRows=*/true);
}

LogicalResult NestEmitter::emitStores(ArrayRef<Index> points, bool ofRows) {
  for (const Index &point : points)
    if (failed(emitOutputs(kernel, evaluator, point, ofRows)))
      return failure();
  return success();
}

} // namespace sinter::cpu
