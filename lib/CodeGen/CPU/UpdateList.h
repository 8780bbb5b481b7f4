// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The updates that the rows of a tile take.

#ifndef SINTER_LIB_CODEGEN_CPU_UPDATELIST_H
#define SINTER_LIB_CODEGEN_CPU_UPDATELIST_H

#include "Evaluator.h"

namespace sinter::cpu {

/// A list in stack scratch of the updates that a tile takes, made by one pass
/// over all of them, so that each block of its rows looks at these alone. A
/// tile that takes more than there is room for looks at all.
class UpdateList {
public:
  /// Bytes of scratch.
  static constexpr int64_t kBytes = 4096;

  /// Reserves the scratch; `updates` is their number.
  UpdateList(Evaluator &evaluator, mlir::Location loc, int64_t updates);

  /// Makes the list; `isTaken` emits whether the tile takes an update.
  mlir::LogicalResult
  emit(llvm::function_ref<mlir::FailureOr<mlir::Value>(mlir::AffineExpr)>
           isTaken);
  /// Emits a loop over the list, in order.
  mlir::LogicalResult
  emitLoop(llvm::function_ref<mlir::LogicalResult(mlir::AffineExpr)> body);

private:
  static constexpr int64_t kCapacity = kBytes / 4;

  Evaluator &evaluator;
  mlir::Location loc;
  int64_t updates;
  mlir::Value numbers; ///< the scratch
  mlir::Value count;   ///< of what the tile takes
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_UPDATELIST_H
