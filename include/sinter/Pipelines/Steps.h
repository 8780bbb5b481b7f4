// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipeline pass by pass: what runs, and a module that stops being optimized
// after some of it.
#ifndef SINTER_PIPELINES_STEPS_H
#define SINTER_PIPELINES_STEPS_H

#include "sinter/Pipelines/Pipelines.h"
#include <vector>

namespace sinter {

/// One pass on the way of a module.
struct Step {
  Phase phase;      ///< that it belongs to
  std::string pass; ///< "nn-fuse"
  std::string text; ///< as a pipeline on a module: "func.func(nn-fuse{…})"
};

/// The passes from the end of `from` to the end of `to`, in order, with those
/// that `options` insert.
std::vector<Step> listSteps(mlir::MLIRContext *context, Phase from, Phase to,
                            const PipelineOptions &options);

/// Runs steps one by one. `afterPhase` sees the module after the last step of
/// each phase. Fails after located errors.
mlir::LogicalResult
runSteps(mlir::ModuleOp module, llvm::ArrayRef<Step> steps,
         llvm::function_ref<void(Phase, mlir::ModuleOp)> afterPhase = {});

/// Takes a module from the end of `from` to that of the llvm phase: the first
/// `count` passes as `options` say, the rest as -O0 runs them. The rest checks
/// no contract, and scratch may be as large as it needs: what -O0 never fuses
/// keeps its intermediate values in memory.
mlir::LogicalResult
runSnapshot(mlir::ModuleOp module, Phase from, size_t count,
            const PipelineOptions &options,
            llvm::function_ref<void(Phase, mlir::ModuleOp)> afterPhase = {});

} // namespace sinter

#endif
