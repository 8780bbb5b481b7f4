// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emission of everything that is no product: one nest of loops over the points
// of a tile, with the reductions of a row before its stores.

#ifndef SINTER_LIB_CODEGEN_CPU_NESTEMITTER_H
#define SINTER_LIB_CODEGEN_CPU_NESTEMITTER_H

#include "AccessAnalysis.h"
#include "CascadedSums.h"
#include "Outputs.h"
#include "Reduction.h"
#include "TileLoops.h"

namespace sinter::cpu {

/// Emits a kernel as a nest. The lanes of vectors run along one dimension of
/// the domain: a reduced one (then a row has vectors of partial results), or
/// another (then neighbouring rows share a vector).
class NestEmitter {
public:
  NestEmitter(const Kernel &kernel, Evaluator &evaluator);
  mlir::LogicalResult emit();

private:
  using Values = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;
  using PointsBody = llvm::function_ref<Values(llvm::ArrayRef<Index> points,
                                               mlir::ValueRange carried)>;

  mlir::LogicalResult emitTile(const Tile &tile);
  mlir::LogicalResult emitGrid(const Tile &tile, int64_t dim, Index point);
  mlir::LogicalResult emitGridLanes(const Tile &tile, const Index &point);
  /// Emits the rows at these points, whose reduced coordinates are not set yet.
  mlir::LogicalResult emitRows(llvm::ArrayRef<Index> rows);

  std::optional<int64_t> chooseTransposedDim() const;
  mlir::LogicalResult emitTransposedBlocks(const Tile &tile,
                                           const Index &point);
  mlir::LogicalResult bindTransposed(const Access &access,
                                     llvm::ArrayRef<Index> points,
                                     int64_t activeLanes);

  mlir::LogicalResult emitCumulations(llvm::ArrayRef<Index> rows);
  Values emitCumulationSteps(llvm::ArrayRef<Index> points,
                             mlir::ValueRange accumulators);
  mlir::LogicalResult emitReductions(llvm::ArrayRef<Index> rows, int64_t depth);
  mlir::LogicalResult
  emitLaneReductions(llvm::ArrayRef<const RowReduction *> reductions,
                     const Index &row);
  mlir::LogicalResult
  emitSequentialReductions(llvm::ArrayRef<const RowReduction *> reductions,
                           llvm::ArrayRef<Index> rows);

  /// One result of a reduction that is split among lanes and accumulators.
  struct Partial {
    const RowReduction *reduction;
    unsigned result;
    Combiner combiner;
    Index index;
  };
  llvm::SmallVector<Partial>
  getPartials(llvm::ArrayRef<const RowReduction *> reductions,
              const Index &row) const;
  mlir::Value getNeutral(const Partial &partial);
  mlir::LogicalResult
  accumulate(llvm::ArrayRef<Partial> partials, const Index &point,
             int64_t number, int64_t unroll,
             llvm::MutableArrayRef<mlir::Value> accumulators);
  mlir::LogicalResult finish(const Partial &partial,
                             llvm::MutableArrayRef<mlir::Value> accumulators);
  mlir::LogicalResult emitSteps(llvm::ArrayRef<const RowReduction *> reductions,
                                const Index &point,
                                mlir::ValueRange accumulators,
                                llvm::SmallVectorImpl<mlir::Value> &next);
  mlir::Value toLanesAt(const Index &point, mlir::Value value);

  /// Where the loops over the reduced dimensions are cut into blocks.
  struct Blocks {
    int64_t dim; ///< that of a loop; the rank for the vectors along the lanes
    llvm::SmallVector<int64_t, 2> sizes; ///< of blocks, the largest first
    bool isWide;                         ///< whether the whole is f64
  };
  /// Reduces rows from initial values, its float sums in blocks where there are
  /// many terms; `body` as below.
  Values emitCascaded(llvm::ArrayRef<Index> rows, int64_t unroll,
                      llvm::ArrayRef<bool> isSum, mlir::ValueRange initial,
                      PointsBody body);
  std::optional<Blocks> chooseBlocks(int64_t unroll) const;

  /// Loops over all reduced dimensions from number `dim` on; `body` gets every
  /// row at the reduced coordinates, in groups of `unroll` vectors. Takes and
  /// gives the totals of blocks if there are any.
  Values emitReducedPoints(llvm::ArrayRef<Index> rows, int64_t dim,
                           int64_t unroll, mlir::ValueRange carried,
                           PointsBody body, const Blocks *blocks = nullptr,
                           CascadedSums *sums = nullptr);
  /// Reserves stack rows for values that several stages of a row need.
  void chooseKeptValues();
  Index getKeptIndex(const Index &point) const;
  mlir::LogicalResult loadKeptValues(llvm::ArrayRef<Index> points);
  mlir::LogicalResult storeKeptValues(llvm::ArrayRef<Index> points);
  mlir::LogicalResult emitStores(llvm::ArrayRef<Index> points, bool ofRows);
  int64_t getUnroll() const;
  int64_t getRowUnroll() const;
  int64_t getReducedVectors() const;
  bool hasLanes(int64_t dim) const { return laneDim && *laneDim == dim; }
  bool hasReducedLanes() const { return laneDim && kernel.isReduced[*laneDim]; }

  struct KeptValue {
    RepeatedValue value;
    mlir::Value buffer;
  };

  const Kernel &kernel;
  Evaluator &evaluator;
  AccessAnalysis analysis;
  std::optional<int64_t> laneDim, transposedDim;
  llvm::SmallVector<KeptValue> keptValues;
  int64_t stage = 0; ///< of the row that is being emitted
  mlir::Location loc;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_NESTEMITTER_H
