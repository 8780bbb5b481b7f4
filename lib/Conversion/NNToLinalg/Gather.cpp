// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that read their operand at indices of the program: a number out of range
// reads nothing.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace sinter::nn {
namespace {

/// Reads `input` at `indices`, of which the one along `dim` is `number`, an
/// integer of the program: 0 if it is out of range.
Value readChecked(OpBuilder &builder, Location location, Value input,
                  SmallVector<Value> indices, int64_t dim, Value number) {
  Value extent =
      integerConstant(builder, location, number.getType(), shapeOf(input)[dim]);
  Value zero = integerConstant(builder, location, number.getType(), 0);
  Value inside = builder.create<arith::CmpIOp>(
      location, arith::CmpIPredicate::ult, number, extent);
  Value clamped =
      builder.create<arith::SelectOp>(location, inside, number, zero);
  indices[dim] = builder.create<arith::IndexCastOp>(
      location, builder.getIndexType(), clamped);
  Value element = builder.create<tensor::ExtractOp>(location, input, indices);
  Value nothing = numberConstant(builder, location, element.getType(), 0);
  return builder.create<arith::SelectOp>(location, inside, element, nothing);
}

struct GatherLowering : OpConversionPattern<GatherOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(GatherOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    int64_t dim = op.getDim();
    if (shapeOf(op.getInput())[dim] == 0) { // every index is out of range
      Value zero =
          numberConstant(rewriter, op.getLoc(), type.getElementType(), 0);
      rewriter.replaceOp(op, filledTensor(rewriter, op.getLoc(), type, zero));
      return success();
    }
    auto body = [&](OpBuilder &builder, Location location, ValueRange x) {
      SmallVector<Value> indices =
          loopIndices(builder, location, type.getRank());
      return readChecked(builder, location, adaptor.getInput(), indices, dim,
                         x[0]);
    };
    rewriter.replaceOp(op, buildElementwise(rewriter, op.getLoc(), type,
                                            adaptor.getIndices(), body));
    return success();
  }
};

struct TakeLowering : OpConversionPattern<TakeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(TakeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    if (shapeOf(op.getInput())[0] == 0) { // every index is out of range
      Value zero =
          numberConstant(rewriter, op.getLoc(), type.getElementType(), 0);
      rewriter.replaceOp(op, filledTensor(rewriter, op.getLoc(), type, zero));
      return success();
    }
    int64_t outer = shapeOf(op.getIndices()).size();
    SmallVector<AffineExpr> outerDims(outer);
    bindDimsList(op.getContext(), MutableArrayRef<AffineExpr>(outerDims));
    AffineMap map =
        AffineMap::get(type.getRank(), 0, outerDims, op.getContext());
    auto body = [&](OpBuilder &builder, Location location, ValueRange x) {
      SmallVector<Value> loops = loopIndices(builder, location, type.getRank());
      SmallVector<Value> indices(1);
      indices.append(loops.begin() + outer, loops.end());
      return readChecked(builder, location, adaptor.getInput(), indices, 0,
                         x[0]);
    };
    rewriter.replaceOp(op, buildParallel(rewriter, op.getLoc(), type,
                                         adaptor.getIndices(), map, body));
    return success();
  }
};

} // namespace

void populateGatherToLinalg(const TypeConverter &converter,
                            RewritePatternSet &patterns) {
  patterns.add<GatherLowering, TakeLowering>(converter, patterns.getContext());
}

} // namespace sinter::nn
