// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The builder of register-tiled products.

#ifndef SINTER_LIB_CODEGEN_CPU_CONTRACTIONBUILDER_H
#define SINTER_LIB_CODEGEN_CPU_CONTRACTIONBUILDER_H

#include "CascadedSums.h"
#include "Contraction.h"

namespace sinter::cpu {

/// Emits a product whose tiles of accumulators stay in registers over the whole
/// sum. Columns outside, rows inside, the sum inside of both.
class ContractionBuilder {
public:
  ContractionBuilder(const Kernel &kernel, const Contraction &product,
                     Evaluator &evaluator, int64_t vectorRegisters)
      : kernel(kernel), product(product), evaluator(evaluator),
        space(evaluator.getSpace()), vectorRegisters(vectorRegisters),
        loc(product.op.getLoc()) {}

  mlir::LogicalResult emit();

private:
  using Values = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;
  using Rows = llvm::ArrayRef<Index>;

  /// A vector of columns: its first coordinate, the varying one and the lanes
  /// in use.
  struct Column {
    mlir::AffineExpr first, coordinate;
    int64_t lanes;
  };
  using Columns = llvm::ArrayRef<Column>;
  mlir::LogicalResult emitOuter(const Tile &tile, int64_t dim, Index point);
  mlir::LogicalResult emitColumns(const Tile &tile, const Index &point);

  // ContractionRows.cpp
  mlir::LogicalResult emitRows(const Tile &tile, const Index &point,
                               Columns columns, int64_t rowsPerBlock);
  mlir::LogicalResult emitRowsOfTwoDims(const Tile &tile, const Index &point,
                                        Columns columns, int64_t rowsPerBlock);
  Values emitWindow(const PaddedWindow &window, Rows rows, Columns columns,
                    llvm::ArrayRef<mlir::AffineExpr> reduction,
                    mlir::ValueRange sums);
  Values emitWindowOfColumns(const PaddedWindow &window, Rows rows,
                             Columns columns,
                             llvm::ArrayRef<mlir::AffineExpr> reduction,
                             mlir::ValueRange sums);
  Values emitTapOfSome(Rows rows, llvm::ArrayRef<size_t> inside,
                       Columns columns,
                       llvm::ArrayRef<mlir::AffineExpr> reduction,
                       mlir::AffineExpr tap, mlir::ValueRange sums);
  int64_t getRows(const Tile &tile) const;
  int64_t getOuterRows(const Tile &tile) const;

  mlir::LogicalResult emitBlock(Rows rows, Columns columns);
  Values emitCascaded(Rows rows, Columns columns, mlir::ValueRange sums);
  Values emitSum(Rows rows, Columns columns,
                 llvm::ArrayRef<mlir::AffineExpr> reduction,
                 mlir::ValueRange sums, CascadedSums *cascade);
  Values emitTerms(size_t depth, int64_t rows, Range range,
                   mlir::ValueRange sums, Evaluator::LoopBody body);
  Values emitProducts(Rows rows, Columns columns,
                      llvm::ArrayRef<mlir::AffineExpr> reduction,
                      mlir::ValueRange sums);
  mlir::Value emitMultiplyAdd(mlir::Value lhs, mlir::Value rhs,
                              mlir::Value sum);

  Index at(Index row, const Column &column, int64_t gate = 0) {
    row[product.columnDim] = column.coordinate + gate;
    return row;
  }
  Index getResultIndex(const Index &point) const {
    return product.getResultIndex(point, space);
  }

  const Kernel &kernel;
  const Contraction &product;
  Evaluator &evaluator;
  IndexSpace &space;
  int64_t vectorRegisters;
  mlir::Location loc;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_CONTRACTIONBUILDER_H
