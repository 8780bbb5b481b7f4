// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The index arithmetic of regions: what of it is known when compiling.

#ifndef SINTER_LIB_CODEGEN_CPU_REGIONINDEX_H
#define SINTER_LIB_CODEGEN_CPU_REGIONINDEX_H

#include "IndexSpace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace sinter::cpu {

/// A number of a dimension of the domain from which on a comparison of the
/// region comes out otherwise.
struct Breakpoint {
  unsigned variable;
  int64_t position;
};

/// Reads indices and conditions of a generic's region as expressions of its
/// iteration. They are piecewise affine: padding, concatenation and the like
/// compare an index and choose. A choice is known where the ranges of the
/// variables and the facts of the space decide it.
class RegionIndex {
public:
  /// With `inInterior`, a choice that is not known is taken to go to the side
  /// that varies: right but at the borders.
  RegionIndex(IndexSpace &space, mlir::linalg::GenericOp op,
              llvm::ArrayRef<mlir::AffineExpr> iteration,
              bool inInterior = false)
      : space(space), op(op), iteration(iteration), inInterior(inInterior) {}

  /// An index of the region; null if it is data or a choice that is not known.
  mlir::AffineExpr getExpr(mlir::Value value);
  /// Whether a condition holds everywhere or nowhere; nullopt if neither is
  /// known.
  std::optional<bool> decide(mlir::Value condition);
  /// What is known where `condition` is `truth`; empty if nothing is.
  llvm::SmallVector<Fact> getFacts(mlir::Value condition, bool truth);
  /// Where the comparisons of the region change along single variables.
  llvm::SmallVector<Breakpoint> getBreakpoints();

  /// Whether a choice was taken that is not known.
  bool hasAssumed() const { return assumed; }

private:
  mlir::AffineExpr computeExpr(mlir::Value value);
  mlir::AffineExpr divide(mlir::Operation *op);
  mlir::AffineExpr chooseExtremum(mlir::Operation *op);
  mlir::AffineExpr assume(mlir::AffineExpr first, mlir::AffineExpr second);
  std::optional<bool> decideComparison(mlir::arith::CmpIOp comparison);
  void addFacts(mlir::arith::CmpIOp comparison, bool truth,
                llvm::SmallVectorImpl<Fact> &facts);
  void addBreakpoint(mlir::AffineExpr expr, int64_t threshold,
                     llvm::SmallVectorImpl<Breakpoint> &breakpoints);

  IndexSpace &space;
  mlir::linalg::GenericOp op;
  llvm::ArrayRef<mlir::AffineExpr> iteration;
  bool inInterior, assumed = false;
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> known;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_REGIONINDEX_H
