// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prepared states: segments that hold what entries need of parameters alone.
#ifndef SINTER_DIALECT_NN_IR_PREPARATION_H
#define SINTER_DIALECT_NN_IR_PREPARATION_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// The segment, a scalar i64, that says whether the prepared ones belong to the
/// parameters: it holds `preparedMark` then, a number that memory which nobody
/// set does not hold by accident.
constexpr llvm::StringLiteral preparedKey = "prepared.valid";
constexpr int64_t preparedMark = 0x7072657061726564;

/// Whether a function is the instance of an entry for prepared states.
inline bool isForPrepared(mlir::Operation *function) {
  return function->hasAttr("nn.prepared");
}

} // namespace sinter::nn
#endif
