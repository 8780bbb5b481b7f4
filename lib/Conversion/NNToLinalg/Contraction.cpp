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

/// A factor of a product: a tensor and how the loops (batch…, M, N, K) index
/// it.
struct Factor {
  Value tensor;
  AffineMap map;
};

/// The factor whose last two dimensions run along two of the loops. Panels are
/// read as they are.
Factor makeFactor(Value operand, Value converted,
                  ConversionPatternRewriter &rewriter, ArrayRef<int64_t> batch,
                  unsigned row, unsigned column) {
  MLIRContext *context = rewriter.getContext();
  unsigned loops = batch.size() + 3;
  SmallVector<AffineExpr> last = {getAffineDimExpr(row, context),
                                  getAffineDimExpr(column, context)};
  if (auto unpack = operand.getDefiningOp<UnpackPanelsOp>()) {
    converted = rewriter.getRemappedValue(unpack.getInput());
    last = panelIndex(last[0], last[1], shapeOf(unpack.getInput()).back());
  }
  AffineMap batchMap =
      broadcastMap(context, shapeOf(operand).drop_back(2), batch, loops);
  SmallVector<AffineExpr> indices(batchMap.getResults());
  indices.append(last);
  return {converted, AffineMap::get(loops, 0, indices, context)};
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
    ArrayRef<int64_t> batch = type.getShape().drop_back(2);
    unsigned m = batch.size(), n = m + 1, k = m + 2;
    bool transposeA = op.getTransposeA(), transposeB = op.getTransposeB();
    Factor lhs = makeFactor(op.getLhs(), adaptor.getLhs(), rewriter, batch,
                            transposeA ? k : m, transposeA ? m : k);
    Factor rhs = makeFactor(op.getRhs(), adaptor.getRhs(), rewriter, batch,
                            transposeB ? n : k, transposeB ? k : n);
    AffineMap resultMap =
        AffineMap::getMultiDimIdentityMap(k + 1, op.getContext()).dropResult(k);
    auto generic = rewriter.create<linalg::GenericOp>(
        location, sums, ValueRange{lhs.tensor, rhs.tensor}, init,
        ArrayRef<AffineMap>{lhs.map, rhs.map, resultMap}, iterators,
        [&](OpBuilder &builder, Location inner, ValueRange x) {
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
