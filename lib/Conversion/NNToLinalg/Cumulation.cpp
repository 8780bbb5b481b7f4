// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cumulations: one generic over the input, sequential along the dimension. It
// gives an element of the result for each iteration and hands accumulators, one
// per row, from one iteration to the next.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <functional>

using namespace mlir;

namespace sinter::nn {
namespace {

using Numbers = SmallVector<Value>;

/// How accumulators follow from an element and the ones before, and what
/// becomes of them.
struct Recurrence {
  Numbers initial; ///< scalars
  /// Of the element and the accumulators: the new accumulators.
  std::function<Numbers(OpBuilder &, Location, Value, ValueRange)> step;
  /// The result: an accumulator, converted.
  std::function<Value(OpBuilder &, Location, ValueRange)> result;
};

/// A generic with a result of the input's shape, then the accumulators.
Value buildCumulation(ConversionPatternRewriter &rewriter, Location location,
                      Value input, int64_t dim, RankedTensorType type,
                      const Recurrence &recurrence) {
  MLIRContext *context = rewriter.getContext();
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(type.getRank(), context);
  AffineMap row = identity.dropResult(dim);
  SmallVector<int64_t> rowShape(type.getShape());
  rowShape.erase(rowShape.begin() + dim);
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  iterators[dim] = utils::IteratorType::reduction;
  SmallVector<AffineMap> maps = {identity, identity};
  SmallVector<Value> inits = {emptyTensor(rewriter, location, type)};
  SmallVector<Type> types = {type};
  for (Value initial : recurrence.initial) {
    auto rows = RankedTensorType::get(rowShape, initial.getType());
    inits.push_back(filledTensor(rewriter, location, rows, initial));
    maps.push_back(row);
    types.push_back(rows);
  }
  auto generic = rewriter.create<linalg::GenericOp>(
      location, types, input, inits, maps, iterators,
      [&](OpBuilder &builder, Location inner, ValueRange x) {
        Numbers next = recurrence.step(builder, inner, x[0], x.drop_front(2));
        next.insert(next.begin(), recurrence.result(builder, inner, next));
        builder.create<linalg::YieldOp>(inner, next);
      });
  return generic.getResult(0);
}

/// log(exp(a) + exp(b)); where both are the same infinity, that.
Value logAddExp(OpBuilder &builder, Location location, Value a, Value b) {
  Value high = builder.create<arith::MaximumFOp>(location, a, b);
  Value low = builder.create<arith::MinimumFOp>(location, a, b);
  Value gap = builder.create<arith::SubFOp>(location, low, high);
  Value soft = builder.create<math::Log1pOp>(
      location, builder.create<math::ExpOp>(location, gap));
  Value sum = builder.create<arith::AddFOp>(location, high, soft);
  Value isSame = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::OEQ, low, high);
  Value magnitude = builder.create<math::AbsFOp>(location, high);
  Value isInfinite = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::OEQ, magnitude,
      floatConstant(builder, location, a.getType(),
                    std::numeric_limits<double>::infinity()));
  Value keeps = builder.create<arith::AndIOp>(location, isSame, isInfinite);
  return builder.create<arith::SelectOp>(location, keeps, high, sum);
}

Arithmetic arithmeticOf(Cumulation kind) {
  switch (kind) {
  case Cumulation::sum:
    return Arithmetic::Add;
  case Cumulation::product:
    return Arithmetic::Multiply;
  case Cumulation::minimum:
    return Arithmetic::Minimum;
  case Cumulation::maximum:
  case Cumulation::log_sum_exp:
    return Arithmetic::Maximum;
  }
  llvm_unreachable("all cumulations are handled");
}

struct CumulateLowering : OpConversionPattern<CumulateOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(CumulateOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    Cumulation kind = op.getKind();
    NumberKind numbers = numberKind(elementType(op.getInput()));
    RankedTensorType type = loweredType(op.getType());
    Type element = type.getElementType(), accumulator = element;
    bool rounds = kind != Cumulation::maximum && kind != Cumulation::minimum;
    if (rounds && numbers == NumberKind::Float)
      accumulator = rewriter.getF64Type();
    Arithmetic arithmetic = arithmeticOf(kind);
    Recurrence recurrence;
    recurrence.initial = {
        neutralScalar(rewriter, location, arithmetic, numbers, accumulator)};
    recurrence.step = [&](OpBuilder &builder, Location inner, Value x,
                          ValueRange before) -> Numbers {
      Value wide = castScalar(builder, inner, x, element, accumulator);
      if (kind == Cumulation::log_sum_exp)
        return {logAddExp(builder, inner, before[0], wide)};
      return {arithmeticScalar(builder, inner, arithmetic, numbers, before[0],
                               wide)};
    };
    recurrence.result = [&](OpBuilder &builder, Location inner,
                            ValueRange next) {
      return castScalar(builder, inner, next[0], accumulator, element);
    };
    rewriter.replaceOp(op,
                       buildCumulation(rewriter, location, adaptor.getInput(),
                                       op.getDim(), type, recurrence));
    return success();
  }
};

/// Whether `element` takes the place of the best one so far: it is as good, or
/// NaN.
Value isAsGood(OpBuilder &builder, Location location, NumberKind kind,
               bool maximum, Value element, Value best) {
  ComparePredicate predicate =
      maximum ? ComparePredicate::ge : ComparePredicate::le;
  Value isGood =
      compareScalar(builder, location, kind, predicate, element, best);
  if (kind != NumberKind::Float)
    return isGood;
  Value isNaN = builder.create<arith::CmpFOp>(
      location, arith::CmpFPredicate::UNO, element, element);
  return builder.create<arith::OrIOp>(location, isGood, isNaN);
}

struct CumulatedIndexLowering : OpConversionPattern<CumulatedIndexOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(CumulatedIndexOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    NumberKind numbers = numberKind(elementType(op.getInput()));
    RankedTensorType type = loweredType(op.getType());
    Type indexType = type.getElementType();
    Arithmetic arithmetic = arithmeticOf(op.getKind());
    Recurrence recurrence;
    recurrence.initial = {neutralScalar(rewriter, location, arithmetic, numbers,
                                        elementType(adaptor.getInput())),
                          integerConstant(rewriter, location, indexType, 0)};
    recurrence.step = [&](OpBuilder &builder, Location inner, Value x,
                          ValueRange before) -> Numbers {
      Value replaces =
          isAsGood(builder, inner, numbers, arithmetic == Arithmetic::Maximum,
                   x, before[0]);
      Value index = builder.create<linalg::IndexOp>(inner, op.getDim());
      Value number =
          builder.create<arith::IndexCastOp>(inner, indexType, index);
      return {
          builder.create<arith::SelectOp>(inner, replaces, x, before[0]),
          builder.create<arith::SelectOp>(inner, replaces, number, before[1])};
    };
    recurrence.result = [](OpBuilder &, Location, ValueRange next) {
      return next[1];
    };
    rewriter.replaceOp(op,
                       buildCumulation(rewriter, location, adaptor.getInput(),
                                       op.getDim(), type, recurrence));
    return success();
  }
};

} // namespace

void populateCumulationToLinalg(const TypeConverter &converter,
                                RewritePatternSet &patterns) {
  patterns.add<CumulateLowering, CumulatedIndexLowering>(converter,
                                                         patterns.getContext());
}

} // namespace sinter::nn
