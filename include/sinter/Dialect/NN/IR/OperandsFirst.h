// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks from a value to what it is made of, without recursion: chains of ops
// are as long as programs.
#ifndef SINTER_DIALECT_NN_IR_OPERANDSFIRST_H
#define SINTER_DIALECT_NN_IR_OPERANDSFIRST_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

namespace sinter::nn {

/// Calls `visit` with `root` and with all that it is made of, each after its
/// own operands, in the order of a recursion. `isKnown` says what needs no
/// visit (any more), and must hold after one; `operandsOf` gives the values
/// that one is made of.
template <typename IsKnown, typename OperandsOf, typename Visit>
void visitOperandsFirst(mlir::Value root, IsKnown isKnown,
                        OperandsOf operandsOf, Visit visit) {
  llvm::SmallVector<mlir::Value> pending = {root};
  while (!pending.empty()) {
    mlir::Value value = pending.back();
    mlir::Value next;
    if (!isKnown(value))
      for (mlir::Value operand : operandsOf(value))
        if (!isKnown(operand)) {
          next = operand;
          break;
        }
    if (next) {
      pending.push_back(next);
      continue;
    }
    if (!isKnown(value))
      visit(value);
    pending.pop_back();
  }
}

} // namespace sinter::nn
#endif
