// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves of elements before and after products.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_MOVESOFPRODUCTS_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_MOVESOFPRODUCTS_H

#include "mlir/IR/PatternMatch.h"

namespace sinter::nn {

/// Adds the patterns that let products read their factors as they lie, and that
/// bring elementwise ops before the reshapes and transposes of a product's
/// result.
void populateMovesOfProductsPatterns(mlir::RewritePatternSet &patterns);

} // namespace sinter::nn

#endif
