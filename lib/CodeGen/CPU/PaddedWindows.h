// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Windows of a factor that reach into zeros around it: products with these are
// not computed.

#ifndef SINTER_LIB_CODEGEN_CPU_PADDEDWINDOWS_H
#define SINTER_LIB_CODEGEN_CPU_PADDEDWINDOWS_H

#include "IndexSpace.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace sinter::cpu {

/// A loop of a sum that walks along a dimension of a padded factor.
struct PaddedWindow {
  unsigned placeLoop;       ///< the loop of the result that places the window
  int64_t stride, dilation; ///< of the places and of the taps
  int64_t taps;
  Range inside;               ///< padded coordinates of what is no padding
  mlir::AffineMap coordinate; ///< the padded coordinate, of all loops

  /// The taps at which every place of a range reads elements.
  Range getCommonTaps(Range places) const;
  /// The taps at which some place of a range reads an element.
  Range getAnyTaps(Range places) const;
  /// The places at which every tap reads an element.
  Range getInnerPlaces() const;
  bool isInside(int64_t place, int64_t tap) const;
};

/// The window of each loop in `reductionLoops`, if it has one; `input` is what
/// a factor of the product `op` reads.
llvm::SmallVector<std::optional<PaddedWindow>>
findPaddedWindows(mlir::linalg::GenericOp op, mlir::OpOperand &input,
                  llvm::ArrayRef<unsigned> reductionLoops);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_PADDEDWINDOWS_H
