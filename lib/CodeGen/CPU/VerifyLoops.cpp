// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sinter-verify-loops: what is fused never reaches memory.

#include "sinter/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace sinter {
#define GEN_PASS_DEF_VERIFYLOOPS
#include "sinter/CodeGen/CPU/Passes.h.inc"
} // namespace sinter

using namespace mlir;

static bool hasTensor(Operation *op) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  return llvm::any_of(op->getOperandTypes(), isTensor) ||
         llvm::any_of(op->getResultTypes(), isTensor);
}

static LogicalResult verifyOp(Operation *op, int64_t &scratchBytes) {
  if (hasTensor(op))
    return op->emitOpError("expected no tensor in a kernel after the loops "
                           "phase");
  if (isa<memref::AllocOp, memref::ReallocOp>(op))
    return op->emitOpError("expected no allocation in a kernel");
  if (isa<memref::CopyOp>(op))
    return op->emitOpError("expected no copy of a buffer in a kernel");
  auto scratch = dyn_cast<memref::AllocaOp>(op);
  if (!scratch)
    return success();
  MemRefType type = scratch.getType();
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return op->emitOpError("expected stack scratch of static size, but got ")
           << type;
  if (!isa<func::FuncOp>(op->getParentOp()))
    return op->emitOpError("expected stack scratch outside of loops");
  scratchBytes += type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  if (scratchBytes > sinter::kMaximumScratchBytes)
    return op->emitOpError("expected at most ")
           << sinter::kMaximumScratchBytes
           << " bytes of stack scratch in a kernel, but got " << scratchBytes;
  return success();
}

namespace {
struct VerifyLoops : public sinter::impl::VerifyLoopsBase<VerifyLoops> {
  using Base::Base;

  void runOnOperation() override {
    bool hasFailed = false;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("sinter.kernel"))
        continue;
      int64_t scratchBytes = 0;
      function.walk([&](Operation *op) {
        hasFailed |= op != function && failed(verifyOp(op, scratchBytes));
      });
    }
    if (hasFailed)
      signalPassFailure();
  }
};
} // namespace
