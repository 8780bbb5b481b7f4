// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference schedule of -O0: linalg through One-Shot Bufferize to scalar
// loops, with as little of our own in the way as possible.
#include "ReductionLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/Bufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_REFERENCELOOPS
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
} // namespace sinter

using namespace mlir;

namespace {

/// Stack of one call of a kernel, in bytes: the contract of the loops phase.
constexpr int64_t stackLimit = 16 * 1024;

/// Makes the analysis treat the tensors of inputs as read-only: to_tensor
/// without `writable` is.
void protectInputs(func::FuncOp kernel) {
  auto inputs = kernel->getAttrOfType<IntegerAttr>("sinter.inputs");
  if (!inputs)
    return;
  kernel.walk([&](bufferization::ToTensorOp op) {
    auto argument = dyn_cast<BlockArgument>(op.getMemref());
    if (argument && argument.getArgNumber() < inputs.getInt())
      op.setWritable(false);
  });
}

LogicalResult bufferize(func::FuncOp kernel) {
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = false;
  IRRewriter rewriter(kernel.getContext());
  protectInputs(kernel);
  bufferization::OneShotAnalysisState state(kernel, options);
  if (failed(bufferization::analyzeOp(kernel, state)) ||
      failed(bufferization::eliminateEmptyTensors(rewriter, kernel, state)))
    return failure();
  if (failed(bufferization::runOneShotBufferize(kernel, options)))
    return failure();
  return success();
}

/// A buffer of the heap becomes one of the stack; together they stay small,
/// where `isBounded`.
LogicalResult useStack(func::FuncOp kernel, bool isBounded) {
  SmallVector<memref::AllocOp> allocations;
  kernel.walk([&](memref::AllocOp op) { allocations.push_back(op); });
  int64_t total = 0;
  for (memref::AllocOp op : allocations) {
    MemRefType type = op.getType();
    if (!type.hasStaticShape())
      return op.emitOpError("expected a static shape, but got ") << type;
    int64_t bits =
        type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
    total += type.getNumElements() * llvm::divideCeil(bits, 8);
    if (isBounded && total > stackLimit)
      return op.emitOpError("expected intermediate values of at most ")
             << stackLimit << " bytes in one kernel, but got " << total;
    OpBuilder builder(op);
    Value buffer = builder.create<memref::AllocaOp>(op.getLoc(), type,
                                                    op.getAlignmentAttr());
    op.replaceAllUsesWith(buffer);
    op.erase();
  }
  return success();
}

void copyByLoops(memref::CopyOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto type = cast<MemRefType>(op.getSource().getType());
  Value zero = builder.create<arith::ConstantIndexOp>(loc, 0);
  Value one = builder.create<arith::ConstantIndexOp>(loc, 1);
  SmallVector<Value> lower(type.getRank(), zero), step(type.getRank(), one);
  SmallVector<Value> upper;
  for (int64_t size : type.getShape())
    upper.push_back(builder.create<arith::ConstantIndexOp>(loc, size));
  scf::buildLoopNest(
      builder, loc, lower, upper, step,
      [&](OpBuilder &body, Location at, ValueRange indices) {
        Value value = body.create<memref::LoadOp>(at, op.getSource(), indices);
        body.create<memref::StoreOp>(at, value, op.getTarget(), indices);
      });
  op.erase();
}

LogicalResult toLoops(func::FuncOp kernel) {
  IRRewriter rewriter(kernel.getContext());
  SmallVector<linalg::LinalgOp> ops;
  kernel.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
  for (linalg::LinalgOp op : ops) {
    rewriter.setInsertionPoint(op);
    if (failed(linalg::linalgOpToLoops(rewriter, op)))
      return op->emitOpError("expected a linalg op that has a loop form");
    rewriter.eraseOp(op);
  }
  // Indices come as affine.apply of what is mostly the identity.
  RewritePatternSet patterns(kernel.getContext());
  affine::AffineApplyOp::getCanonicalizationPatterns(patterns,
                                                     kernel.getContext());
  if (failed(applyPatternsAndFoldGreedily(kernel, std::move(patterns))))
    return failure();
  SmallVector<memref::CopyOp> copies;
  kernel.walk([&](memref::CopyOp op) { copies.push_back(op); });
  for (memref::CopyOp op : copies) {
    auto type = dyn_cast<MemRefType>(op.getSource().getType());
    if (!type || !type.hasStaticShape())
      return op.emitOpError("expected a static shape, but got ")
             << op.getSource().getType();
    copyByLoops(op);
  }
  return success();
}

/// Runs the body in the call whose range holds tile 0.
void guardByFirstTile(func::FuncOp kernel) {
  Block &entry = kernel.getBody().front();
  unsigned count = entry.getNumArguments();
  if (count < 2 || !entry.getArgument(count - 2).getType().isIndex() ||
      !entry.getArgument(count - 1).getType().isIndex())
    return;
  Location loc = kernel.getLoc();
  auto builder = OpBuilder::atBlockBegin(&entry);
  Value zero = builder.create<arith::ConstantIndexOp>(loc, 0);
  auto holds = [&](arith::CmpIPredicate predicate, unsigned argument) -> Value {
    return builder.create<arith::CmpIOp>(loc, predicate,
                                         entry.getArgument(argument), zero);
  };
  Value runs = builder.create<arith::AndIOp>(
      loc, holds(arith::CmpIPredicate::sle, count - 2),
      holds(arith::CmpIPredicate::sgt, count - 1));
  auto guard = builder.create<scf::IfOp>(loc, runs, /*withElseRegion=*/false);
  Block &then = guard.getThenRegion().front();
  then.getOperations().splice(then.begin(), entry.getOperations(),
                              std::next(guard->getIterator()),
                              entry.getTerminator()->getIterator());
  // Scratch stays at the top of the function, outside of control flow.
  for (auto scratch :
       llvm::make_early_inc_range(then.getOps<memref::AllocaOp>()))
    scratch->moveBefore(&entry, entry.begin());
}

LogicalResult verifyBuffers(func::FuncOp kernel) {
  WalkResult result = kernel.walk([](Operation *op) {
    auto isTensor = [](Type type) { return isa<TensorType>(type); };
    if (llvm::any_of(op->getOperandTypes(), isTensor) ||
        llvm::any_of(op->getResultTypes(), isTensor)) {
      op->emitOpError("expected no tensor after bufferization");
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

struct ReferenceLoops : sinter::impl::ReferenceLoopsBase<ReferenceLoops> {
  using Base::Base;

  void getDependentDialects(DialectRegistry &registry) const override {
    Base::getDependentDialects(registry);
    arith::registerBufferizableOpInterfaceExternalModels(registry);
    linalg::registerBufferizableOpInterfaceExternalModels(registry);
    scf::registerBufferizableOpInterfaceExternalModels(registry);
    tensor::registerBufferizableOpInterfaceExternalModels(registry);
  }

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<func::FuncOp>()) {
      if (!kernel->hasAttr("sinter.kernel") || kernel.isDeclaration())
        continue;
      if (failed(bufferize(kernel)) ||
          failed(sinter::lowerReductions(kernel, wideSums)) ||
          failed(useStack(kernel, boundedScratch)) || failed(toLoops(kernel)) ||
          failed(verifyBuffers(kernel)))
        return signalPassFailure();
      guardByFirstTile(kernel);
    }
  }
};

} // namespace
