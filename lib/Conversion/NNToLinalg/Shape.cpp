// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that move elements. What an affine map cannot say reads its operand at a
// computed index that is always in range.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;

namespace sinter::nn {
namespace {

Value indexConstant(OpBuilder &builder, Location location, int64_t value) {
  return builder.create<arith::ConstantIndexOp>(location, value);
}

Value yieldElement(OpBuilder &, Location, ValueRange scalars) {
  return scalars.front();
}

/// Reshapes through as few dimensions as needed: directly if the shapes nest,
/// else through one dimension.
Value reshape(OpBuilder &builder, Location location, Value input,
              RankedTensorType type) {
  auto from = cast<RankedTensorType>(input.getType());
  if (from == type)
    return input;
  if (auto groups = getReassociationIndicesForReshape(from, type)) {
    if (from.getRank() > type.getRank())
      return builder.create<tensor::CollapseShapeOp>(location, type, input,
                                                     *groups);
    return builder.create<tensor::ExpandShapeOp>(location, type, input,
                                                 *groups);
  }
  auto flat =
      RankedTensorType::get(from.getNumElements(), from.getElementType());
  SmallVector<ReassociationIndices> collapse(
      1, llvm::to_vector(llvm::seq<int64_t>(0, from.getRank())));
  SmallVector<ReassociationIndices> expand(
      1, llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
  Value line =
      builder.create<tensor::CollapseShapeOp>(location, flat, input, collapse);
  return builder.create<tensor::ExpandShapeOp>(location, type, line, expand);
}

struct ReshapeLowering : OpConversionPattern<ReshapeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ReshapeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), adaptor.getInput(),
                                   loweredType(op.getType())));
    return success();
  }
};

struct TransposeLowering : OpConversionPattern<TransposeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(TransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<AffineExpr> indices(op.getPermutation().size());
    for (auto [dim, source] : llvm::enumerate(op.getPermutation()))
      indices[source] = rewriter.getAffineDimExpr(dim);
    AffineMap map = AffineMap::get(indices.size(), 0, indices, op.getContext());
    rewriter.replaceOp(
        op, buildParallel(rewriter, op.getLoc(), loweredType(op.getType()),
                          adaptor.getInput(), map, yieldElement));
    return success();
  }
};

struct BroadcastLowering : OpConversionPattern<BroadcastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(BroadcastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, buildElementwise(rewriter, op.getLoc(),
                                            loweredType(op.getType()),
                                            adaptor.getInput(), yieldElement));
    return success();
  }
};

struct SliceLowering : OpConversionPattern<SliceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(SliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
        op, type, adaptor.getInput(), ValueRange{}, ValueRange{}, ValueRange{},
        op.getStarts(), type.getShape(), op.getStrides());
    return success();
  }
};

/// Where padding reads along one dimension: a source index in range, and
/// whether the element is there at all (null: always).
struct PaddedIndex {
  Value index, inside;
};

PaddedIndex paddedIndex(OpBuilder &builder, Location location, Value index,
                        int64_t extent, int64_t low, int64_t high,
                        int64_t interior) {
  if (!low && !high && !interior)
    return {index, Value()};
  int64_t step = interior + 1, last = (extent - 1) * step;
  Value zero = indexConstant(builder, location, 0),
        limit = indexConstant(builder, location, last);
  Value shifted = builder.create<arith::SubIOp>(
      location, index, indexConstant(builder, location, low));
  // As unsigned numbers, indices below 0 are above the limit too.
  Value inside = builder.create<arith::CmpIOp>(
      location, arith::CmpIPredicate::ule, shifted, limit);
  Value source =
      builder.create<arith::SelectOp>(location, inside, shifted, zero);
  if (interior) {
    Value stepValue = indexConstant(builder, location, step);
    Value rest = builder.create<arith::RemUIOp>(location, source, stepValue);
    Value onElement = builder.create<arith::CmpIOp>(
        location, arith::CmpIPredicate::eq, rest, zero);
    inside = builder.create<arith::AndIOp>(location, inside, onElement);
    source = builder.create<arith::DivUIOp>(location, source, stepValue);
  }
  return {source, inside};
}

struct PadLowering : OpConversionPattern<PadOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(PadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    double value = op.getValueAttr().getValueAsDouble();
    if (llvm::is_contained(shapeOf(op.getInput()), 0)) { // nothing to read
      Value scalar =
          numberConstant(rewriter, op.getLoc(), type.getElementType(), value);
      rewriter.replaceOp(op, filledTensor(rewriter, op.getLoc(), type, scalar));
      return success();
    }
    auto body = [&](OpBuilder &builder, Location location, ValueRange) {
      return paddedElement(builder, location, op, adaptor.getInput(), value);
    };
    rewriter.replaceOp(
        op, buildParallel(rewriter, op.getLoc(), type, {}, {}, body));
    return success();
  }

private:
  static Value paddedElement(OpBuilder &builder, Location location, PadOp op,
                             Value input, double value) {
    SmallVector<Value> indices =
        loopIndices(builder, location, op.getLow().size());
    Value inside;
    for (auto [dim, index] : llvm::enumerate(indices)) {
      PaddedIndex padded = paddedIndex(
          builder, location, index, shapeOf(input)[dim], op.getLow()[dim],
          op.getHigh()[dim], op.getInterior()[dim]);
      index = padded.index;
      if (inside && padded.inside)
        inside = builder.create<arith::AndIOp>(location, inside, padded.inside);
      else if (padded.inside)
        inside = padded.inside;
    }
    Value element = builder.create<tensor::ExtractOp>(location, input, indices);
    if (!inside)
      return element;
    Value padding = numberConstant(builder, location, element.getType(), value);
    return builder.create<arith::SelectOp>(location, inside, element, padding);
  }
};

struct ConcatLowering : OpConversionPattern<ConcatOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ConcatOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    int64_t dim = op.getDim();
    if (isComputedByParts(op)) {
      rewriter.replaceOp(op, insertParts(rewriter, op.getLoc(), type,
                                         adaptor.getInputs(), dim));
      return success();
    }
    SmallVector<Value> inputs = llvm::to_vector(
        llvm::make_filter_range(adaptor.getInputs(), [&](Value input) {
          return shapeOf(input)[dim] != 0;
        }));
    if (inputs.empty()) {
      rewriter.replaceOp(op, emptyTensor(rewriter, op.getLoc(), type));
      return success();
    }
    SmallVector<int64_t> begins = {0};
    for (Value input : inputs)
      begins.push_back(begins.back() + shapeOf(input)[dim]);
    auto body = [&](OpBuilder &builder, Location location, ValueRange) {
      return concatenatedElement(builder, location, inputs, begins,
                                 loopIndices(builder, location, type.getRank()),
                                 dim);
    };
    rewriter.replaceOp(
        op, buildParallel(rewriter, op.getLoc(), type, {}, {}, body));
    return success();
  }

private:
  /// Whether the kernel's domain is that of a part: it computes an element of
  /// each at once.
  static bool isComputedByParts(ConcatOp op) {
    auto domain =
        op->getParentOfType<func::FuncOp>()->getAttrOfType<DenseI64ArrayAttr>(
            "sinter.domain");
    return domain && shapeOf(op) != domain.asArrayRef() &&
           llvm::all_of(op.getInputs(), [&](Value part) {
             return shapeOf(part) == domain.asArrayRef();
           });
  }

  static Value insertParts(OpBuilder &builder, Location location,
                           RankedTensorType type, ValueRange parts,
                           int64_t dim) {
    Value whole = emptyTensor(builder, location, type);
    SmallVector<int64_t> offsets(type.getRank(), 0), strides(type.getRank(), 1);
    for (Value part : parts) {
      whole = builder.create<tensor::InsertSliceOp>(
          location, whole.getType(), part, whole, ValueRange{}, ValueRange{},
          ValueRange{}, offsets, shapeOf(part), strides);
      offsets[dim] += shapeOf(part)[dim];
    }
    return whole;
  }

  /// The element of the input in which `indices` lie: a choice between halves
  /// of the inputs, so that few comparisons lead to each.
  static Value concatenatedElement(OpBuilder &builder, Location location,
                                   ArrayRef<Value> inputs,
                                   ArrayRef<int64_t> begins,
                                   SmallVector<Value> indices, int64_t dim) {
    if (inputs.size() == 1)
      return elementOfPart(builder, location, inputs.front(), begins.front(),
                           indices, dim);
    size_t half = inputs.size() / 2;
    Value isBefore = builder.create<arith::CmpIOp>(
        location, arith::CmpIPredicate::slt, indices[dim],
        indexConstant(builder, location, begins[half]));
    Value before =
        concatenatedElement(builder, location, inputs.take_front(half),
                            begins.take_front(half + 1), indices, dim);
    Value after =
        concatenatedElement(builder, location, inputs.drop_front(half),
                            begins.drop_front(half), indices, dim);
    return builder.create<arith::SelectOp>(location, isBefore, before, after);
  }

  /// What the input that begins at `begin` has at `indices` of the result, with
  /// the index along `dim` kept in range.
  static Value elementOfPart(OpBuilder &builder, Location location, Value input,
                             int64_t begin, SmallVector<Value> indices,
                             int64_t dim) {
    Value shifted = builder.create<arith::SubIOp>(
        location, indices[dim], indexConstant(builder, location, begin));
    Value above = builder.create<arith::MaxSIOp>(
        location, shifted, indexConstant(builder, location, 0));
    Value last = indexConstant(builder, location, shapeOf(input)[dim] - 1);
    indices[dim] = builder.create<arith::MinSIOp>(location, above, last);
    return builder.create<tensor::ExtractOp>(location, input, indices);
  }
};

struct ReverseLowering : OpConversionPattern<ReverseOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ReverseOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    auto body = [&](OpBuilder &builder, Location location,
                    ValueRange) -> Value {
      SmallVector<Value> indices =
          loopIndices(builder, location, type.getRank());
      for (int64_t dim : op.getDims()) {
        Value last = indexConstant(builder, location, type.getDimSize(dim) - 1);
        indices[dim] =
            builder.create<arith::SubIOp>(location, last, indices[dim]);
      }
      return builder.create<tensor::ExtractOp>(location, adaptor.getInput(),
                                               indices);
    };
    rewriter.replaceOp(
        op, buildParallel(rewriter, op.getLoc(), type, {}, {}, body));
    return success();
  }
};

struct WindowsLowering : OpConversionPattern<WindowsOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(WindowsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    int64_t rank = op.getType().getRank(), dim = op.getDim();
    SmallVector<AffineExpr> indices;
    for (int64_t loop = 0; loop < rank; ++loop)
      indices.push_back(rewriter.getAffineDimExpr(loop));
    indices[dim + 1] =
        indices[dim + 1] * op.getStride() + indices[dim] * op.getDilation();
    indices.erase(indices.begin() + dim);
    AffineMap map = AffineMap::get(rank, 0, indices, op.getContext());
    rewriter.replaceOp(
        op, buildParallel(rewriter, op.getLoc(), loweredType(op.getType()),
                          adaptor.getInput(), map, yieldElement));
    return success();
  }
};

} // namespace

void populateShapeToLinalg(const TypeConverter &converter,
                           RewritePatternSet &patterns) {
  patterns
      .add<ReshapeLowering, TransposeLowering, BroadcastLowering, SliceLowering,
           PadLowering, ConcatLowering, ReverseLowering, WindowsLowering>(
          converter, patterns.getContext());
}

} // namespace sinter::nn
