// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of elementwise ops, with PyTorch's conventions where no derivative
// exists.

#include "Rules.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace sinter::nn;

/// A rule of one operand: `rule` is an expression of `a` (a TensorBuilder),
/// `x`, `y` (operand and result) and `g` (the result's gradient).
#define UNARY_GRADIENT(Op, rule)                                               \
  GRADIENT(Op) {                                                               \
    TensorBuilder a(builder, getLoc());                                        \
    Value x = getInput(), y = getResult(), g = resultGradients[0];             \
    (void)x, (void)y;                                                          \
    operandGradients[0] = rule;                                                \
    return success();                                                          \
  }

UNARY_GRADIENT(NegOp, a.neg(g))
UNARY_GRADIENT(AbsOp, a.mul(g, a.create<SignOp>(x)))
UNARY_GRADIENT(ExpOp, a.mul(g, y))
UNARY_GRADIENT(Expm1Op, a.mul(g, a.add(y, a.scalar(1, y))))
UNARY_GRADIENT(LogOp, a.div(g, x))
UNARY_GRADIENT(Log1pOp, a.div(g, a.add(x, a.scalar(1, x))))
UNARY_GRADIENT(SqrtOp, a.div(g, a.mul(y, a.scalar(2, y))))
UNARY_GRADIENT(RsqrtOp,
               a.mul(a.mul(g, a.scalar(-0.5, y)), a.mul(y, a.mul(y, y))))
UNARY_GRADIENT(SinOp, a.mul(g, a.create<CosOp>(x)))
UNARY_GRADIENT(CosOp, a.neg(a.mul(g, a.create<SinOp>(x))))
UNARY_GRADIENT(TanhOp, a.mul(g, a.sub(a.scalar(1, y), a.mul(y, y))))
UNARY_GRADIENT(SigmoidOp, a.mul(g, a.mul(y, a.sub(a.scalar(1, y), y))))
UNARY_GRADIENT(ErfOp, // 2 / sqrt(pi) * exp(-x²)
               a.mul(g, a.mul(a.scalar(1.1283791670955126, x),
                              a.exp(a.neg(a.mul(x, x))))))
// From the result; NaN lets the gradient pass, as in PyTorch.
UNARY_GRADIENT(ReluOp, a.zeroWhere(a.compare(ComparePredicate::le, y, 0), g))

GRADIENT(CastOp) {
  auto isFloat = [](Value value) {
    return isa<FloatType>(getElementTypeOrSelf(value));
  };
  if (isFloat(getInput()) && isFloat(getResult()))
    operandGradients[0] =
        TensorBuilder(builder, getLoc())
            .create<CastOp>(getInput().getType(), resultGradients[0]);
  return success();
}

/// A rule of two operands that broadcast: expressions of `a`, `l`, `r`, `y`,
/// `g` of the result's shape.
#define BINARY_GRADIENT(Op, left, right)                                       \
  GRADIENT(Op) {                                                               \
    TensorBuilder a(builder, getLoc());                                        \
    Value l = getLhs(), r = getRhs(), y = getResult(), g = resultGradients[0]; \
    (void)y;                                                                   \
    if (!isa<FloatType>(getElementTypeOrSelf(l)))                              \
      return success();                                                        \
    operandGradients[0] = reduceTo(a, left, l);                                \
    operandGradients[1] = reduceTo(a, right, r);                               \
    return success();                                                          \
  }

BINARY_GRADIENT(AddOp, g, g)
BINARY_GRADIENT(SubOp, g, a.neg(g))
BINARY_GRADIENT(MulOp, a.mul(g, r), a.mul(g, l))
BINARY_GRADIENT(DivOp, a.div(g, r), a.neg(a.mul(g, a.div(y, r))))
// a - b * floor(a / b): the floor, exact as the remainder is, is constant
// almost everywhere.
BINARY_GRADIENT(RemainderOp, g, a.neg(a.mul(g, a.create<FloorDivideOp>(l, r))))

/// What an operand gets of a maximum or minimum: half if equal, nothing if it
/// loses, else all: beside NaN both get it, as in PyTorch.
static Value shareOfExtremum(TensorBuilder &a, ComparePredicate loses,
                             Value operand, Value other, Value gradient) {
  Value share = a.select(a.compare(ComparePredicate::eq, operand, other),
                         a.mul(gradient, 0.5), gradient);
  return a.zeroWhere(a.compare(loses, operand, other), share);
}
BINARY_GRADIENT(MaximumOp, shareOfExtremum(a, ComparePredicate::lt, l, r, g),
                shareOfExtremum(a, ComparePredicate::lt, r, l, g))
BINARY_GRADIENT(MinimumOp, shareOfExtremum(a, ComparePredicate::gt, l, r, g),
                shareOfExtremum(a, ComparePredicate::gt, r, l, g))

/// d/dbase = exponent * base^(exponent - 1), 0 where the exponent is 0.
static Value powBaseGradient(TensorBuilder &a, Value base, Value exponent,
                             Value gradient) {
  Value power = a.create<PowOp>(base, a.sub(exponent, a.scalar(1, exponent)));
  Value slope = a.mul(gradient, a.mul(exponent, power));
  return a.select(
      a.compare(ComparePredicate::eq, exponent, a.scalar(0, exponent)),
      a.scalar(0, slope), slope);
}

/// d/dexponent = result * log(base), 0 where the base is 0 and the exponent is
/// not negative.
static Value powExponentGradient(TensorBuilder &a, Value base, Value exponent,
                                 Value result, Value gradient) {
  Value slope = a.mul(gradient, a.mul(result, a.create<LogOp>(base)));
  Value atZero = a.compare(ComparePredicate::eq, base, a.scalar(0, base));
  Value nonNegative =
      a.compare(ComparePredicate::ge, exponent, a.scalar(0, exponent));
  return a.select(a.create<LogicalAndOp>(atZero, nonNegative),
                  a.scalar(0, slope), slope);
}
BINARY_GRADIENT(PowOp, powBaseGradient(a, l, r, g),
                powExponentGradient(a, l, r, y, g))

GRADIENT(SelectOp) {
  TensorBuilder a(builder, getLoc());
  Value g = resultGradients[0], zero = a.scalar(0, g);
  if (!isa<FloatType>(getElementTypeOrSelf(g)))
    return success();
  operandGradients[1] =
      reduceTo(a, a.select(getCondition(), g, zero), getOnTrue());
  operandGradients[2] =
      reduceTo(a, a.select(getCondition(), zero, g), getOnFalse());
  return success();
}
