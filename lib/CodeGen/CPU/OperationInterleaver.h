// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of independent sequences of operations: side by side.

#ifndef SINTER_LIB_CODEGEN_CPU_OPERATIONINTERLEAVER_H
#define SINTER_LIB_CODEGEN_CPU_OPERATIONINTERLEAVER_H

#include "mlir/IR/Builders.h"

namespace sinter::cpu {

/// Sequences that a builder appends to one block, each a long chain of
/// operations that wait for each other, as the epilogues of a tile's rows are.
/// A core looks ahead by a few hundred instructions: it works on several chains
/// at a time only if they lie side by side.
class OperationInterleaver {
public:
  explicit OperationInterleaver(mlir::OpBuilder &builder) : builder(builder) {}

  /// What the builder appends from now on is a sequence of its own.
  void startSequence();

  /// Takes from the sequences in turns, a few of them at a time. They may share
  /// values, but none reads what another one writes to memory.
  void interleave();

private:
  mlir::OpBuilder &builder;
  llvm::SmallVector<mlir::Operation *> lastBefore; ///< null: none in the block
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_OPERATIONINTERLEAVER_H
