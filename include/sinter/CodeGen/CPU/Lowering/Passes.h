// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes and the pipeline from loops to the LLVM dialect.
#ifndef SINTER_CODEGEN_CPU_LOWERING_PASSES_H
#define SINTER_CODEGEN_CPU_LOWERING_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace mlir {
class OpPassManager;
class RewritePatternSet;
} // namespace mlir

namespace sinter {

#define GEN_PASS_DECL
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"

/// What the pipeline to LLVM can be told.
struct LLVMLoweringOptions {
  /// Keeps kernels visible by name in the object, to time or test them alone.
  bool exportKernels = false;
  /// Expands f32 math; without it all of it is libm's.
  bool expandMath = true;
  /// The target has fused multiply-adds.
  bool fma = true;
};

/// Appends the passes from the loops phase to the LLVM dialect. Runs on a
/// module; `nn.launch` must be gone by then.
void buildLowerToLLVMPipeline(mlir::OpPassManager &manager,
                              const LLVMLoweringOptions &options = {});

/// True for the external functions that compiled code may call: memcpy, memset
/// and a list of libm functions.
bool isAllowedExternal(llvm::StringRef name);

/// Patterns of `sinter-expand-math`, by family.
void populateExpandLogisticPatterns(mlir::RewritePatternSet &patterns);
void populateExpandExpLogPatterns(mlir::RewritePatternSet &patterns);
void populateExpandTrigonometryPatterns(mlir::RewritePatternSet &patterns);
void populateExpandPowerPatterns(mlir::RewritePatternSet &patterns);

} // namespace sinter
#endif
