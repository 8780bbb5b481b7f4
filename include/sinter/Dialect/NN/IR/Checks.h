// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an entry checks of indices.
#ifndef SINTER_DIALECT_NN_IR_CHECKS_H
#define SINTER_DIALECT_NN_IR_CHECKS_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// The limits of all nn.check_index of an entry, ascending: what its attribute
/// `nn.checks` lists from capture on, so that none of them gets lost.
inline llvm::SmallVector<int64_t> checkedLimits(mlir::Operation *entry) {
  llvm::SmallVector<int64_t> limits;
  entry->walk([&](CheckIndexOp check) { limits.push_back(check.getLimit()); });
  llvm::sort(limits);
  return limits;
}

} // namespace sinter::nn
#endif
