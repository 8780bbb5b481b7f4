// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of scattered tensors.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_JOINSCATTERS_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_JOINSCATTERS_H

#include "mlir/IR/PatternMatch.h"

namespace sinter::nn {

/// Adds the pattern that scatters the updates of several nn.scatter_add at once
/// where their results are added: a table that is looked up in several places
/// has one gradient of few rows instead of several as large as the table.
void populateJoinScattersPatterns(mlir::RewritePatternSet &patterns);

} // namespace sinter::nn

#endif
