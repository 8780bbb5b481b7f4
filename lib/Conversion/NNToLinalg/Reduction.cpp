// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions: a neutral element, then one generic that accumulates into it.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::nn {
namespace {

/// The loops of a reduction: one per dimension of the input.
struct ReductionLoops {
  SmallVector<utils::IteratorType> iterators;
  AffineMap inputMap, resultMap;
};

/// f16 and bf16 accumulate in f32.
Type accumulatorType(Type type) {
  bool narrow = isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32;
  return narrow ? Float32Type::get(type.getContext()) : type;
}

/// The result keeps a reduced dimension as index 0 or drops it.
ReductionLoops reductionLoops(MLIRContext *context, int64_t rank,
                              ArrayRef<int64_t> dims, bool keepDim) {
  ReductionLoops loops;
  SmallVector<AffineExpr> indices;
  for (int64_t dim = 0; dim < rank; ++dim) {
    bool reduced = llvm::is_contained(dims, dim);
    loops.iterators.push_back(reduced ? utils::IteratorType::reduction
                                      : utils::IteratorType::parallel);
    if (!reduced)
      indices.push_back(getAffineDimExpr(dim, context));
    else if (keepDim)
      indices.push_back(getAffineConstantExpr(0, context));
  }
  loops.inputMap = AffineMap::getMultiDimIdentityMap(rank, context);
  loops.resultMap = AffineMap::get(rank, 0, indices, context);
  return loops;
}

template <typename Op, Arithmetic arithmetic>
struct ReductionLowering : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    NumberKind kind = numberKind(elementType(op.getInput()));
    RankedTensorType type = loweredType(op.getType());
    Type accumulator = accumulatorType(type.getElementType());
    Value neutral =
        neutralScalar(rewriter, location, arithmetic, kind, accumulator);
    RankedTensorType accumulatorTensor =
        RankedTensorType::get(type.getShape(), accumulator);
    Value init = filledTensor(rewriter, location, accumulatorTensor, neutral);
    ReductionLoops loops =
        reductionLoops(op.getContext(), shapeOf(op.getInput()).size(),
                       op.getDims(), op.getKeepdim());
    auto generic = rewriter.create<linalg::GenericOp>(
        location, accumulatorTensor, adaptor.getInput(), init,
        ArrayRef<AffineMap>{loops.inputMap, loops.resultMap}, loops.iterators,
        [&](OpBuilder &builder, Location inner, ValueRange x) {
          Value element =
              castScalar(builder, inner, x[0], x[0].getType(), accumulator);
          Value sum =
              arithmeticScalar(builder, inner, arithmetic, kind, x[1], element);
          builder.create<linalg::YieldOp>(inner, sum);
        });
    rewriter.replaceOp(op,
                       narrow(rewriter, location, type, generic.getResult(0)));
    return success();
  }

private:
  static Value narrow(OpBuilder &builder, Location location,
                      RankedTensorType type, Value accumulated) {
    Type from = elementType(accumulated), to = type.getElementType();
    if (from == to)
      return accumulated;
    return buildElementwise(
        builder, location, type, accumulated,
        [&](OpBuilder &inner, Location innerLocation, ValueRange x) {
          return castScalar(inner, innerLocation, x[0], from, to);
        });
  }
};

/// Whether `element` replaces the best value so far: it is better, or the first
/// NaN.
Value isBetter(OpBuilder &builder, Location location, NumberKind kind,
               bool maximum, Value element, Value best) {
  ComparePredicate predicate =
      maximum ? ComparePredicate::gt : ComparePredicate::lt;
  Value better =
      compareScalar(builder, location, kind, predicate, element, best);
  if (kind != NumberKind::Float)
    return better;
  Value isNaN = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::UNO, element, element);
  Value bestIsNumber = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::ORD, best, best);
  Value firstNaN = builder.create<arith::AndIOp>(location, isNaN, bestIsNumber);
  return builder.create<arith::OrIOp>(location, better, firstNaN);
}

/// A generic with two results, the best value and its index; index 0 stays
/// where nothing beats the neutral element.
template <typename Op, Arithmetic arithmetic>
struct ArgReductionLowering : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    NumberKind kind = numberKind(elementType(op.getInput()));
    RankedTensorType indexTensor = loweredType(op.getType());
    Type valueType = elementType(adaptor.getInput()),
         indexType = indexTensor.getElementType();
    RankedTensorType valueTensor =
        RankedTensorType::get(indexTensor.getShape(), valueType);
    Value neutral =
        neutralScalar(rewriter, location, arithmetic, kind, valueType);
    Value values = filledTensor(rewriter, location, valueTensor, neutral);
    Value zero = integerConstant(rewriter, location, indexType, 0);
    Value indices = filledTensor(rewriter, location, indexTensor, zero);
    int64_t dim = op.getDim();
    ReductionLoops loops = reductionLoops(
        op.getContext(), shapeOf(op.getInput()).size(), dim, op.getKeepdim());
    auto generic = rewriter.create<linalg::GenericOp>(
        location, TypeRange{valueTensor, indexTensor}, adaptor.getInput(),
        ValueRange{values, indices},
        ArrayRef<AffineMap>{loops.inputMap, loops.resultMap, loops.resultMap},
        loops.iterators, [&](OpBuilder &builder, Location inner, ValueRange x) {
          Value better =
              isBetter(builder, inner, kind, arithmetic == Arithmetic::Maximum,
                       x[0], x[1]);
          Value index = builder.create<linalg::IndexOp>(inner, dim);
          Value number =
              builder.create<arith::IndexCastOp>(inner, indexType, index);
          Value best =
              builder.create<arith::SelectOp>(inner, better, x[0], x[1]);
          Value bestIndex =
              builder.create<arith::SelectOp>(inner, better, number, x[2]);
          builder.create<linalg::YieldOp>(inner, ValueRange{best, bestIndex});
        });
    rewriter.replaceOp(op, generic.getResult(1));
    return success();
  }
};

} // namespace

void populateReductionToLinalg(const TypeConverter &converter,
                               RewritePatternSet &patterns) {
  patterns.add<ReductionLowering<SumOp, Arithmetic::Add>,
               ReductionLowering<ProdOp, Arithmetic::Multiply>,
               ReductionLowering<AmaxOp, Arithmetic::Maximum>,
               ReductionLowering<AminOp, Arithmetic::Minimum>,
               ArgReductionLowering<ArgmaxOp, Arithmetic::Maximum>,
               ArgReductionLowering<ArgminOp, Arithmetic::Minimum>>(
      converter, patterns.getContext());
}

} // namespace sinter::nn
