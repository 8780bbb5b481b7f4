// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of layers, from their results.

#include "LayerParts.h"
#include "Rules.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

GRADIENT(SoftmaxOp) {
  TensorBuilder b(builder, getLoc());
  Value g = resultGradients[0], y = getResult();
  int64_t dim = getDim();
  operandGradients[0] =
      b.mul(y, b.sub(g, b.sum(b.mul(g, y), dim, /*keepdim=*/true)));
  return success();
}

GRADIENT(LogSoftmaxOp) {
  TensorBuilder b(builder, getLoc());
  Value g = resultGradients[0];
  int64_t dim = getDim();
  operandGradients[0] =
      b.sub(g, b.mul(b.exp(getResult()), b.sum(g, dim, /*keepdim=*/true)));
  return success();
}

/// The gradient of the normalized values through the batch's own mean and
/// deviation, but for a factor per channel: g - mean(g) - normalized * mean(g *
/// normalized). The sums are those of the gradients of bias and weight.
static Value throughStatistics(BatchNormParts &parts, Value g, Value normalized,
                               Value sum, Value sumOfProducts) {
  TensorBuilder &b = parts.b;
  auto meanOf = [&](Value total) {
    return parts.perChannel(b.div(total, static_cast<double>(parts.count)));
  };
  return b.sub(b.sub(g, meanOf(sum)), b.mul(normalized, meanOf(sumOfProducts)));
}

/// What flows into the input through the results `mean` and `inverse_deviation`
/// themselves: there in gradients of gradients alone. d mean = dx / n; d
/// inverse = -inverse³ * (x - mean) / n * dx.
static Value throughSavedResults(BatchNormParts &parts, BatchNormOp op,
                                 Value sum, Value meanGradient,
                                 Value inverseGradient) {
  TensorBuilder &b = parts.b;
  auto accumulate = [&](Value part) { sum = sum ? b.add(sum, part) : part; };
  Value inverse = parts.perChannel(op.getInverseDeviation());
  if (meanGradient)
    accumulate(b.broadcast(
        b.mul(parts.perChannel(meanGradient), 1.0 / parts.count), parts.shape));
  if (inverseGradient) {
    Value cube = b.mul(b.mul(inverse, inverse), inverse);
    Value factor = b.mul(b.mul(parts.perChannel(inverseGradient), cube),
                         -1.0 / parts.count);
    accumulate(
        b.mul(factor, b.sub(op.getInput(), parts.perChannel(op.getMean()))));
  }
  return sum;
}

GRADIENT(BatchNormOp) {
  // The new running values are buffers, through which nothing flows, as in
  // PyTorch.
  BatchNormParts parts(*this, builder);
  TensorBuilder &b = parts.b;
  auto setGradient = [&](OpOperand &operand, Value gradient) {
    operandGradients[operand.getOperandNumber()] = gradient;
  };
  Value ofInput;
  if (Value g = resultGradients[0]) {
    Value inverse = parts.perChannel(getInverseDeviation());
    Value normalized =
        b.mul(b.sub(getInput(), parts.perChannel(getMean())), inverse);
    Value sum = b.sum(g, parts.dims),
          sumOfProducts = b.sum(b.mul(g, normalized), parts.dims);
    Value scale = getInverseDeviation();
    if (getWeight())
      scale = b.mul(scale, getWeight());
    ofInput = b.mul(parts.perChannel(scale),
                    getTraining() ? throughStatistics(parts, g, normalized, sum,
                                                      sumOfProducts)
                                  : g);
    if (getWeight())
      setGradient(*getWeightMutable().begin(), sumOfProducts);
    if (getBias())
      setGradient(*getBiasMutable().begin(), sum);
  }
  if (getTraining())
    ofInput = throughSavedResults(parts, *this, ofInput, resultGradients[3],
                                  resultGradients[4]);
  setGradient(getInputMutable(), ofInput);
  return success();
}

/// What flows into the weights, `g` being that of the sum of losses: class c
/// gets -input at its targets and, through the divisor of a mean, minus the
/// loss itself.
static Value throughClassWeights(NllLossParts &parts, Value g) {
  TensorBuilder &b = parts.b;
  Value loss = b.neg(parts.op.getInput());
  if (parts.op.getReduction() == LossReduction::mean)
    loss = b.sub(loss, parts.op.getResult());
  Shape dims = allDims(parts.shape.size());
  dims.erase(dims.begin() + parts.classDim);
  return b.sum(b.selectOrZero(parts.isTarget, b.mul(loss, g)), dims);
}

GRADIENT(NllLossOp) {
  NllLossParts parts(*this, builder);
  TensorBuilder &b = parts.b;
  Value g = resultGradients[0];
  if (getReduction() == LossReduction::mean)
    g = b.div(g, parts.totalWeight());
  if (getReduction() == LossReduction::none)
    g = parts.alongClasses(g);
  Value gradient = b.neg(g);
  if (getWeight()) {
    gradient = b.mul(gradient, parts.classWeights());
    operandGradients[2] = throughClassWeights(parts, g);
  }
  operandGradients[0] = b.selectOrZero(parts.isTarget, gradient);
  return success();
}

GRADIENT(DropoutOp) {
  operandGradients[0] = builder.create<DropoutOp>(
      getLoc(), resultGradients[0], getSeed(), getStep(), getP(), getId());
  return success();
}
