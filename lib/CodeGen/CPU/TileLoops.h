// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops that every kernel has: over its tiles, over the points of a tile
// and over the vectors of a dimension.

#ifndef SINTER_LIB_CODEGEN_CPU_TILELOOPS_H
#define SINTER_LIB_CODEGEN_CPU_TILELOOPS_H

#include "Evaluator.h"
#include "Kernel.h"

namespace sinter::cpu {

/// A tile of the domain. The extent of a dimension is known unless the last
/// tile is smaller and the dimension was not asked for.
struct Tile {
  Index origin;
  llvm::SmallVector<std::optional<int64_t>> extents;
  llvm::SmallVector<mlir::Value> ends; ///< where an extent is not known
};

/// Emits the loop over the tiles [begin, end) with `body` in it. The extents of
/// `staticDims` are known in every call of `body`, which is called once per
/// combination of them.
mlir::LogicalResult
emitTiles(const Kernel &kernel, Evaluator &evaluator,
          llvm::ArrayRef<int64_t> staticDims,
          llvm::function_ref<mlir::LogicalResult(const Tile &)> body);

/// Where the parts of a dimension begin, but for the first: each part has code
/// of its own, in which comparisons of the coordinate come out alike.
using Breakpoints = llvm::ArrayRef<int64_t>;

/// Emits the loops over one dimension of a tile, one per part; `body` gets the
/// coordinate.
mlir::LogicalResult
emitDimension(const Tile &tile, int64_t dim, Evaluator &evaluator,
              mlir::Location loc,
              llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr)> body,
              Breakpoints breakpoints = {});

/// Emits the loops from 0 to `extent`, one per part, in order.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
emitParts(Evaluator &evaluator, mlir::Location loc, int64_t extent,
          Breakpoints breakpoints, mlir::ValueRange carried,
          Evaluator::LoopBody body);

using VectorBody =
    llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(
        llvm::ArrayRef<mlir::AffineExpr> coordinates,
        mlir::ValueRange carried)>;

/// Emits the vectors that cover `extent` elements from `origin` on: a loop over
/// groups of `unroll` vectors, the rest of them, and one masked vector. `body`
/// gets the varying coordinate of each vector of a group. Where the origin is
/// known, a group that has a breakpoint within it stands alone between loops
/// over the others; the order of the vectors remains.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
emitVectors(Evaluator &evaluator, mlir::Location loc, mlir::AffineExpr origin,
            int64_t extent, int64_t unroll, mlir::ValueRange carried,
            VectorBody body, Breakpoints breakpoints = {});

/// The same for a dimension of a tile, in no certain order: where its origin is
/// not known, the vectors of each part that lie in the tile have loops of their
/// own.
mlir::LogicalResult emitTileVectors(const Kernel &kernel, const Tile &tile,
                                    int64_t dim, Evaluator &evaluator,
                                    mlir::Location loc, int64_t unroll,
                                    VectorBody body, Breakpoints breakpoints);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_TILELOOPS_H
