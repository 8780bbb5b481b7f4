// Part of the Sinter project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of reductions and contractions.

#include "Arithmetic.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

using namespace mlir;
using namespace sinter::nn;

#define GRADIENTS(Op)                                                          \
  LogicalResult Op::buildGradients(OpBuilder &builder,                         \
                                   ValueRange resultGradients,                 \
                                   MutableArrayRef<Value> operandGradients)

/// `value`, a reduction of `input` over `dims`, with the dimensions kept as 1.
static Value keepDims(Arithmetic &a, Value value, Value input,
                      ArrayRef<int64_t> dims) {
  Shape shape = reducedShape(a.typeOf(input).getShape(), dims, true);
  if (a.typeOf(value).getShape() == ArrayRef<int64_t>(shape))
    return value;
  return a.reshape(value, shape);
}

GRADIENTS(SumOp) {
  Arithmetic a(builder, *this);
  if (!isa<FloatType>(getElementTypeOrSelf(getInput())))
    return success();
  operandGradients[0] =
      a.broadcastTo(keepDims(a, resultGradients[0], getInput(), getDims()),
                    getInput().getType());
  return success();
}

/// A mask [n, n] that is true off the diagonal.
static Value offDiagonal(Arithmetic &a, int64_t n) {
  auto type = RankedTensorType::get({n, n}, a.builder.getI64Type());
  return a.compare(ComparePredicate::ne, a.make<IotaOp>(type, 0),
                   a.make<IotaOp>(type, 1));
}

// The product of the others, so that zeros among the elements are right: the
// reduced dimensions become one of n, which is paired with itself.
GRADIENTS(ProdOp) {
  Arithmetic a(builder, *this);
  RankedTensorType type = a.typeOf(getInput());
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
  Value moved = a.make<TransposeOp>(getInput(), permutation);
  Shape row(kept), pair(kept), column(kept);
  row.append({1, n});
  pair.append({n, n});
  column.push_back(n);
  Value repeated = a.broadcastTo(
      a.reshape(moved, row),
      RankedTensorType::get(pair, type.getElementType()));
  Value others = a.select(offDiagonal(a, n), repeated, a.number(1, repeated));
  Value products = a.make<ProdOp>(
      others, ArrayRef<int64_t>{int64_t(kept.size()) + 1}, false);
  Shape one(kept);
  one.push_back(1);
  Value gradient =
      a.mul(products, a.reshape(resultGradients[0], one)); // [kept…, n]
  Shape inverse(permutation.size());
  for (auto [position, dim] : llvm::enumerate(permutation))
    inverse[dim] = position;
  operandGradients[0] = a.make<TransposeOp>(
      a.reshape(gradient, a.typeOf(moved).getShape()), inverse);
  return success();
}

/// Equal shares for all elements that are the extremum.
static LogicalResult shareEqually(Operation *op, OpBuilder &builder,
                                  ArrayRef<int64_t> dims, Value gradient,
                                  Value &inputGradient) {
  Arithmetic a(builder, op);
  Value input = op->getOperand(0);
  if (!isa<FloatType>(getElementTypeOrSelf(input)))
    return success();
  Value extremum = keepDims(a, op->getResult(0), input, dims);
  Value chosen = a.compare(ComparePredicate::eq, input, extremum);
  Value ones = a.make<CastOp>(input.getType(), chosen);
  Value share = a.div(keepDims(a, gradient, input, dims),
                      a.sum(ones, dims, /*keepdim=*/true));
  inputGradient = a.select(chosen, share, a.number(0, share));
  return success();
}

GRADIENTS(AmaxOp) {
  return shareEqually(*this, builder, getDims(), resultGradients[0],
                      operandGradients[0]);
}
GRADIENTS(AminOp) {
  return shareEqually(*this, builder, getDims(), resultGradients[0],
                      operandGradients[0]);
}

/// All of it for the element at the index.
static LogicalResult giveToIndex(Operation *op, OpBuilder &builder, int64_t dim,
                                 Value gradient, Value &inputGradient) {
  Arithmetic a(builder, op);
  Value input = op->getOperand(0);
  if (!gradient)
    return success();
  auto type = RankedTensorType::get(a.typeOf(input).getShape(),
                                    builder.getI64Type());
  Value chosen =
      a.compare(ComparePredicate::eq, a.make<IotaOp>(type, dim),
                keepDims(a, op->getResult(1), input, dim));
  inputGradient =
      a.select(chosen, keepDims(a, gradient, input, dim), a.number(0, gradient));
  return success();
}

GRADIENTS(MaxWithIndicesOp) {
  return giveToIndex(*this, builder, getDim(), resultGradients[0],
                     operandGradients[0]);
}
GRADIENTS(MinWithIndicesOp) {
  return giveToIndex(*this, builder, getDim(), resultGradients[0],
                     operandGradients[0]);
}

// With A' and B' the operands as multiplied: dA' = G·B'ᵀ and dB' = A'ᵀ·G; a
// transposed operand gets the transposed product.
GRADIENTS(MatmulOp) {
  Arithmetic a(builder, *this);
  Value g = resultGradients[0], lhs = getLhs(), rhs = getRhs();
  bool ta = getTransposeA(), tb = getTransposeB();
  Value left = ta ? a.make<MatmulOp>(rhs, g, tb, true)
                  : a.make<MatmulOp>(g, rhs, false, !tb);
  Value right = tb ? a.make<MatmulOp>(g, lhs, true, ta)
                   : a.make<MatmulOp>(lhs, g, !ta, false);
  operandGradients[0] = a.reduceTo(left, lhs);
  operandGradients[1] = a.reduceTo(right, rhs);
  return success();
}

GRADIENTS(LinearOp) {
  Arithmetic a(builder, *this);
  RankedTensorType input = a.typeOf(getInput()), weight = a.typeOf(getWeight());
  int64_t in = weight.getDimSize(1), out = weight.getDimSize(0);
  int64_t rows = 1;
  for (int64_t extent : input.getShape().drop_back())
    rows *= extent;
  Value g = a.reshape(resultGradients[0], {rows, out});
  Value x = a.reshape(getInput(), {rows, in});
  operandGradients[0] = a.reshape(
      a.make<MatmulOp>(g, getWeight(), false, false), input.getShape());
  operandGradients[1] = a.make<MatmulOp>(g, x, true, false);
  if (getBias())
    operandGradients[2] = a.sum(g, {0}, false);
  return success();
}
