// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The last conversion to the LLVM dialect and the pipeline that leads to it.
#include "BoolMemory.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_LOWERTOLLVM
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
} // namespace sinter

using namespace mlir;

namespace {

/// Math without an exact LLVM instruction. Not left to MathToLLVM, which
/// computes expm1 and log1p from exp and log and loses small arguments.
void markLibmFunctions(ConversionTarget &target) {
  target.addIllegalOp<math::AcosOp, math::AcoshOp, math::AsinOp, math::AsinhOp,
                      math::AtanOp, math::Atan2Op, math::AtanhOp, math::CbrtOp,
                      math::CosOp, math::CoshOp, math::ErfOp, math::ExpOp,
                      math::Exp2Op, math::ExpM1Op, math::LogOp, math::Log10Op,
                      math::Log1pOp, math::Log2Op, math::PowFOp, math::SinOp,
                      math::SinhOp, math::TanOp, math::TanhOp>();
}

LogicalResult callLibm(ModuleOp module) {
  MLIRContext *context = module.getContext();
  RewritePatternSet patterns(context);
  populateMathToLibmConversionPatterns(patterns);
  ConversionTarget target(*context);
  target.addLegalDialect<arith::ArithDialect, func::FuncDialect,
                         vector::VectorDialect, math::MathDialect>();
  markLibmFunctions(target);
  return applyPartialConversion(module, target, std::move(patterns));
}

/// No operand of a kernel overlaps another unless both are only read, which is
/// what noalias means. Nobody outside calls a kernel by name.
void annotateKernels(ModuleOp module, bool exportKernels) {
  MLIRContext *context = module.getContext();
  auto internal = LLVM::LinkageAttr::get(context, LLVM::Linkage::Internal);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function->hasAttr("sinter.kernel") || function.isDeclaration())
      continue;
    for (auto [number, type] : llvm::enumerate(function.getArgumentTypes()))
      if (isa<MemRefType>(type))
        function.setArgAttr(number, LLVM::LLVMDialect::getNoAliasAttrName(),
                            UnitAttr::get(context));
    if (exportKernels)
      function.setPublic();
    else
      function->setAttr("llvm.linkage", internal);
  }
}

void populateToLLVM(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  sinter::populateBoolMemoryPatterns(converter, patterns);
  populateAffineToStdConversionPatterns(patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns,
                                       /*approximateLog1p=*/false);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns,
                                         /*reassociateFPReductions=*/true);
}

LogicalResult convert(ModuleOp module) {
  MLIRContext *context = module.getContext();
  mlir::LowerToLLVMOptions options(context);
  options.useBarePtrCallConv = true;
  options.overrideIndexBitwidth(64);
  LLVMTypeConverter converter(context, options);
  RewritePatternSet patterns(context);
  populateToLLVM(converter, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  return applyPartialConversion(module, target, std::move(patterns));
}

/// Gives buffers without elements the shape 0x1x…: with a 0 behind another
/// extent their strides count as unknown, which a bare pointer cannot have.
void settleEmptyBuffers(ModuleOp module) {
  auto settled = [](Type type) -> Type {
    auto buffer = dyn_cast<MemRefType>(type);
    if (!buffer || !buffer.hasStaticShape() || buffer.getNumElements() != 0 ||
        !buffer.getLayout().isIdentity())
      return type;
    SmallVector<int64_t> shape(buffer.getRank(), 1);
    shape.front() = 0;
    return MemRefType::get(shape, buffer.getElementType(), AffineMap(),
                           buffer.getMemorySpace());
  };
  module.walk([&](Operation *op) {
    for (Value result : op->getResults())
      result.setType(settled(result.getType()));
    for (Region &region : op->getRegions())
      for (Value argument : region.getArguments())
        argument.setType(settled(argument.getType()));
    if (auto function = dyn_cast<func::FuncOp>(op)) {
      FunctionType type = function.getFunctionType();
      function.setFunctionType(FunctionType::get(
          op->getContext(), llvm::map_to_vector(type.getInputs(), settled),
          type.getResults()));
    }
  });
}

LogicalResult expandDivisions(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  FrozenRewritePatternSet divisions(std::move(patterns));
  for (auto kernel : module.getOps<func::FuncOp>())
    if (failed(applyPatternsAndFoldGreedily(kernel, divisions)))
      return failure();
  return success();
}

/// Scratch of a loop body is one buffer for all its iterations.
void hoistStackBuffers(ModuleOp module) {
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    if (function.isExternal())
      continue;
    Block &entry = function.getBody().front();
    SmallVector<LLVM::AllocaOp> buffers;
    function.walk([&](LLVM::AllocaOp op) { buffers.push_back(op); });
    for (LLVM::AllocaOp op : llvm::reverse(buffers)) {
      Operation *size = op.getArraySize().getDefiningOp();
      if (!isa_and_nonnull<LLVM::ConstantOp>(size))
        continue;
      op->moveBefore(&entry, entry.begin());
      size->moveBefore(op);
    }
  }
}

struct LowerToLLVM : sinter::impl::LowerToLLVMBase<LowerToLLVM> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    annotateKernels(module, exportKernels);
    settleEmptyBuffers(module);
    if (failed(callLibm(module)) || failed(expandDivisions(module)) ||
        failed(convert(module)))
      return signalPassFailure();
    hoistStackBuffers(module);
  }
};

} // namespace

void sinter::buildLowerToLLVMPipeline(OpPassManager &manager,
                                      const LLVMLoweringOptions &options) {
  // Kernels alone: entries are LLVM's already, and grow with the program.
  OpPassManager &kernels = manager.nest<func::FuncOp>();
  if (options.expandMath)
    kernels.addPass(createExpandMath());
  kernels.addPass(createLowerVectors());
  if (!options.fma)
    kernels.addPass(createExpandFma());
  // Addresses into views become arithmetic, before indices lose their type.
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createConvertSCFToCFPass());
  LowerToLLVMOptions lowering;
  lowering.exportKernels = options.exportKernels;
  manager.addPass(createLowerToLLVM(lowering));
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createCSEPass());
  manager.addPass(createVerifyLLVM());
}
