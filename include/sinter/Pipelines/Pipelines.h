// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way of a model through the compiler: phases, what runs in each, and their
// registration for sinter-opt.
#ifndef SINTER_PIPELINES_PIPELINES_H
#define SINTER_PIPELINES_PIPELINES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>
#include <string>

namespace mlir {
class OpPassManager;
}

namespace sinter {

/// Where a model is on its way. A module is *at* a phase when it meets the
/// phase's contract.
enum class Phase {
  Source,
  Graph,
  Grad,
  Fused,
  Kernels,
  Linalg,
  Loops,
  Llvm,
  Asm,
  Obj
};

/// "graph" for Phase::Graph.
llvm::StringRef nameOf(Phase phase);
std::optional<Phase> phaseNamed(llvm::StringRef name);

/// What passes depend on besides the IR. prepareModule writes it to the module,
/// so that a dump carries it.
struct PipelineOptions {
  bool fold = false;        ///< batch norms into weights
  bool optimize = true;     ///< otherwise one kernel per op, scalar loops, libm
  std::string target, cpu;  ///< of LLVM; empty: the host's
  std::string features;     ///< in which the machine differs from `cpu`
  int64_t vectorBytes = 64; ///< width of the target's vector registers
  bool fma = true;          ///< the target has fused multiply-adds
  bool wideSums = true;     ///< without `optimize`: sums of f32 in f64
  bool isolateGradients = false; ///< an entry per op with a gradient
  bool remarks = false;          ///< keep the decisions of fusion at kernels
  /// A pass on modules, as text, to run after each one called `insertAfter`:
  /// how tests plant mistakes.
  std::string insert, insertAfter;
};

/// Writes the options to the module as attributes; where the module has one
/// already, that one counts. Returns what counts.
PipelineOptions prepareModule(mlir::ModuleOp module,
                              const PipelineOptions &options);

/// Appends what leads from the phase before `phase` to it, its contract last.
void buildPhasePipeline(mlir::OpPassManager &manager, Phase phase,
                        const PipelineOptions &options);

/// Checks what comes from outside, such as a dump, against the contract of
/// `phase`. Fails after located errors.
mlir::LogicalResult verifyPhase(mlir::ModuleOp module, Phase phase);

/// Takes a module from the end of `from` to the end of `to`, at most
/// Phase::Llvm. `afterPhase` sees the module at the end of each phase. Fails
/// after located errors.
mlir::LogicalResult
runPhases(mlir::ModuleOp module, Phase from, Phase to,
          const PipelineOptions &options,
          llvm::function_ref<void(Phase, mlir::ModuleOp)> afterPhase = {});

/// The dialects that a module can hold in any phase, with the interfaces that
/// passes need.
void registerDialects(mlir::DialectRegistry &registry);
/// All passes of the project and those of MLIR that tests use, and the pipeline
/// `nn-pipeline-to`.
void registerPasses();

} // namespace sinter

#endif
