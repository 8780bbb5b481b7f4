// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sinter-emit-loops: linalg on tensors to vectorised loops on buffers.

#include "Contraction.h"
#include "NestEmitter.h"

#include "sinter/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace sinter {
#define GEN_PASS_DEF_EMITLOOPS
#include "sinter/CodeGen/CPU/Passes.h.inc"
} // namespace sinter

using namespace mlir;
using namespace sinter::cpu;

/// Lanes of a vector register of the widest float that the kernel computes
/// with; other types follow, in as many registers as they take.
static int64_t getLaneCount(func::FuncOp function, int64_t vectorBytes) {
  unsigned bits = 0;
  function.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type)))
        bits = std::max(bits, element.getWidth());
  });
  return std::max<int64_t>(vectorBytes * 8 / std::max(bits, 32u), 2);
}

/// Named ops are generics too, but for fills, which have code of their own.
static LogicalResult generalize(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  for (auto op :
       llvm::to_vector(function.getBody().getOps<linalg::LinalgOp>())) {
    if (isa<linalg::GenericOp, linalg::FillOp>(op))
      continue;
    rewriter.setInsertionPoint(op);
    if (failed(linalg::generalizeNamedOp(rewriter, op)))
      return op.emitOpError("expected an op with a region of scalars");
  }
  return success();
}

static LogicalResult checkShapes(func::FuncOp function) {
  WalkResult result = function.walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto shaped = dyn_cast<ShapedType>(type))
        if (!shaped.hasRank() || !shaped.hasStaticShape()) {
          op->emitOpError("expected static shapes in a kernel, but got ")
              << type;
          return WalkResult::interrupt();
        }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Removes what the loops replace: everything that is or uses a tensor.
static void eraseTensors(Block &block, ArrayRef<Operation *> originals) {
  for (Operation *op : llvm::reverse(originals))
    if (op->use_empty() && !op->hasTrait<OpTrait::IsTerminator>() &&
        !isa<memref::ReinterpretCastOp, memref::GetGlobalOp>(op))
      op->erase();
}

static LogicalResult emitKernel(func::FuncOp function, int64_t vectorBytes) {
  if (failed(checkShapes(function)) || failed(generalize(function)))
    return failure();
  FailureOr<Kernel> kernel = Kernel::create(function);
  if (failed(kernel))
    return failure();
  Block &block = function.getBody().front();
  SmallVector<Operation *> originals;
  for (Operation &op : block.without_terminator())
    originals.push_back(&op);

  OpBuilder builder(block.getTerminator());
  Evaluator evaluator(builder, function, getLaneCount(function, vectorBytes));
  std::optional<Contraction> product = Contraction::match(*kernel);
  int64_t vectorRegisters = vectorBytes >= 64 ? 32 : 16;
  LogicalResult emitted = failure();
  if (product && product->prefersDots(evaluator.getLanes()))
    emitted = buildDots(*kernel, *product, evaluator, vectorRegisters);
  else if (product)
    emitted = buildContraction(*kernel, *product, evaluator, vectorRegisters);
  else
    emitted = NestEmitter(*kernel, evaluator).emit();
  if (failed(emitted))
    return failure();
  eraseTensors(block, originals);
  for (BlockArgument argument : function.getArguments())
    if (isa<MemRefType>(argument.getType()))
      function.setArgAttr(argument.getArgNumber(), "llvm.noalias",
                          builder.getUnitAttr());
  return success();
}

namespace {
struct EmitLoops : public sinter::impl::EmitLoopsBase<EmitLoops> {
  using Base::Base;

  void runOnOperation() override {
    if (!llvm::isPowerOf2_64(vectorBytes) || vectorBytes < 8) {
      getOperation().emitError("expected a vector width of a power of two of "
                               "at least 8 bytes, but got ")
          << vectorBytes;
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr("sinter.kernel") && !function.isExternal() &&
          failed(emitKernel(function, vectorBytes)))
        return signalPassFailure();
  }
};
} // namespace
