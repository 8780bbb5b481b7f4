// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops: one table from op to the scalar code of its region.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace sinter::nn {
namespace {

/// Lowers an elementwise op through `Scalar::build`, which gets the op (for
/// attributes and the operands' original types) and one scalar per operand.
template <typename Op, typename Scalar>
struct ElementwiseLowering : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value result = buildElementwise(
        rewriter, op.getLoc(), loweredType(op.getType()), adaptor.getOperands(),
        [&](OpBuilder &builder, Location location, ValueRange scalars) {
          return Scalar::build(builder, location, op, scalars);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// The kind of numbers an op's last operand has (the first may be a condition).
template <typename Op> NumberKind kindOf(Op op) {
  return numberKind(elementType(op->getOperands().back()));
}

/// One op of a float dialect.
template <typename Target> struct Unary {
  template <typename Op>
  static Value build(OpBuilder &builder, Location location, Op, ValueRange x) {
    return builder.create<Target>(location, x[0]);
  }
};
template <typename Target> struct Binary {
  template <typename Op>
  static Value build(OpBuilder &builder, Location location, Op, ValueRange x) {
    return builder.create<Target>(location, x[0], x[1]);
  }
};

template <Arithmetic arithmetic> struct Arithmetical {
  template <typename Op>
  static Value build(OpBuilder &builder, Location location, Op op,
                     ValueRange x) {
    return arithmeticScalar(builder, location, arithmetic, kindOf(op), x[0],
                            x[1]);
  }
};

/// A function of Scalars.cpp.
template <auto function> struct ByKind {
  template <typename Op>
  static Value build(OpBuilder &builder, Location location, Op op,
                     ValueRange x) {
    if constexpr (Op::template hasTrait<OpTrait::OneOperand>())
      return function(builder, location, kindOf(op), x[0]);
    else
      return function(builder, location, kindOf(op), x[0], x[1]);
  }
};

struct Negate {
  static Value build(OpBuilder &builder, Location location, NegOp op,
                     ValueRange x) {
    if (kindOf(op) == NumberKind::Float)
      return builder.create<arith::NegFOp>(location, x[0]);
    Value zero = integerConstant(builder, location, x[0].getType(), 0);
    return builder.create<arith::SubIOp>(location, zero, x[0]);
  }
};

struct Subtract {
  static Value build(OpBuilder &builder, Location location, SubOp op,
                     ValueRange x) {
    if (kindOf(op) == NumberKind::Float)
      return builder.create<arith::SubFOp>(location, x[0], x[1]);
    return builder.create<arith::SubIOp>(location, x[0], x[1]);
  }
};

struct Sigmoid {
  static Value build(OpBuilder &builder, Location location, SigmoidOp,
                     ValueRange x) {
    Value one = floatConstant(builder, location, x[0].getType(), 1);
    Value negated = builder.create<arith::NegFOp>(location, x[0]);
    Value power = builder.create<math::ExpOp>(location, negated);
    Value sum = builder.create<arith::AddFOp>(location, power, one);
    return builder.create<arith::DivFOp>(location, one, sum);
  }
};

struct Relu {
  static Value build(OpBuilder &builder, Location location, ReluOp op,
                     ValueRange x) {
    Value zero = numberConstant(builder, location, x[0].getType(), 0);
    return arithmeticScalar(builder, location, Arithmetic::Maximum, kindOf(op),
                            x[0], zero);
  }
};

struct LogicalNot {
  static Value build(OpBuilder &builder, Location location, LogicalNotOp,
                     ValueRange x) {
    Value yes = integerConstant(builder, location, x[0].getType(), 1);
    return builder.create<arith::XOrIOp>(location, x[0], yes);
  }
};

struct Cast {
  static Value build(OpBuilder &builder, Location location, CastOp op,
                     ValueRange x) {
    return castScalar(builder, location, x[0], elementType(op.getInput()),
                      elementType(op.getResult()));
  }
};

struct Compare {
  static Value build(OpBuilder &builder, Location location, CompareOp op,
                     ValueRange x) {
    return compareScalar(builder, location, kindOf(op), op.getPredicate(), x[0],
                         x[1]);
  }
};

struct Select {
  static Value build(OpBuilder &builder, Location location, SelectOp,
                     ValueRange x) {
    return builder.create<arith::SelectOp>(location, x[0], x[1], x[2]);
  }
};

struct IotaLowering : OpConversionPattern<IotaOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(IotaOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = loweredType(op.getType());
    Value result = buildElementwise(
        rewriter, op.getLoc(), type, {},
        [&](OpBuilder &builder, Location location, ValueRange) -> Value {
          Value index = builder.create<linalg::IndexOp>(location, op.getDim());
          return builder.create<arith::IndexCastOp>(
              location, type.getElementType(), index);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct ConstantLowering : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ElementsAttr value = op.getValue();
    Type element = signlessType(value.getElementType());
    if (element != value.getElementType()) {
      auto dense = dyn_cast<DenseElementsAttr>(value);
      if (!dense)
        return rewriter.notifyMatchFailure(
            op, "an unsigned constant that is not dense");
      value = dense.bitcast(element);
    }
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, cast<TypedAttr>(value));
    return success();
  }
};

/// An op that gives its operand.
template <typename Op> struct IdentityLowering : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, adaptor.getOperands().front());
    return success();
  }
};

} // namespace

void populateElementwiseToLinalg(const TypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns
      .add<ElementwiseLowering<NegOp, Negate>,
           ElementwiseLowering<AbsOp, ByKind<absScalar>>,
           ElementwiseLowering<SignOp, ByKind<signScalar>>,
           ElementwiseLowering<FloorOp, Unary<math::FloorOp>>,
           ElementwiseLowering<RoundOp, Unary<math::RoundEvenOp>>,
           ElementwiseLowering<ExpOp, Unary<math::ExpOp>>,
           ElementwiseLowering<Expm1Op, Unary<math::ExpM1Op>>,
           ElementwiseLowering<LogOp, Unary<math::LogOp>>,
           ElementwiseLowering<Log1pOp, Unary<math::Log1pOp>>,
           ElementwiseLowering<SqrtOp, Unary<math::SqrtOp>>,
           ElementwiseLowering<RsqrtOp, Unary<math::RsqrtOp>>,
           ElementwiseLowering<SinOp, Unary<math::SinOp>>,
           ElementwiseLowering<CosOp, Unary<math::CosOp>>,
           ElementwiseLowering<TanhOp, Unary<math::TanhOp>>,
           ElementwiseLowering<ErfOp, Unary<math::ErfOp>>,
           ElementwiseLowering<SigmoidOp, Sigmoid>,
           ElementwiseLowering<ReluOp, Relu>,
           ElementwiseLowering<LogicalNotOp, LogicalNot>,
           ElementwiseLowering<CastOp, Cast>, IdentityLowering<StopGradientOp>>(
          converter, patterns.getContext());
  patterns
      .add<ElementwiseLowering<AddOp, Arithmetical<Arithmetic::Add>>,
           ElementwiseLowering<SubOp, Subtract>,
           ElementwiseLowering<MulOp, Arithmetical<Arithmetic::Multiply>>,
           ElementwiseLowering<MaximumOp, Arithmetical<Arithmetic::Maximum>>,
           ElementwiseLowering<MinimumOp, Arithmetical<Arithmetic::Minimum>>,
           ElementwiseLowering<DivOp, Binary<arith::DivFOp>>,
           ElementwiseLowering<PowOp, Binary<math::PowFOp>>,
           ElementwiseLowering<FloorDivideOp, ByKind<floorDivideScalar>>,
           ElementwiseLowering<RemainderOp, ByKind<remainderScalar>>,
           ElementwiseLowering<LogicalAndOp, Binary<arith::AndIOp>>,
           ElementwiseLowering<LogicalOrOp, Binary<arith::OrIOp>>,
           ElementwiseLowering<CompareOp, Compare>,
           ElementwiseLowering<SelectOp, Select>, IotaLowering,
           ConstantLowering>(converter, patterns.getContext());
}

} // namespace sinter::nn
