// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emission of sums whose addends an index selects.

#ifndef SINTER_LIB_CODEGEN_CPU_SCATTEREMITTER_H
#define SINTER_LIB_CODEGEN_CPU_SCATTEREMITTER_H

#include "AccessAnalysis.h"
#include "TileLoops.h"
#include "UpdateList.h"

namespace sinter::cpu {

/// Emits a kernel of rows whose reduction is a SelectedSum the other way round:
/// not each row looks at all updates, but all updates pass, in their order,
/// and each is added to the row that its index selects. The sums are kept in
/// the output, if they are what the kernel gives, else in stack scratch for a
/// block of rows at a time, and the tile first lists the updates that it takes.
/// Where a row without updates would get what it has, it is not touched. Rows
/// belong to tiles, which take the updates of their own: an element has one
/// writer and one order of its sum.
class ScatterEmitter {
public:
  ScatterEmitter(const Kernel &kernel, Evaluator &evaluator,
                 AccessAnalysis &analysis, const SelectedSum &sum);

  /// Whether that beats rows that look at all updates.
  bool pays() const;
  mlir::LogicalResult emit();

private:
  /// Vectors of a row that one loop iteration handles.
  static constexpr int64_t kUnroll = 4;

  using Values = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;
  using PointBody =
      llvm::function_ref<mlir::LogicalResult(const Index &, mlir::AffineExpr)>;

  /// Rows first to first + rows - 1, columns likewise (a single one without a
  /// dimension for the lanes), at the other coordinates of `point`.
  struct Block {
    Index point;
    mlir::AffineExpr firstRow, firstColumn;
    int64_t rows, columns;
  };

  mlir::LogicalResult emitGrid(const Tile &tile, int64_t dim, Index point);
  mlir::LogicalResult emitRows(const Tile &tile, const Index &point);
  mlir::LogicalResult emitList(const Tile &tile, Index point);
  mlir::LogicalResult emitBlock(const Block &block);
  /// Calls `body` for the vectors of columns at a point, with the column of the
  /// block.
  mlir::LogicalResult emitColumns(const Block &block, Index point,
                                  PointBody body);
  mlir::LogicalResult emitZeros(const Block &block);
  mlir::LogicalResult emitZeroRow(const Block &block, mlir::AffineExpr row);
  mlir::LogicalResult emitMarks(const Block &block);
  mlir::LogicalResult emitMark(const Block &block, mlir::AffineExpr row);
  mlir::LogicalResult emitUpdates(const Block &block, int64_t dim, Index point);
  mlir::LogicalResult emitSelected(const Block &block, Index point);
  mlir::LogicalResult emitIfInBlock(const Block &block, const Index &point,
                                    PointBody body);
  /// The row that an update selects: among all, among those from `firstRow` on,
  /// and whether it is one of the first `rows` of these.
  struct SelectedRow {
    mlir::Value number, fromFirst, isInside;
  };
  mlir::FailureOr<SelectedRow> emitRow(const Index &point,
                                       mlir::AffineExpr firstRow, int64_t rows);
  mlir::LogicalResult addUpdate(Index point, mlir::AffineExpr target,
                                mlir::AffineExpr row, mlir::AffineExpr column);
  mlir::LogicalResult emitResults(const Block &block);
  mlir::LogicalResult emitResultRow(const Block &block, mlir::AffineExpr row);
  mlir::LogicalResult emitResult(const Index &point, mlir::AffineExpr row,
                                 mlir::AffineExpr column);
  mlir::FailureOr<mlir::Value> evaluate(const RegionValue &value,
                                        const Index &point);
  /// Where the sum of a point is kept: the buffer and the index in it.
  std::pair<mlir::Value, Index> getPlace(const Index &point,
                                         mlir::AffineExpr row,
                                         mlir::AffineExpr column) const;
  mlir::LogicalResult
  emitLoop(int64_t extent,
           llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr)> body);
  void reserveScratch();
  mlir::LogicalResult emitRests();
  /// Emits `body` where `condition` holds.
  mlir::LogicalResult emitIf(mlir::Value condition,
                             llvm::function_ref<mlir::LogicalResult()> body);

  const Kernel &kernel;
  Evaluator &evaluator;
  IndexSpace &space;
  AccessAnalysis &analysis;
  const SelectedSum &sum;
  mlir::Location loc;
  std::optional<int64_t> laneDim;
  mlir::Value scratch; ///< null: sums are kept in the output
  std::optional<UpdateList> list;
  int64_t listedDim = -1; ///< along which the list's updates lie
  mlir::Value rests; ///< whether rows without updates rest; null: they do not
  mlir::Value marks; ///< of the rows of a block that do not rest
  int64_t blockRows, blockColumns;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_SCATTEREMITTER_H
