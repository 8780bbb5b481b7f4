// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In which blocks the builders of products take rows and columns.

#include "Contraction.h"

using namespace mlir;

namespace sinter::cpu {

/// Epilogues that a core works on at a time.
static constexpr int64_t parallelEpilogues = 6;

/// Blocks of at most `most`, of one size as far as that goes.
static int64_t balance(int64_t extent, int64_t most) {
  return llvm::divideCeil(extent, llvm::divideCeil(extent, most));
}

/// A vector of each gate, so that there are many rows to use it; of few rows
/// several, since more sums and epilogues at a time hide the latency of each.
static RegisterTile chooseForGates(int64_t rows, int64_t vectors, int64_t gates,
                                   int64_t vectorRegisters, int64_t maxSums) {
  RegisterTile tile;
  int64_t most =
      std::clamp<int64_t>((vectorRegisters - gates - 1) / gates, 1, 8);
  tile.rows = balance(rows, most);
  int64_t columns =
      std::min(parallelEpilogues / tile.rows, maxSums / (tile.rows * gates));
  tile.vectors = balance(vectors, std::max<int64_t>(columns, 1));
  return tile;
}

RegisterTile RegisterTile::choose(int64_t rows, int64_t vectors, int64_t gates,
                                  int64_t vectorRegisters) {
  // Accumulators, the vectors of a row of rhs and one broadcast.
  bool isLarge = vectorRegisters >= 32;
  int64_t maxSums = isLarge ? 24 : 12;
  if (gates > 1)
    return chooseForGates(rows, vectors, gates, vectorRegisters, maxSums);
  if (rows < 5) // More columns to hide the latency of the sums.
    return {rows, balance(vectors, isLarge ? 16 / std::max<int64_t>(rows, 2)
                                           : 12 / std::max<int64_t>(rows, 3))};
  int64_t columns = vectors == 3 && isLarge ? 3 : std::min<int64_t>(vectors, 2);
  int64_t most = isLarge ? fullRows : 6;
  if (isLarge && columns == 2 && rows * columns <= maxSums)
    return {rows, columns};
  if (columns == 1)
    most = isLarge ? 16 : 8;
  return {balance(rows, most), columns};
}

LogicalResult
emitBlocks(Evaluator &evaluator, Location loc, AffineExpr origin,
           int64_t extent, int64_t size,
           function_ref<LogicalResult(AffineExpr, int64_t)> body) {
  IndexSpace &space = evaluator.getSpace();
  int64_t full = extent / size * size;
  auto loop = evaluator.emitLoop(
      loc, space.getIndex(0), space.getIndex(full), size,
      {0, std::max<int64_t>(full - size, 0)}, {},
      [&](AffineExpr iv, ValueRange) -> FailureOr<SmallVector<Value>> {
        if (failed(body(origin + iv, size)))
          return failure();
        return SmallVector<Value>();
      });
  if (failed(loop))
    return failure();
  return full < extent ? body(origin + full, extent - full) : success();
}

LogicalResult
emitWindowBlocks(Evaluator &evaluator, Location loc, const PaddedWindow &window,
                 AffineExpr base, AffineExpr origin, int64_t extent,
                 int64_t size,
                 function_ref<LogicalResult(AffineExpr, int64_t)> body) {
  auto begin = dyn_cast<AffineConstantExpr>(base + origin);
  if (!begin)
    return emitBlocks(evaluator, loc, origin, extent, size, body);
  Range inner = window.getInnerPlaces();
  auto clamp = [&](int64_t place) {
    return std::clamp<int64_t>(place - begin.getValue(), 0, extent);
  };
  int64_t first =
      std::min<int64_t>(llvm::alignTo(clamp(inner.minimum), size), extent);
  int64_t blocks =
      std::max<int64_t>(clamp(inner.maximum + 1) - first, 0) / size;
  int64_t last = first + blocks * size;
  auto emitBorder = [&](int64_t from, int64_t to) -> LogicalResult {
    for (int64_t at = from; at < to; at += size)
      if (failed(body(origin + at, std::min(size, to - at))))
        return failure();
    return success();
  };
  if (failed(emitBorder(0, first)) ||
      failed(
          emitBlocks(evaluator, loc, origin + first, last - first, size, body)))
    return failure();
  return emitBorder(last, extent);
}

} // namespace sinter::cpu
