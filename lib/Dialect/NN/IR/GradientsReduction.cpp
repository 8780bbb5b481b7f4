// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of reductions and contractions.

#include "Rules.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace sinter::nn;

/// `value`, a reduction of `input` over `dims`, with the dimensions kept as 1.
static Value keepDims(TensorBuilder &a, Value value, Value input,
                      ArrayRef<int64_t> dims) {
  Shape shape = reducedShape(tensorType(input).getShape(), dims, true);
  return a.reshape(value, shape);
}

GRADIENT(SumOp) {
  TensorBuilder a(builder, getLoc());
  if (!isa<FloatType>(getElementTypeOrSelf(getInput())))
    return success();
  operandGradients[0] =
      a.broadcast(keepDims(a, resultGradients[0], getInput(), getDims()),
                  tensorType(getInput()).getShape());
  return success();
}

/// A mask [n, n] that is true off the diagonal.
static Value offDiagonal(TensorBuilder &a, int64_t n, Type index) {
  return a.compare(ComparePredicate::ne, a.iota({n, n}, 0, index),
                   a.iota({n, n}, 1, index));
}

// The product of the others, so that zeros among the elements are right: the
// reduced dimensions become one of n, which is paired with itself.
GRADIENT(ProdOp) {
  TensorBuilder a(builder, getLoc());
  RankedTensorType type = tensorType(getInput());
  Shape permutation, kept;
  int64_t n = 1;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (llvm::is_contained(getDims(), dim))
      continue;
    permutation.push_back(dim);
    kept.push_back(type.getDimSize(dim));
  }
  for (int64_t dim : getDims()) {
    permutation.push_back(dim);
    n *= type.getDimSize(dim);
  }
  Value moved = a.create<TransposeOp>(getInput(), permutation);
  Shape row(kept), pair(kept), column(kept);
  row.append({1, n});
  pair.append({n, n});
  column.push_back(n);
  Value repeated = a.broadcast(a.reshape(moved, row), pair);
  Value others = a.select(offDiagonal(a, n, builder.getI64Type()), repeated,
                          a.scalar(1, repeated));
  Value products = a.create<ProdOp>(
      others, ArrayRef<int64_t>{int64_t(kept.size()) + 1}, false);
  Shape one(kept);
  one.push_back(1);
  Value gradient =
      a.mul(products, a.reshape(resultGradients[0], one)); // [kept…, n]
  Shape inverse(permutation.size());
  for (auto [position, dim] : llvm::enumerate(permutation))
    inverse[dim] = position;
  operandGradients[0] = a.create<TransposeOp>(
      a.reshape(gradient, tensorType(moved).getShape()), inverse);
  return success();
}

/// Equal shares for all elements that are the extremum. None is NaN, which then
/// is the gradient of all, as in PyTorch.
static LogicalResult shareEqually(Operation *op, OpBuilder &builder,
                                  ArrayRef<int64_t> dims, Value gradient,
                                  Value &inputGradient) {
  TensorBuilder a(builder, op->getLoc());
  Value input = op->getOperand(0);
  if (!isa<FloatType>(getElementTypeOrSelf(input)))
    return success();
  Value extremum = keepDims(a, op->getResult(0), input, dims);
  Value chosen = a.compare(ComparePredicate::eq, input, extremum);
  Value ones = a.create<CastOp>(input.getType(), chosen);
  Value count = a.sum(ones, dims, /*keepdim=*/true);
  Value share = a.div(keepDims(a, gradient, input, dims), count);
  Value none = a.div(a.scalar(0, share), count); // 0, or NaN of no element
  inputGradient = a.select(chosen, share, none);
  return success();
}

GRADIENT(AmaxOp) {
  return shareEqually(*this, builder, getDims(), resultGradients[0],
                      operandGradients[0]);
}
GRADIENT(AminOp) {
  return shareEqually(*this, builder, getDims(), resultGradients[0],
                      operandGradients[0]);
}

/// All of it for the element at the index.
static LogicalResult giveToIndex(Operation *op, OpBuilder &builder, int64_t dim,
                                 Value gradient, Value &inputGradient) {
  TensorBuilder a(builder, op->getLoc());
  Value input = op->getOperand(0);
  if (!gradient)
    return success();
  auto type =
      RankedTensorType::get(tensorType(input).getShape(), builder.getI64Type());
  Value chosen = a.compare(ComparePredicate::eq, a.create<IotaOp>(type, dim),
                           keepDims(a, op->getResult(1), input, dim));
  inputGradient = a.select(chosen, keepDims(a, gradient, input, dim),
                           a.scalar(0, gradient));
  return success();
}

GRADIENT(MaxWithIndicesOp) {
  return giveToIndex(*this, builder, getDim(), resultGradients[0],
                     operandGradients[0]);
}
GRADIENT(MinWithIndicesOp) {
  return giveToIndex(*this, builder, getDim(), resultGradients[0],
                     operandGradients[0]);
}

// With A' and B' the operands as multiplied: dA' = G·B'ᵀ and dB' = A'ᵀ·G; a
// transposed operand gets the transposed product.
GRADIENT(MatmulOp) {
  TensorBuilder a(builder, getLoc());
  Value g = resultGradients[0], lhs = getLhs(), rhs = getRhs();
  bool ta = getTransposeA(), tb = getTransposeB();
  Value left = ta ? a.create<MatmulOp>(rhs, g, tb, true)
                  : a.create<MatmulOp>(g, rhs, false, !tb);
  Value right = tb ? a.create<MatmulOp>(g, lhs, true, ta)
                   : a.create<MatmulOp>(lhs, g, !ta, false);
  operandGradients[0] = reduceTo(a, left, lhs);
  operandGradients[1] = reduceTo(a, right, rhs);
  return success();
}

GRADIENT(LinearOp) {
  TensorBuilder a(builder, getLoc());
  RankedTensorType input = tensorType(getInput()),
                   weight = tensorType(getWeight());
  int64_t in = weight.getDimSize(1), out = weight.getDimSize(0);
  int64_t rows = 1;
  for (int64_t extent : input.getShape().drop_back())
    rows *= extent;
  Value g = a.reshape(resultGradients[0], {rows, out});
  Value x = a.reshape(getInput(), {rows, in});
  operandGradients[0] = a.reshape(
      a.create<MatmulOp>(g, getWeight(), false, false), input.getShape());
  operandGradients[1] = a.create<MatmulOp>(g, x, true, false);
  if (getBias())
    operandGradients[2] = a.sum(g, {0}, false);
  return success();
}

/// Slopes of the norm by its elements, times the norm to the power p - 1 where
/// p is above 1: as PyTorch's norm_backward, without NaN at zeros.
static Value normSlopes(TensorBuilder &a, Value x, double p) {
  Value magnitude = a.abs(x), sign = a.create<SignOp>(x);
  auto power = [&](double exponent) {
    return a.pow(magnitude, a.scalar(exponent, x));
  };
  if (p >= 2)
    return a.mul(x, power(p - 2));
  Value slopes = a.mul(sign, power(p - 1));
  return p < 1 ? a.zeroWhere(a.compare(ComparePredicate::eq, x, 0), slopes)
               : slopes;
}

GRADIENT(VectorNormOp) {
  TensorBuilder a(builder, getLoc());
  Value x = getInput();
  double p = getP().convertToDouble();
  Value norm = keepDims(a, getResult(), x, getDims());
  Value g = keepDims(a, resultGradients[0], x, getDims());
  Value isZero = a.compare(ComparePredicate::eq, norm, 0);
  if (p == 0)
    return success();
  if (p == 1) {
    operandGradients[0] = a.mul(a.create<SignOp>(x), g);
  } else if (p == 2) {
    operandGradients[0] = a.zeroWhere(isZero, a.mul(g, a.div(x, norm)));
  } else if (std::isinf(p)) {
    Value magnitude = a.abs(x);
    Value isNan = a.compare(ComparePredicate::ne, x, x);
    Value isChosen = a.create<LogicalOrOp>(
        a.compare(ComparePredicate::eq, magnitude, norm), isNan);
    Value ones = a.create<CastOp>(x.getType(), isChosen);
    Value share = a.div(g, a.sum(ones, getDims(), /*keepdim=*/true));
    operandGradients[0] =
        a.mul(a.create<SignOp>(x), a.selectOrZero(isChosen, share));
  } else {
    Value scale = p < 1 ? a.mul(g, a.pow(norm, a.scalar(1 - p, norm)))
                        : a.div(g, a.pow(norm, a.scalar(p - 1, norm)));
    if (p > 1)
      scale = a.zeroWhere(isZero, scale);
    operandGradients[0] = a.mul(normSlopes(a, x, p), scale);
  }
  return success();
}
