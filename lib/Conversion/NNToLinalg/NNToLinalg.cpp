// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass nn-to-linalg: assembles the families' patterns and converts unsigned
// elements to signless ones.
#include "Lowering.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "sinter/Conversion/Passes.h"

using namespace mlir;

namespace sinter::nn {
#define GEN_PASS_DEF_NNTOLINALG
#include "sinter/Conversion/Passes.h.inc"

namespace {

/// Tensors and buffers of unsigned integers become ones of signless integers.
struct SignlessTypeConverter : TypeConverter {
  SignlessTypeConverter() {
    addConversion([](Type type) { return type; });
    addConversion(
        [](RankedTensorType type) -> Type { return loweredType(type); });
    addConversion([](MemRefType type) -> Type {
      return type.clone(signlessType(type.getElementType()));
    });
  }
};

/// Gives an op that only passes tensors and buffers on its converted types.
template <typename Op> struct RetypeOp : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> results;
    if (failed(this->getTypeConverter()->convertTypes(op->getResultTypes(),
                                                      results)))
      return failure();
    auto retyped = rewriter.create<Op>(op.getLoc(), results,
                                       adaptor.getOperands(), op->getAttrs());
    rewriter.replaceOp(op, retyped->getResults());
    return success();
  }
};

/// Whether an op has no meaning for bools.
bool rejectsBool(Operation *op) {
  return isa<NegOp, AbsOp, SubOp, FloorDivideOp, RemainderOp>(op) &&
         elementType(op->getOperand(0)).isInteger(1);
}

/// Emits an error for an op of a kernel that the patterns do not cover.
LogicalResult checkPrimitive(Operation *op) {
  if (isa<DecomposableOpInterface>(op))
    return op->emitOpError("expected a primitive in a kernel, but got a layer "
                           "that is not decomposed");
  if (rejectsBool(op))
    return op->emitOpError("expected numbers, but got bools");
  if (isa<RandomUniformOp, RandomNormalOp>(op) &&
      elementType(op->getResult(0)).getIntOrFloatBitWidth() < 32)
    return op->emitOpError("expected a result of f32 or f64, but got ")
           << op->getResult(0).getType();
  return success();
}

LogicalResult checkPrimitives(func::FuncOp kernel) {
  bool valid = true;
  kernel.walk([&](Operation *op) {
    if (isa_and_nonnull<NNDialect>(op->getDialect()))
      valid &= succeeded(checkPrimitive(op));
  });
  return success(valid);
}

struct NNToLinalg : impl::NNToLinalgBase<NNToLinalg> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    converter = std::make_shared<SignlessTypeConverter>();
    RewritePatternSet set(context);
    populateElementwiseToLinalg(*converter, set);
    populateReductionToLinalg(*converter, set);
    populateCumulationToLinalg(*converter, set);
    populateContractionToLinalg(*converter, set);
    populateShapeToLinalg(*converter, set);
    populatePanelsToLinalg(*converter, set);
    populateGatherToLinalg(*converter, set);
    populateRandomToLinalg(*converter, set);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(set,
                                                                   *converter);
    set.add<RetypeOp<bufferization::ToTensorOp>,
            RetypeOp<bufferization::MaterializeInDestinationOp>>(*converter,
                                                                 context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr("sinter.kernel"))
      return;
    if (failed(checkPrimitives(kernel)))
      return signalPassFailure();
    ConversionTarget target(getContext());
    target.addIllegalDialect<NNDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return converter->isSignatureLegal(op.getFunctionType());
    });
    target.addDynamicallyLegalDialect<bufferization::BufferizationDialect>(
        [&](Operation *op) { return converter->isLegal(op); });
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(kernel, target, patterns)))
      return signalPassFailure();
    eraseUnused(kernel);
  }

private:
  /// Splats that became scalars of regions leave their tensors behind, and
  /// panels that a product reads directly their unpacked form.
  static void eraseUnused(func::FuncOp kernel) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  std::shared_ptr<SignlessTypeConverter> converter;
  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace sinter::nn
