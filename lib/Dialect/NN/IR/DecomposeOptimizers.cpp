// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers written in primitives, in PyTorch's order of operations:
// hyperparameters and bias corrections are f64 scalars, cast to the run's type
// where they meet it.

#include "sinter/Dialect/NN/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

using Results = FailureOr<SmallVector<Value>>;

namespace {
/// Arithmetic of a run with f64 scalars.
struct RunBuilder : TensorBuilder {
  RunBuilder(OpBuilder &builder, Operation *op)
      : TensorBuilder(builder, op->getLoc()),
        element(getElementTypeOrSelf(op->getOperand(0))) {}

  /// A scalar as one of the run's type.
  Value narrow(Value scalar) { return cast(scalar, element); }
  /// run * scalar.
  Value scale(Value run, Value scalar) { return mul(run, narrow(scalar)); }
  /// run + scalar * other.
  Value addScaled(Value run, Value scalar, Value other) {
    return add(run, scale(other, scalar));
  }
  Value subScaled(Value run, Value scalar, Value other) {
    return sub(run, scale(other, scalar));
  }
  /// run + (1 - keep) * (other - run): `lerp` with the weight 1 - keep.
  Value moveTowards(Value run, Value keep, Value other) {
    return addScaled(run, complement(keep), sub(other, run));
  }
  /// keep * run + (1 - keep) * other².
  Value averageOfSquares(Value run, Value keep, Value other) {
    return add(scale(run, keep), mul(scale(other, complement(keep)), other));
  }
  Value complement(Value scalar) { return sub(1, scalar); }
  /// The gradient with the L2 penalty of the parameters.
  Value withDecay(Value gradient, Value weightDecay, Value parameter) {
    return weightDecay ? addScaled(gradient, weightDecay, parameter) : gradient;
  }
  /// step + 1 as an f64 scalar.
  Value nextStep(OpBuilder &builder, Value step) {
    return add(cast(step, builder.getF64Type()), 1);
  }

  Type element;
};
} // namespace

Results SgdOp::decompose(OpBuilder &builder) {
  RunBuilder b(builder, *this);
  Value gradient = b.withDecay(getGradient(), getWeightDecay(), getParameter());
  if (!getMomentumBuffer())
    return SmallVector<Value>{b.subScaled(getParameter(), getLr(), gradient)};
  if (!getMomentum())
    return emitOpError(
        "expected a momentum for the momentum buffer, but got none");
  Value added = getDampening() ? b.scale(gradient, b.complement(getDampening()))
                               : gradient;
  Value moved = b.add(b.scale(getMomentumBuffer(), getMomentum()), added);
  Value isFirst = b.compare(ComparePredicate::eq, getStep(), 0);
  Value momentum = b.select(isFirst, gradient, moved);
  Value direction =
      getNesterov() ? b.addScaled(gradient, getMomentum(), momentum) : momentum;
  return SmallVector<Value>{b.subScaled(getParameter(), getLr(), direction),
                            momentum};
}

Results AdamOp::decompose(OpBuilder &builder) {
  RunBuilder b(builder, *this);
  Value parameter = getParameter(), gradient = getGradient();
  if (getWeightDecay() && getDecoupled())
    parameter =
        b.scale(parameter, b.complement(b.mul(getLr(), getWeightDecay())));
  else
    gradient = b.withDecay(gradient, getWeightDecay(), parameter);
  Value average = b.moveTowards(getExpAvg(), getBeta1(), gradient);
  Value squares = b.averageOfSquares(getExpAvgSq(), getBeta2(), gradient);
  Value count = b.nextStep(builder, getStep());
  Value correction1 = b.complement(b.pow(getBeta1(), count));
  Value correction2 = b.complement(b.pow(getBeta2(), count));
  Value maximum =
      getMaxExpAvgSq() ? b.maximum(getMaxExpAvgSq(), squares) : Value();
  Value root =
      b.div(b.sqrt(maximum ? maximum : squares), b.narrow(b.sqrt(correction2)));
  Value denominator = b.add(root, b.narrow(getEps()));
  Value stepSize = b.div(getLr(), correction1);
  parameter = b.sub(parameter, b.div(b.scale(average, stepSize), denominator));
  SmallVector<Value> results{parameter, average, squares};
  if (maximum)
    results.push_back(maximum);
  return results;
}

Results RmspropOp::decompose(OpBuilder &builder) {
  RunBuilder b(builder, *this);
  Value gradient = b.withDecay(getGradient(), getWeightDecay(), getParameter());
  Value squares = b.averageOfSquares(getSquareAvg(), getAlpha(), gradient);
  Value average, spread = squares;
  if (getGradAvg()) {
    average = b.moveTowards(getGradAvg(), getAlpha(), gradient);
    spread = b.sub(squares, b.mul(average, average));
  }
  Value denominator = b.add(b.sqrt(spread), b.narrow(getEps()));
  Value change;
  SmallVector<Value> others;
  if (getMomentumBuffer()) {
    if (!getMomentum())
      return emitOpError(
          "expected a momentum for the momentum buffer, but got none");
    Value momentum = b.add(b.scale(getMomentumBuffer(), getMomentum()),
                           b.div(gradient, denominator));
    change = b.scale(momentum, getLr());
    others.push_back(momentum);
  } else {
    change = b.div(b.scale(gradient, getLr()), denominator);
  }
  if (average)
    others.push_back(average);
  SmallVector<Value> results{b.sub(getParameter(), change), squares};
  results.append(others);
  return results;
}

Results AdagradOp::decompose(OpBuilder &builder) {
  RunBuilder b(builder, *this);
  Value gradient = b.withDecay(getGradient(), getWeightDecay(), getParameter());
  Value rate = getLr();
  if (getLrDecay())
    rate = b.div(
        rate,
        b.add(b.mul(b.cast(getStep(), builder.getF64Type()), getLrDecay()), 1));
  Value sum = b.add(getSum(), b.mul(gradient, gradient));
  Value denominator = b.add(b.sqrt(sum), b.narrow(getEps()));
  return SmallVector<Value>{
      b.sub(getParameter(), b.div(b.scale(gradient, rate), denominator)), sum};
}

/// The p-norm of all elements, rank 0.
static Value normOf(TensorBuilder &b, Value run, double p) {
  Shape all(llvm::to_vector(
      llvm::seq<int64_t>(0, cast<RankedTensorType>(run.getType()).getRank())));
  if (p == 2)
    return b.sqrt(b.sum(b.mul(run, run), all));
  Value magnitudes = b.abs(run);
  if (std::isinf(p))
    return b.amax(magnitudes, all);
  if (p == 1)
    return b.sum(magnitudes, all);
  Value sum = b.sum(b.pow(magnitudes, b.scalar(p, run)), all);
  return b.pow(sum, b.scalar(1 / p, run));
}

Results ClipByNormOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  double p = getNormType().convertToDouble();
  if (!(p > 0))
    return emitOpError("expected a positive norm type, but got ") << p;
  Value norm = normOf(b, getGradient(), p);
  Value coefficient =
      b.div(b.scalar(getMaxNorm().convertToDouble(), norm), b.add(norm, 1e-6));
  Value clipped =
      b.mul(getGradient(), b.minimum(coefficient, b.scalar(1, coefficient)));
  return SmallVector<Value>{clipped, norm};
}
