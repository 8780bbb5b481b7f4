// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums at several levels: terms are added up in blocks, in their own type, and
// the sums of blocks at the level above, at last in f64. The error then grows
// with the length of a block and not with that of the sum (N. J. Higham, The
// accuracy of floating point summation, SIAM J. Sci. Comput. 14, 1993), at the
// speed of plain additions.

#ifndef SINTER_LIB_CODEGEN_CPU_CASCADEDSUMS_H
#define SINTER_LIB_CODEGEN_CPU_CASCADEDSUMS_H

#include "TileLoops.h"

namespace sinter::cpu {

/// A float, or a vector of them, in another float type; itself if it has it.
mlir::Value convertFloat(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value value, mlir::Type element);

/// Terms of a block that are added up one after the other.
inline constexpr int64_t kBlockTerms = 16;
/// Blocks whose sums are added up in the type of the terms.
inline constexpr int64_t kBlocksOfBlock = 4;

/// Accumulators of a loop, some of them of sums of floats. What is none of
/// those goes through blocks as it is.
class CascadedSums {
public:
  CascadedSums(Evaluator &evaluator, mlir::Location loc,
               llvm::ArrayRef<bool> isSum)
      : evaluator(evaluator), loc(loc), isSum(isSum) {}

  /// The accumulators of the whole from their initial values: in f64, or in the
  /// type of the terms where they have few blocks.
  llvm::SmallVector<mlir::Value> start(mlir::ValueRange initial, bool isWide);
  /// Those of a block before its first term.
  llvm::SmallVector<mlir::Value> startBlock(mlir::ValueRange totals);
  /// Those of the level above behind a block.
  llvm::SmallVector<mlir::Value> addBlock(mlir::ValueRange totals,
                                          mlir::ValueRange block);

  using Values = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;
  using BlockBody = llvm::function_ref<Values(
      mlir::Value lower, mlir::Value upper, mlir::ValueRange accumulators)>;

  /// Emits [0, extent) in blocks of `sizes.front()`, these in blocks of the
  /// next size, and so on; `body` emits one of the last size with accumulators
  /// of its own. Takes and gives those of the whole.
  Values emitBlocks(int64_t extent, llvm::ArrayRef<int64_t> sizes,
                    mlir::ValueRange totals, BlockBody body);
  /// The same for the vectors that cover `extent` elements, in blocks of
  /// groups of `unroll` vectors.
  Values emitVectorBlocks(int64_t extent, llvm::ArrayRef<int64_t> sizes,
                          int64_t unroll, mlir::ValueRange totals,
                          VectorBody body);

private:
  Values emitPart(mlir::Value lower, mlir::Value upper, int64_t extent,
                  llvm::ArrayRef<int64_t> sizes, mlir::ValueRange totals,
                  BlockBody body);
  Values emitVectorPart(mlir::AffineExpr first, int64_t extent,
                        llvm::ArrayRef<int64_t> sizes, int64_t unroll,
                        mlir::ValueRange totals, VectorBody body);

  Evaluator &evaluator;
  mlir::Location loc;
  llvm::SmallVector<bool> isSum;
  llvm::SmallVector<mlir::Type> types; ///< of the terms
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_CASCADEDSUMS_H
