// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sinter-verify-loops: what is fused never reaches memory.

#include "sinter/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

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

/// A buffer of bools as one of bytes: the same pointer in the end.
static bool isViewOfBytes(Operation *op) {
  if (!isa<UnrealizedConversionCastOp>(op) || op->getNumOperands() != 1 ||
      op->getNumResults() != 1)
    return false;
  auto bools = dyn_cast<MemRefType>(op->getOperand(0).getType());
  auto bytes = dyn_cast<MemRefType>(op->getResult(0).getType());
  return bools && bytes && bools.getElementType().isInteger(1) &&
         bytes.getElementType().isInteger(8) &&
         bools.getShape() == bytes.getShape() &&
         bools.getLayout() == bytes.getLayout();
}

/// Loops, arithmetic, and reads and writes of buffers.
static bool isOfLoopsPhase(Operation *op) {
  if (isa<arith::ArithDialect, math::MathDialect, vector::VectorDialect>(
          op->getDialect()) ||
      isViewOfBytes(op))
    return true;
  return isa<scf::ForOp, scf::IfOp, scf::YieldOp, affine::AffineApplyOp,
             affine::AffineMinOp, affine::AffineMaxOp, memref::LoadOp,
             memref::StoreOp, memref::AllocaOp, memref::GetGlobalOp,
             memref::SubViewOp, memref::ReinterpretCastOp, memref::CastOp,
             memref::CollapseShapeOp, memref::ExpandShapeOp, memref::DimOp,
             func::ReturnOp>(op);
}

/// Bytes of scratch; a number above the limit where it has too many elements.
static int64_t bytesOf(MemRefType type) {
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t extent : type.getShape()) {
    if (extent > sinter::kMaximumScratchBytes)
      return extent;
    bytes = std::min(bytes * extent, 2 * sinter::kMaximumScratchBytes);
  }
  return bytes;
}

static LogicalResult verifyScratch(memref::AllocaOp op, int64_t &scratchBytes) {
  MemRefType type = op.getType();
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return op->emitOpError("expected stack scratch of static size, but got ")
           << type;
  if (!isa<func::FuncOp>(op->getParentOp()))
    return op->emitOpError("expected stack scratch outside of loops");
  scratchBytes += bytesOf(type);
  if (scratchBytes > sinter::kMaximumScratchBytes)
    return op->emitOpError("expected at most ")
           << sinter::kMaximumScratchBytes
           << " bytes of stack scratch in a kernel, but got " << scratchBytes;
  return success();
}

/// Constants and inputs are only read: launches may pass them twice.
static LogicalResult verifyWrites(Operation *op, int64_t inputs) {
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  if (!effects)
    return success();
  for (Value buffer : op->getOperands()) {
    if (!isa<MemRefType>(buffer.getType()) ||
        !effects.getEffectOnValue<MemoryEffects::Write>(buffer))
      continue;
    while (Operation *view = buffer.getDefiningOp()) {
      if (!isa<ViewLikeOpInterface>(view) && !isViewOfBytes(view))
        break;
      buffer = view->getOperand(0);
    }
    auto argument = dyn_cast<BlockArgument>(buffer);
    if (buffer.getDefiningOp<memref::GetGlobalOp>() ||
        (argument && isa<func::FuncOp>(argument.getOwner()->getParentOp()) &&
         argument.getArgNumber() < inputs))
      return op->emitOpError("expected inputs and constants of a kernel to be "
                             "only read, but got a write");
  }
  return success();
}

/// The largest value of an index that does not depend on data or tiles: a
/// constant, or a counter that goes from one constant to another.
static std::optional<int64_t> largestValue(Value index, Operation *user) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return constant;
  auto counter = dyn_cast<BlockArgument>(index);
  auto loop = counter ? dyn_cast<scf::ForOp>(counter.getOwner()->getParentOp())
                      : nullptr;
  if (!loop || counter != loop.getInductionVar() ||
      user->getParentOp() != loop.getOperation())
    return std::nullopt; // under a condition it may never be reached
  auto lower = getConstantIntValue(loop.getLowerBound()),
       upper = getConstantIntValue(loop.getUpperBound()),
       step = getConstantIntValue(loop.getStep());
  if (!lower || !upper || !step || *step < 1 || *lower < 0 || *upper <= *lower)
    return std::nullopt;
  return *lower + (*upper - 1 - *lower) / *step * *step;
}

/// What is known of an access lies in its buffer. The rest is trusted.
static LogicalResult verifyAccess(Operation *op, Value buffer,
                                  ValueRange indices) {
  auto type = cast<MemRefType>(buffer.getType());
  for (auto [index, extent] : llvm::zip(indices, type.getShape())) {
    std::optional<int64_t> largest = largestValue(index, op);
    if (!largest || ShapedType::isDynamic(extent) ||
        (0 <= *largest && *largest < extent))
      continue;
    return op->emitOpError("expected indices inside of ")
           << type << ", but got " << *largest << " for " << extent
           << " elements";
  }
  return success();
}

/// Accesses of elements and of vectors, and views at constant places.
static LogicalResult verifyAccesses(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<memref::LoadOp, memref::StoreOp>([](auto access) {
        return verifyAccess(access, access.getMemref(), access.getIndices());
      })
      // The lanes of a masked access may begin outside.
      .Case<vector::LoadOp, vector::StoreOp>([](auto access) {
        return verifyAccess(access, access.getBase(), access.getIndices());
      })
      .Case([](memref::ReinterpretCastOp cast) -> LogicalResult {
        auto from = dyn_cast<MemRefType>(cast.getSource().getType());
        int64_t last = 0;
        for (auto [size, stride] :
             llvm::zip(cast.getStaticSizes(), cast.getStaticStrides())) {
          int64_t span;
          if (ShapedType::isDynamic(size) || ShapedType::isDynamic(stride))
            return success();
          if (size == 0)
            return success();
          if (size < 0 || stride < 0 ||
              llvm::MulOverflow(size - 1, stride, span) ||
              llvm::AddOverflow(last, span, last))
            return cast.emitOpError("expected sizes and strides of a buffer");
        }
        int64_t offset = cast.getStaticOffsets().front();
        if (!from || !from.hasStaticShape() || ShapedType::isDynamic(offset) ||
            (offset >= 0 && last < from.getNumElements() - offset))
          return success();
        return cast.emitOpError("expected a view inside of ")
               << from << ", but got " << cast.getType();
      })
      .Default([](Operation *) { return success(); });
}

static LogicalResult verifyOp(Operation *op, int64_t inputs,
                              int64_t &scratchBytes) {
  if (hasTensor(op))
    return op->emitOpError("expected no tensor in a kernel after the loops "
                           "phase");
  if (isa<memref::AllocOp, memref::ReallocOp>(op))
    return op->emitOpError("expected no allocation in a kernel");
  if (isa<memref::CopyOp>(op))
    return op->emitOpError("expected no copy of a buffer in a kernel");
  if (!isOfLoopsPhase(op))
    return op->emitError("expected loops, arithmetic and buffers in a kernel, "
                         "but got ")
           << op->getName();
  if (auto scratch = dyn_cast<memref::AllocaOp>(op))
    return verifyScratch(scratch, scratchBytes);
  if (failed(verifyAccesses(op)))
    return failure();
  return verifyWrites(op, inputs);
}

namespace {
struct VerifyLoops : public sinter::impl::VerifyLoopsBase<VerifyLoops> {
  using Base::Base;

  void runOnOperation() override {
    bool hasFailed = false;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("sinter.kernel"))
        continue;
      auto inputs = function->getAttrOfType<IntegerAttr>("sinter.inputs");
      int64_t scratchBytes = 0;
      function.walk([&](Operation *op) {
        hasFailed |=
            op != function &&
            failed(verifyOp(op, inputs ? inputs.getInt() : 0, scratchBytes));
      });
    }
    markAllAnalysesPreserved();
    if (hasFailed)
      signalPassFailure();
  }
};
} // namespace
