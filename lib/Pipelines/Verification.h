// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the verifiers of the phases have in common.
#ifndef SINTER_LIB_PIPELINES_VERIFICATION_H
#define SINTER_LIB_PIPELINES_VERIFICATION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter {

/// Whether a function is a kernel; all others are entries.
inline bool isKernel(mlir::func::FuncOp function) {
  return function->hasAttr("sinter.kernel");
}

/// Whether an nn op is structure: state, checks, gradients, kernels, schedules.
inline bool isStructure(mlir::Operation *op) {
  return mlir::isa<nn::StateOp, nn::SegmentOp, nn::BlockOp, nn::GetSegmentOp,
                   nn::SetSegmentOp, nn::GetRunOp, nn::SetRunOp, nn::PackRunOp,
                   nn::CheckIndexOp, nn::GradientOp, nn::KernelOp, nn::YieldOp,
                   nn::BufferViewOp, nn::LaunchOp, nn::ScanOp, nn::ScanYieldOp,
                   nn::LoopOp, nn::StepViewOp>(op);
}

/// Whether an op computes tensors from tensors and needs no decomposition.
inline bool isPrimitive(mlir::Operation *op) {
  return mlir::isa_and_nonnull<nn::NNDialect>(op->getDialect()) &&
         !isStructure(op) && !mlir::isa<DecomposableOpInterface>(op);
}

/// Whether no op of a kernel in the linalg phase reads or writes outside of its
/// operands, whatever the data are; emits errors.
mlir::LogicalResult verifyAccesses(mlir::func::FuncOp kernel);

} // namespace sinter
#endif
