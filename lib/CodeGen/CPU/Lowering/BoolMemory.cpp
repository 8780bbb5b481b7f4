// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vectors of i1 are bytes in memory, as scalars of i1 are; LLVM's own vector
// loads and stores of i1 would pack them into bits.
#include "BoolMemory.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace {

/// The type of the bytes that hold a vector of one dimension of i1.
VectorType byteVectorOf(VectorType type) {
  if (!type.getElementType().isInteger(1) || type.getRank() != 1)
    return {};
  return VectorType::get(type.getShape(),
                         IntegerType::get(type.getContext(), 8));
}

Value bytesOf(Location loc, Value bools, VectorType bytes,
              ConversionPatternRewriter &rewriter) {
  return rewriter.create<LLVM::ZExtOp>(loc, bytes, bools);
}

/// Memory holds 0 or 1 in each byte, so the lowest bit is the value.
void replaceByBools(Operation *op, Value bytes,
                    ConversionPatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<LLVM::TruncOp>(op, op->getResult(0).getType(),
                                             bytes);
}

template <typename OpT> struct BoolMemoryPattern : ConvertOpToLLVMPattern<OpT> {
  BoolMemoryPattern(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern<OpT>(converter, /*benefit=*/10) {}

  Value pointer(OpT op, typename OpT::Adaptor adaptor,
                ConversionPatternRewriter &rewriter) const {
    return this->getStridedElementPtr(op.getLoc(), op.getMemRefType(),
                                      adaptor.getBase(), adaptor.getIndices(),
                                      rewriter);
  }
};

struct LoadBools : BoolMemoryPattern<vector::LoadOp> {
  using BoolMemoryPattern::BoolMemoryPattern;
  LogicalResult
  matchAndRewrite(vector::LoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    VectorType bytes = byteVectorOf(op.getVectorType());
    if (!bytes)
      return rewriter.notifyMatchFailure(op, "not a vector of i1");
    Value loaded = rewriter.create<LLVM::LoadOp>(
        op.getLoc(), bytes, pointer(op, adaptor, rewriter), /*alignment=*/1);
    replaceByBools(op, loaded, rewriter);
    return success();
  }
};

struct StoreBools : BoolMemoryPattern<vector::StoreOp> {
  using BoolMemoryPattern::BoolMemoryPattern;
  LogicalResult
  matchAndRewrite(vector::StoreOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    VectorType bytes = byteVectorOf(op.getVectorType());
    if (!bytes)
      return rewriter.notifyMatchFailure(op, "not a vector of i1");
    Value address = pointer(op, adaptor, rewriter);
    Value value =
        bytesOf(op.getLoc(), adaptor.getValueToStore(), bytes, rewriter);
    rewriter.replaceOpWithNewOp<LLVM::StoreOp>(op, value, address,
                                               /*alignment=*/1);
    return success();
  }
};

struct MaskedLoadBools : BoolMemoryPattern<vector::MaskedLoadOp> {
  using BoolMemoryPattern::BoolMemoryPattern;
  LogicalResult
  matchAndRewrite(vector::MaskedLoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    VectorType bytes = byteVectorOf(op.getVectorType());
    if (!bytes)
      return rewriter.notifyMatchFailure(op, "not a vector of i1");
    Location loc = op.getLoc();
    Value passThrough = bytesOf(loc, adaptor.getPassThru(), bytes, rewriter);
    Value loaded = rewriter.create<LLVM::MaskedLoadOp>(
        loc, bytes, pointer(op, adaptor, rewriter), adaptor.getMask(),
        passThrough, rewriter.getI32IntegerAttr(1));
    replaceByBools(op, loaded, rewriter);
    return success();
  }
};

struct MaskedStoreBools : BoolMemoryPattern<vector::MaskedStoreOp> {
  using BoolMemoryPattern::BoolMemoryPattern;
  LogicalResult
  matchAndRewrite(vector::MaskedStoreOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    VectorType bytes = byteVectorOf(op.getVectorType());
    if (!bytes)
      return rewriter.notifyMatchFailure(op, "not a vector of i1");
    Value address = pointer(op, adaptor, rewriter);
    Value value =
        bytesOf(op.getLoc(), adaptor.getValueToStore(), bytes, rewriter);
    rewriter.replaceOpWithNewOp<LLVM::MaskedStoreOp>(
        op, value, address, adaptor.getMask(), rewriter.getI32IntegerAttr(1));
    return success();
  }
};

struct GatherBools : ConvertOpToLLVMPattern<vector::GatherOp> {
  GatherBools(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10) {}
  LogicalResult
  matchAndRewrite(vector::GatherOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    VectorType bytes = byteVectorOf(op.getVectorType());
    auto memref = dyn_cast<MemRefType>(op.getBase().getType());
    if (!bytes || !memref)
      return rewriter.notifyMatchFailure(op, "not a vector of i1 in memory");
    Location loc = op.getLoc();
    Type byte = rewriter.getI8Type();
    auto pointers = LLVM::getFixedVectorType(
        LLVM::LLVMPointerType::get(op.getContext()), bytes.getDimSize(0));
    Value base = getStridedElementPtr(loc, memref, adaptor.getBase(),
                                      adaptor.getIndices(), rewriter);
    Value addresses = rewriter.create<LLVM::GEPOp>(loc, pointers, byte, base,
                                                   adaptor.getIndexVec());
    Value passThrough = bytesOf(loc, adaptor.getPassThru(), bytes, rewriter);
    Value gathered = rewriter.create<LLVM::masked_gather>(
        loc, bytes, addresses, adaptor.getMask(), passThrough,
        rewriter.getI32IntegerAttr(1));
    replaceByBools(op, gathered, rewriter);
    return success();
  }
};

} // namespace

void sinter::populateBoolMemoryPatterns(const LLVMTypeConverter &converter,
                                        RewritePatternSet &patterns) {
  patterns.add<LoadBools, StoreBools, MaskedLoadBools, MaskedStoreBools,
               GatherBools>(converter);
}
