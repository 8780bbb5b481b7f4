// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums over the taps of padded windows, for all builders of products: taps that
// lie outside are left out.

#ifndef SINTER_LIB_CODEGEN_CPU_WINDOWSUMS_H
#define SINTER_LIB_CODEGEN_CPU_WINDOWSUMS_H

#include "Contraction.h"

namespace sinter::cpu {

class WindowSums {
public:
  using Values = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;
  /// Adds the products of a range of taps to all sums.
  using RangeBody = llvm::function_ref<Values(Range taps, mlir::ValueRange)>;
  /// Adds the products of one tap to the sums of some parts, which are numbers
  /// of places, and returns all sums.
  using PartsBody = llvm::function_ref<Values(
      mlir::AffineExpr tap, llvm::ArrayRef<size_t> parts, mlir::ValueRange)>;

  WindowSums(const Kernel &kernel, const Contraction &product,
             Evaluator &evaluator)
      : kernel(kernel), product(product), evaluator(evaluator),
        space(evaluator.getSpace()), loc(product.op->getLoc()) {}

  /// The coordinate of a point that places its window.
  mlir::AffineExpr getPlace(const PaddedWindow &window,
                            const Index &point) const;
  /// The loop over the taps that a window has inside, for sums that all have
  /// it at the place of `point`; `reduction` are the loops around it.
  Values emitAt(const PaddedWindow &window, const Index &point,
                llvm::ArrayRef<mlir::AffineExpr> reduction,
                mlir::ValueRange sums, Evaluator::LoopBody body) const;
  /// For parts of the sums that have the window at different places: the taps
  /// that only some have inside come one by one, before and after those of all.
  Values emitOver(const PaddedWindow &window,
                  llvm::ArrayRef<mlir::AffineExpr> places,
                  mlir::ValueRange sums, RangeBody emitCommon,
                  PartsBody emitSome) const;

private:
  std::optional<Range>
  getCommonTaps(const PaddedWindow &window,
                llvm::ArrayRef<mlir::AffineExpr> places) const;

  const Kernel &kernel;
  const Contraction &product;
  Evaluator &evaluator;
  IndexSpace &space;
  mlir::Location loc;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_WINDOWSUMS_H
