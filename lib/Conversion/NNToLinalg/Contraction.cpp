// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products of all kinds: one generic that multiplies and adds.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::nn {
namespace {

/// A factor of a product as the loops index it; panels are read as they are.
std::pair<Value, AffineMap> readFactor(Value factor, Value converted,
                                       AffineMap map,
                                       ConversionPatternRewriter &rewriter) {
  auto unpack = factor.getDefiningOp<UnpackPanelsOp>();
  if (!unpack)
    return {converted, map};
  ArrayRef<AffineExpr> indices = map.getResults();
  SmallVector<AffineExpr> inPanels(indices.drop_back(2));
  inPanels.append(panelIndex(indices[indices.size() - 2], indices.back(),
                             shapeOf(unpack.getInput()).back()));
  return {rewriter.getRemappedValue(unpack.getInput()),
          AffineMap::get(map.getNumDims(), 0, inPanels, map.getContext())};
}

struct ContractionLowering
    : OpInterfaceConversionPattern<ContractionOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;

  LogicalResult
  matchAndRewrite(ContractionOpInterface op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Type accumulator = type.getElementType();
    if (accumulator.getIntOrFloatBitWidth() < 32)
      accumulator = rewriter.getF32Type();
    auto sums = RankedTensorType::get(type.getShape(), accumulator);
    Value init =
        filledTensor(rewriter, location, sums,
                     floatConstant(rewriter, location, accumulator, 0));
    ContractionLoops loops = op.getContractionLoops();
    SmallVector<utils::IteratorType> iterators(loops.extents.size(),
                                               utils::IteratorType::reduction);
    std::fill_n(iterators.begin(), type.getRank(),
                utils::IteratorType::parallel);
    auto [lhs, lhsMap] =
        readFactor(op.getLeftFactor(), operands[0], loops.lhs, rewriter);
    auto [rhs, rhsMap] =
        readFactor(op.getRightFactor(), operands[1], loops.rhs, rewriter);
    auto generic = rewriter.create<linalg::GenericOp>(
        location, sums, ValueRange{lhs, rhs}, init,
        ArrayRef<AffineMap>{lhsMap, rhsMap, loops.result}, iterators,
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
  patterns.add<ContractionLowering>(converter, patterns.getContext());
}

} // namespace sinter::nn
