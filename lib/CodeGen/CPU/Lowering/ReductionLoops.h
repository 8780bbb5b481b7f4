// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions of the reference schedule.

#ifndef SINTER_LIB_CODEGEN_CPU_LOWERING_REDUCTIONLOOPS_H
#define SINTER_LIB_CODEGEN_CPU_LOWERING_REDUCTIONLOOPS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sinter {

/// Turns the reductions and cumulations of a bufferized kernel into scalar
/// loops, row by row, with accumulators in registers: f64 for sums of f32 with
/// `wideSums`. A buffer that only held accumulators goes.
mlir::LogicalResult lowerReductions(mlir::func::FuncOp kernel, bool wideSums);

} // namespace sinter

#endif // SINTER_LIB_CODEGEN_CPU_LOWERING_REDUCTIONLOOPS_H
