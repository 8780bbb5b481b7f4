// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes dialects, passes and the pipeline known to tools.

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include "sinter/CodeGen/CPU/Passes.h"
#include "sinter/Conversion/Passes.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "sinter/Pipelines/Passes.h"
#include "sinter/Pipelines/Pipelines.h"

using namespace mlir;
using namespace sinter;

void sinter::registerDialects(DialectRegistry &registry) {
  registry
      .insert<affine::AffineDialect, arith::ArithDialect,
              bufferization::BufferizationDialect, cf::ControlFlowDialect,
              func::FuncDialect, linalg::LinalgDialect, LLVM::LLVMDialect,
              math::MathDialect, memref::MemRefDialect, nn::NNDialect,
              scf::SCFDialect, tensor::TensorDialect, vector::VectorDialect>();
}

namespace {
struct PhaseOptions : public PassPipelineOptions<PhaseOptions> {
  Option<std::string> from{*this, "from",
                           llvm::cl::desc("phase at whose end the input is"),
                           llvm::cl::init("graph")};
  Option<std::string> to{*this, "phase", llvm::cl::desc("phase to reach"),
                         llvm::cl::init("llvm")};
  Option<bool> optimize{*this, "optimize",
                        llvm::cl::desc("otherwise the reference schedule"),
                        llvm::cl::init(true)};
  Option<bool> remarks{*this, "remarks", llvm::cl::desc("remarks of fusion"),
                       llvm::cl::init(false)};
  Option<int64_t> vectorBytes{*this, "vector-bytes",
                              llvm::cl::desc("width of vector registers"),
                              llvm::cl::init(64)};
};
} // namespace

static void buildPipelineTo(OpPassManager &manager, const PhaseOptions &given) {
  std::optional<Phase> from = phaseNamed(given.from), to = phaseNamed(given.to);
  if (!from || !to)
    llvm::report_fatal_error(
        "expected phases from source to llvm for nn-pipeline-to",
        /*gen_crash_diag=*/false);
  PipelineOptions options;
  options.optimize = given.optimize;
  options.remarks = given.remarks;
  options.vectorBytes = given.vectorBytes;
  for (unsigned phase = unsigned(*from) + 1; phase <= unsigned(*to); ++phase)
    buildPhasePipeline(manager, Phase(phase), options);
}

void sinter::registerPasses() {
  registerCanonicalizerPass();
  registerCSEPass();
  registerSymbolDCEPass();
  nn::registerSinterNNPasses();
  nn::registerSinterConversionPasses();
  registerCodeGenCPUPasses();
  registerSinterCodeGenCPULoweringPasses();
  registerSinterPipelinesPasses();
  static PassPipelineRegistration<PhaseOptions> pipeline(
      "nn-pipeline-to", "all passes up to a phase, as the driver runs them",
      buildPipelineTo);
}
