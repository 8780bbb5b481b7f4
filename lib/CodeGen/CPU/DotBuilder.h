// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The builder of products whose factors are contiguous along K.

#ifndef SINTER_LIB_CODEGEN_CPU_DOTBUILDER_H
#define SINTER_LIB_CODEGEN_CPU_DOTBUILDER_H

#include "CascadedSums.h"
#include "Contraction.h"

namespace sinter::cpu {

/// The results that are summed together: a vector of rhs serves all rows, one
/// of lhs all columns.
struct DotBlock {
  int64_t rows, columns;

  static DotBlock choose(int64_t rows, int64_t columns, int64_t depth,
                         bool hasManyRegisters);
};

/// Emits each result as a dot product with its own vectors of partial sums. The
/// results of a vector of columns meet in a stack row, so that the epilogue has
/// vectors along the columns.
class DotBuilder {
public:
  DotBuilder(const Kernel &kernel, const Contraction &product,
             Evaluator &evaluator, int64_t vectorRegisters)
      : kernel(kernel), product(product), evaluator(evaluator),
        space(evaluator.getSpace()), loc(product.op->getLoc()),
        element(getElementTypeOrSelf(product.op.getResult(0).getType())),
        hasManyRegisters(vectorRegisters >= 32) {}

  mlir::LogicalResult emit();

private:
  using Values = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;

  /// Groups of vectors that are added up one after the other.
  static constexpr int64_t kBlockGroups = 128;

  /// The results of some rows and one vector of columns, which wait on the
  /// stack: a place in `results` (gates, rows, lanes) each.
  struct Group {
    Index point;               ///< the other coordinates
    mlir::AffineExpr firstRow; ///< null without rows
    int64_t rows;
    mlir::AffineExpr firstColumn;
    int64_t columns;
    mlir::Value results;

    Index at(const Contraction &product, mlir::AffineExpr row,
             mlir::AffineExpr column) const {
      Index index(point);
      if (product.rowDim)
        index[*product.rowDim] = firstRow + row;
      index[product.columnDim] = column;
      return index;
    }
  };

  mlir::LogicalResult emitOuter(const Tile &tile, int64_t dim, Index point);
  mlir::LogicalResult emitGroups(const Tile &tile, const Index &point);
  mlir::LogicalResult emitColumnBlocks(
      mlir::AffineExpr base, mlir::AffineExpr origin, int64_t extent,
      int64_t size,
      llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr, int64_t)> body);
  mlir::LogicalResult emitGroup(const Group &group, DotBlock size);
  mlir::LogicalResult emitBlock(const Group &group, int64_t gate,
                                mlir::AffineExpr row, int64_t rows,
                                mlir::AffineExpr column, int64_t columns);
  int64_t getUnroll(int64_t results) const;
  Values emitSum(llvm::ArrayRef<Index> rows,
                 llvm::ArrayRef<mlir::AffineExpr> columns,
                 llvm::ArrayRef<mlir::AffineExpr> reduction, int64_t unroll,
                 mlir::ValueRange sums, CascadedSums *cascade);
  Values emitWindow(const PaddedWindow &window, llvm::ArrayRef<Index> rows,
                    llvm::ArrayRef<mlir::AffineExpr> columns,
                    llvm::ArrayRef<mlir::AffineExpr> reduction, int64_t unroll,
                    mlir::ValueRange sums);
  llvm::SmallVector<int64_t>
  getBreakpoints(const PaddedWindow &window,
                 llvm::ArrayRef<mlir::AffineExpr> columns) const;
  mlir::LogicalResult emitProducts(llvm::ArrayRef<Index> rows,
                                   llvm::ArrayRef<mlir::AffineExpr> columns,
                                   llvm::ArrayRef<mlir::AffineExpr> reduction,
                                   llvm::MutableArrayRef<mlir::Value> sums);
  mlir::FailureOr<mlir::Value>
  emitFactor(mlir::Value factor, const Index &point,
             llvm::ArrayRef<mlir::AffineExpr> reduction);
  mlir::Value sumLanes(llvm::SmallVector<mlir::Value> vectors);
  void
  storeSums(llvm::ArrayRef<mlir::Value> sums, int64_t columns,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(int64_t)> placeOf,
            mlir::Value results);
  mlir::LogicalResult emitEpilogue(const Group &group, mlir::AffineExpr row,
                                   int64_t rows);
  mlir::LogicalResult bindResult(const Group &group, mlir::AffineExpr row,
                                 int64_t gate);

  const Kernel &kernel;
  const Contraction &product;
  Evaluator &evaluator;
  IndexSpace &space;
  mlir::Location loc;
  mlir::Type element;
  bool hasManyRegisters;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_DOTBUILDER_H
