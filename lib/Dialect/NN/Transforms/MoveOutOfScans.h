// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two ways out of a scan.

#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_MOVEOUTOFSCANS_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_MOVEOUTOFSCANS_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// Moves what depends on xs and invariants alone to before the scan, in whose
/// place another one stands after that.
void hoistFromScan(ScanOp scan);

/// Moves what only ys and sums read to after the scan, likewise.
void sinkFromScan(ScanOp scan);

/// Whether an op gains from all steps at once: its operands are read again for
/// each row, or it gives less than it reads.
inline bool gainsFromBatching(mlir::Operation *op) {
  return mlir::isa<ContractionOpInterface, SumOp, ProdOp, AmaxOp, AminOp,
                   ArgmaxOp, ArgminOp, TakeOp, GatherOp>(op);
}

/// Constants cost nothing: each place has its own.
inline bool isFree(mlir::Operation *op) {
  return mlir::isa<ConstantOp, IotaOp>(op);
}

} // namespace sinter::nn

#endif // SINTER_LIB_DIALECT_NN_TRANSFORMS_MOVEOUTOFSCANS_H
