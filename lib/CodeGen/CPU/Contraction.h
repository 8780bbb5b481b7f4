// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognition of a product in a kernel: a sum over K of lhs · rhs, where the
// columns of the result are columns of rhs.

#ifndef SINTER_LIB_CODEGEN_CPU_CONTRACTION_H
#define SINTER_LIB_CODEGEN_CPU_CONTRACTION_H

#include "Kernel.h"
#include "PaddedWindows.h"
#include "TileLoops.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace sinter::cpu {

struct Contraction {
  mutable mlir::linalg::GenericOp op; // MLIR accessors are not const.
  mlir::Value lhs, rhs;               ///< the factors, values of the region
  mlir::Operation *sum; ///< the op that adds a product to the accumulator
  llvm::SmallVector<unsigned> loopOfDim; ///< per dimension of the domain
  llvm::SmallVector<unsigned> reductionLoops;
  llvm::SmallVector<int64_t> extents; ///< per loop
  /// Per reduction loop, where it walks along a dimension of a factor with
  /// zeros around.
  llvm::SmallVector<std::optional<PaddedWindow>> windows;
  int64_t columnDim;             ///< of the domain; an index of rhs alone
  std::optional<int64_t> rowDim; ///< of the domain; an index of lhs alone
  /// Another such dimension, where the first one alone has too few rows.
  std::optional<int64_t> outerRowDim;
  /// Where the columns of the domain lie among those of the result: several
  /// places where they are gates side by side, else 0 alone.
  llvm::SmallVector<int64_t> gates;
  /// Whether neighbouring rows read the same elements of lhs at neighbouring
  /// places of the innermost sum.
  bool hasOverlappingRows = false;
  bool hasContiguousColumns;   ///< neighbours in rhs are neighbours in memory
  bool hasContiguousReduction; ///< so are they in lhs and rhs along K

  /// Whether lanes along K compute faster than lanes along the columns.
  bool prefersDots(int64_t lanes) const;

  /// The product that a kernel consists of, if there is one that the builders
  /// know; the nest emitter takes the others.
  static std::optional<Contraction> match(const Kernel &kernel);

  /// A frame for the iteration at a point of the domain. The reduction loops
  /// are set to `reduction`.
  Evaluator::Frame getFrame(const Index &point,
                            llvm::ArrayRef<mlir::AffineExpr> reduction,
                            const IndexSpace &space) const;
  /// The dimension of the domain whose coordinate a loop of the result is.
  int64_t getDimOfLoop(unsigned loop) const {
    return llvm::find(loopOfDim, loop) - loopOfDim.begin();
  }
  /// The window that is placed along a dimension of the domain, if a factor has
  /// zeros around there.
  const PaddedWindow *getWindowAlong(int64_t dim) const;
  /// Where the product of a point lies in its tensor.
  Index getResultIndex(const Index &point, const IndexSpace &space) const;
};

/// The largest tile of accumulators that the registers hold, balanced for a
/// tile of the domain with that many rows and vectors of columns, each of them
/// once per gate.
struct RegisterTile {
  /// Rows that a tile takes at once.
  static constexpr int64_t fullRows = 8;

  int64_t rows, vectors;
  static RegisterTile choose(int64_t rows, int64_t vectors, int64_t gates,
                             int64_t vectorRegisters);
};

/// Splits `extent` into blocks of `size` and emits `body` for the loop over the
/// full blocks and for the rest; `body` gets the first coordinate and the
/// block's extent.
mlir::LogicalResult emitBlocks(
    Evaluator &evaluator, mlir::Location loc, mlir::AffineExpr origin,
    int64_t extent, int64_t size,
    llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr, int64_t)> body);

/// The same along a dimension that places a window: blocks with a window that
/// reaches into the padding have code of their own, in which the taps that are
/// inside are known; between them there is a loop. `base` is added to the
/// coordinates of blocks to find the place.
mlir::LogicalResult emitWindowBlocks(
    Evaluator &evaluator, mlir::Location loc, const PaddedWindow &window,
    mlir::AffineExpr base, mlir::AffineExpr origin, int64_t extent,
    int64_t size,
    llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr, int64_t)> body);

/// Emits a product with vectors along the columns.
mlir::LogicalResult buildContraction(const Kernel &kernel,
                                     const Contraction &contraction,
                                     Evaluator &evaluator,
                                     int64_t vectorRegisters);

/// Emits a product with vectors along K, for factors that are both contiguous
/// there.
mlir::LogicalResult buildDots(const Kernel &kernel,
                              const Contraction &contraction,
                              Evaluator &evaluator, int64_t vectorRegisters);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_CONTRACTION_H
