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

/// Emits the loop over one dimension of a tile; `body` gets the coordinate.
mlir::LogicalResult
emitDimension(const Tile &tile, int64_t dim, Evaluator &evaluator,
              mlir::Location loc,
              llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr)> body);

using VectorBody =
    llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(
        llvm::ArrayRef<mlir::AffineExpr> coordinates,
        mlir::ValueRange carried)>;

/// Emits the vectors that cover `extent` elements from `origin` on: a loop over
/// groups of `unroll` vectors, the rest of them, and one masked vector. `body`
/// gets the varying coordinate of each vector of a group.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
emitVectors(Evaluator &evaluator, mlir::Location loc, mlir::AffineExpr origin,
            int64_t extent, int64_t unroll, mlir::ValueRange carried,
            VectorBody body);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_TILELOOPS_H
