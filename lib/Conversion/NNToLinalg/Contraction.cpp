// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nn.matmul: one generic that multiplies and adds, with batch dimensions that
// broadcast.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::nn {
namespace {

/// The map from the loops (batch…, M, N, K) to one operand: its batch
/// dimensions, then two of the last three loops.
AffineMap operandMap(MLIRContext *context, ArrayRef<int64_t> shape,
                     ArrayRef<int64_t> batch, unsigned row, unsigned column) {
  unsigned loops = batch.size() + 3;
  AffineMap batchMap = broadcastMap(context, shape.drop_back(2), batch, loops);
  SmallVector<AffineExpr> indices(batchMap.getResults());
  indices.push_back(getAffineDimExpr(row, context));
  indices.push_back(getAffineDimExpr(column, context));
  return AffineMap::get(loops, 0, indices, context);
}

SmallVector<AffineMap> contractionMaps(MatmulOp op) {
  ArrayRef<int64_t> batch = shapeOf(op.getResult()).drop_back(2);
  unsigned m = batch.size(), n = m + 1, k = m + 2;
  MLIRContext *context = op.getContext();
  bool transposeA = op.getTransposeA(), transposeB = op.getTransposeB();
  return {operandMap(context, shapeOf(op.getLhs()), batch, transposeA ? k : m,
                     transposeA ? m : k),
          operandMap(context, shapeOf(op.getRhs()), batch, transposeB ? n : k,
                     transposeB ? k : n),
          operandMap(context, shapeOf(op.getResult()), batch, m, n)};
}

struct MatmulLowering : OpConversionPattern<MatmulOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(MatmulOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    auto type = cast<RankedTensorType>(op.getType());
    Type accumulator = type.getElementType();
    if (accumulator.getIntOrFloatBitWidth() < 32)
      accumulator = rewriter.getF32Type();
    auto sums = RankedTensorType::get(type.getShape(), accumulator);
    Value init =
        filledTensor(rewriter, location, sums,
                     floatConstant(rewriter, location, accumulator, 0));
    SmallVector<utils::IteratorType> iterators(type.getRank(),
                                               utils::IteratorType::parallel);
    iterators.push_back(utils::IteratorType::reduction);
    auto generic = rewriter.create<linalg::GenericOp>(
        location, sums, adaptor.getOperands(), init, contractionMaps(op),
        iterators, [&](OpBuilder &builder, Location inner, ValueRange x) {
          Value left =
              castScalar(builder, inner, x[0], x[0].getType(), accumulator);
          Value right =
              castScalar(builder, inner, x[1], x[1].getType(), accumulator);
          Value product = builder.create<arith::MulFOp>(inner, left, right);
          Value sum = builder.create<arith::AddFOp>(inner, x[2], product);
          builder.create<linalg::YieldOp>(inner, sum);
        });
    Value result = generic.getResult(0);
    if (sums != type)
      result = buildElementwise(
          rewriter, location, type, result,
          [&](OpBuilder &builder, Location inner, ValueRange x) {
            return castScalar(builder, inner, x[0], accumulator,
                              type.getElementType());
          });
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void populateContractionToLinalg(const TypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<MatmulLowering>(converter, patterns.getContext());
}

} // namespace sinter::nn
