// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a forward scan keeps for its gradients.

#ifndef SINTER_LIB_DIALECT_NN_IR_SCANSAVEDVALUES_H
#define SINTER_LIB_DIALECT_NN_IR_SCANSAVEDVALUES_H

#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

namespace sinter::nn {

/// `count` slots of `stacked` from `first` on.
mlir::Value slots(TensorBuilder &ops, mlir::Value stacked, int64_t first,
                  int64_t count);

/// `stacked` is in the order of the scan's steps; gives it in that of time.
mlir::Value inTime(TensorBuilder &ops, ScanOp scan, mlir::Value stacked);

/// Gives the scan that also keeps what `backward` reads of its body, which has
/// been cloned there (`clones`): values that cost more than a load come from
/// the scan, stacked, and are xs of `backward`; the rest is computed again.
ScanOp saveValues(ScanOp scan, ScanBuilder &backward,
                  const mlir::IRMapping &clones, bool hasLengths,
                  TensorBuilder &outside);

} // namespace sinter::nn

#endif // SINTER_LIB_DIALECT_NN_IR_SCANSAVEDVALUES_H
