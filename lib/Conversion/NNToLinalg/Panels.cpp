// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Panels of columns: an index map on the side that is packed, so that packing
// walks over the matrix, edges included, and unpacking is no op of its own.
#include "Lowering.h"

using namespace mlir;

namespace sinter::nn {

SmallVector<AffineExpr> panelIndex(AffineExpr row, AffineExpr column,
                                   int64_t width) {
  return {column.floorDiv(width), row, column % width};
}

/// The map from loops (batch…, row, column) to the panels.
static AffineMap panelMap(MLIRContext *context, unsigned loops, int64_t width) {
  SmallVector<AffineExpr> indices;
  for (unsigned dim = 0; dim + 2 < loops; ++dim)
    indices.push_back(getAffineDimExpr(dim, context));
  llvm::append_range(indices,
                     panelIndex(getAffineDimExpr(loops - 2, context),
                                getAffineDimExpr(loops - 1, context), width));
  return AffineMap::get(loops, 0, indices, context);
}

namespace {

struct PackPanelsLowering : OpConversionPattern<PackPanelsOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(PackPanelsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    unsigned loops = type.getRank() - 1;
    MLIRContext *context = op.getContext();
    SmallVector<unsigned> source =
        llvm::to_vector(llvm::seq<unsigned>(0, loops));
    if (op.getTransposed())
      std::swap(source[loops - 2], source[loops - 1]);
    AffineMap maps[] = {AffineMap::getPermutationMap(source, context),
                        panelMap(context, loops, op.getWidth())};
    SmallVector<utils::IteratorType> iterators(loops,
                                               utils::IteratorType::parallel);
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, type, adaptor.getInput(), emptyTensor(rewriter, op.getLoc(), type),
        maps, iterators,
        [](OpBuilder &builder, Location inner, ValueRange scalars) {
          builder.create<linalg::YieldOp>(inner, scalars.front());
        });
    return success();
  }
};

struct UnpackPanelsLowering : OpConversionPattern<UnpackPanelsOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(UnpackPanelsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    AffineMap map = panelMap(op.getContext(), type.getRank(),
                             shapeOf(adaptor.getInput()).back());
    rewriter.replaceOp(
        op, buildParallel(rewriter, op.getLoc(), type, adaptor.getInput(), map,
                          [](OpBuilder &, Location, ValueRange scalars) {
                            return scalars.front();
                          }));
    return success();
  }
};

} // namespace

void populatePanelsToLinalg(const TypeConverter &converter,
                            RewritePatternSet &patterns) {
  patterns.add<PackPanelsLowering, UnpackPanelsLowering>(converter,
                                                         patterns.getContext());
}

} // namespace sinter::nn
