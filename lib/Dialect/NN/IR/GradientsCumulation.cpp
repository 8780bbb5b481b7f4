// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of cumulations: an element counts for all results from its own on,
// so that they cumulate from the end.

#include "Rules.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace sinter::nn;

namespace {
/// The parts of a cumulation's gradient.
struct CumulationGradient {
  CumulationGradient(CumulateOp op, OpBuilder &builder)
      : a(builder, op.getLoc()), x(op.getInput()), y(op.getResult()),
        dim(op.getDim()) {}

  Value cumulate(Cumulation kind, Value value) {
    return a.create<CumulateOp>(kind, value, dim);
  }
  /// Of each element and those after it.
  Value cumulateFromEnd(Cumulation kind, Value value) {
    Value reversed = a.create<ReverseOp>(value, dim);
    return a.create<ReverseOp>(cumulate(kind, reversed), dim);
  }

  Value ofProduct(Value g);
  Value ofLogSumExp(Value g);
  Value ofExtremum(Cumulation kind, Value g);

  TensorBuilder a;
  Value x, y;
  int64_t dim;
};
} // namespace

/// Linear in the number of elements, zeros included, as PyTorch's
/// cumprod_backward. Before the first zero, the products that an element is a
/// factor of are what comes out, divided by it; the products that the first
/// zero is a factor of are those without it, up to the second one; all else
/// multiplies two zeros or more.
Value CumulationGradient::ofProduct(Value g) {
  Type i64 = IntegerType::get(x.getContext(), 64);
  Value isZero = a.compare(ComparePredicate::eq, x, 0);
  Value zeros = cumulate(Cumulation::sum, a.cast(isZero, i64));
  Value isBefore = a.compare(ComparePredicate::eq, zeros, 0);
  Value isBetween = a.compare(ComparePredicate::eq, zeros, 1);
  Value isFirst = a.create<LogicalAndOp>(isBetween, isZero);
  Value before = a.div(
      cumulateFromEnd(Cumulation::sum, a.selectOrZero(isBefore, a.mul(g, y))),
      a.select(isBefore, x, a.scalar(1, x)));
  Value others =
      cumulate(Cumulation::product, a.select(isFirst, a.scalar(1, x), x));
  Value first = a.sum(a.selectOrZero(isBetween, a.mul(g, others)), {dim},
                      /*keepdim=*/true);
  return a.select(isBefore, before, a.selectOrZero(isFirst, first));
}

/// Sums of g * exp(x - y) from the end, in logarithms, which neither overflow
/// nor vanish; positive and negative gradients apart, as in PyTorch.
Value CumulationGradient::ofLogSumExp(Value g) {
  Value none = a.scalar(-std::numeric_limits<double>::infinity(), g);
  auto part = [&](Value positive) {
    Value logs = a.select(a.compare(ComparePredicate::gt, positive, 0),
                          a.log(positive), none);
    return a.exp(
        a.add(cumulateFromEnd(Cumulation::log_sum_exp, a.sub(logs, y)), x));
  };
  return a.sub(part(g), part(a.neg(g)));
}

/// To where the extremum was found.
Value CumulationGradient::ofExtremum(Cumulation kind, Value g) {
  Value index = a.create<CumulatedIndexOp>(kind, x, dim);
  return a.create<ScatterAddOp>(x.getType(), g, index, dim);
}

GRADIENT(CumulateOp) {
  if (!isa<FloatType>(getElementTypeOrSelf(getInput())))
    return success();
  CumulationGradient gradient(*this, builder);
  Value g = resultGradients[0];
  switch (getKind()) {
  case Cumulation::sum:
    operandGradients[0] = gradient.cumulateFromEnd(Cumulation::sum, g);
    break;
  case Cumulation::product:
    operandGradients[0] = gradient.ofProduct(g);
    break;
  case Cumulation::log_sum_exp:
    operandGradients[0] = gradient.ofLogSumExp(g);
    break;
  case Cumulation::maximum:
  case Cumulation::minimum:
    operandGradients[0] = gradient.ofExtremum(getKind(), g);
    break;
  }
  return success();
}
