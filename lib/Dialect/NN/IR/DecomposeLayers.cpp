// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers written in primitives.

#include "LayerParts.h"
#include <cmath>

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

using Results = FailureOr<SmallVector<Value>>;

static Results one(Value value) { return SmallVector<Value>{value}; }

//===----------------------------------------------------------------------===//
// Products, softmax
//===----------------------------------------------------------------------===//

Results LinearOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  Shape shape(getType().getShape());
  int64_t features = getWeight().getType().getDimSize(1);
  int64_t rows = 1;
  for (int64_t extent : ArrayRef<int64_t>(shape).drop_back())
    rows *= extent;
  Value result = b.matmul(b.reshape(getInput(), {rows, features}), getWeight(),
                          false, /*transposeB=*/true);
  if (getBias())
    result = b.add(result, getBias());
  return one(b.reshape(result, shape));
}

/// x minus its maximum along `dim`, so that exp never overflows.
static Value shiftByMaximum(TensorBuilder &b, Value x, int64_t dim) {
  return b.sub(x, b.amax(x, dim, /*keepdim=*/true));
}

Results SoftmaxOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  Value exponentials = b.exp(shiftByMaximum(b, getInput(), getDim()));
  return one(b.div(exponentials,
                   b.sum(exponentials, int64_t(getDim()), /*keepdim=*/true)));
}

Results LogSoftmaxOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  Value shifted = shiftByMaximum(b, getInput(), getDim());
  return one(b.sub(shifted, b.log(b.sum(b.exp(shifted), int64_t(getDim()),
                                        /*keepdim=*/true))));
}

//===----------------------------------------------------------------------===//
// Batch normalization
//===----------------------------------------------------------------------===//

/// (1 - momentum) * old + momentum * batch.
static Value movingAverage(TensorBuilder &b, Value old, Value batch,
                           double momentum) {
  return b.add(b.mul(old, 1 - momentum), b.mul(batch, momentum));
}

Results BatchNormOp::decompose(OpBuilder &builder) {
  BatchNormParts parts(*this, builder);
  TensorBuilder &b = parts.b;
  bool isTraining = getTraining();
  double momentum = getMomentum().convertToDouble();
  Value average = getRunningMean(), variance = getRunningVariance();
  if (isTraining)
    std::tie(average, variance) = parts.statistics(getInput());
  Value centered = b.sub(getInput(), parts.perChannel(average));
  Value inverse = b.div(1, b.sqrt(b.add(variance, getEps().convertToDouble())));
  Value scale = getWeight() ? b.mul(inverse, getWeight()) : inverse;
  Value result = b.mul(centered, parts.perChannel(scale));
  if (getBias())
    result = b.add(result, parts.perChannel(getBias()));
  Value newMean = getRunningMean(), newVariance = getRunningVariance();
  if (isTraining) {
    double unbias =
        static_cast<double>(parts.count) / static_cast<double>(parts.count - 1);
    newMean = movingAverage(b, newMean, average, momentum);
    newVariance =
        movingAverage(b, newVariance, b.mul(variance, unbias), momentum);
  }
  return SmallVector<Value>{result, newMean, newVariance, average, inverse};
}

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

Results NllLossOp::decompose(OpBuilder &builder) {
  NllLossParts parts(*this, builder);
  TensorBuilder &b = parts.b;
  Value likelihood =
      getWeight() ? b.mul(getInput(), parts.classWeights()) : getInput();
  Value loss =
      b.neg(b.sum(b.selectOrZero(parts.isTarget, likelihood), parts.classDim));
  if (getReduction() == LossReduction::none)
    return one(loss);
  Shape all(
      llvm::to_vector(llvm::seq<int64_t>(0, getTarget().getType().getRank())));
  Value total = all.empty() ? loss : b.sum(loss, all);
  return one(getReduction() == LossReduction::mean
                 ? b.div(total, parts.totalWeight())
                 : total);
}

Results VectorNormOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  double p = getP().convertToDouble();
  Value x = getInput(), magnitude = b.abs(x);
  auto sum = [&](Value terms) { return b.sum(terms, getDims(), getKeepdim()); };
  if (p == 0)
    return one(sum(b.cast(b.compare(ComparePredicate::ne, x, 0),
                          getType().getElementType())));
  if (p == 1)
    return one(sum(magnitude));
  if (p == 2)
    return one(b.sqrt(sum(b.mul(x, x))));
  if (std::isinf(p) && p > 0)
    return one(b.amax(magnitude, getDims(), getKeepdim()));
  if (std::isinf(p))
    return one(b.create<AminOp>(magnitude, getDims(), getKeepdim()));
  Value total = sum(b.pow(magnitude, b.scalar(p, x)));
  return one(b.pow(total, b.scalar(1 / p, total)));
}

//===----------------------------------------------------------------------===//
// Random masks, extrema, scattering
//===----------------------------------------------------------------------===//

Results DropoutOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  double p = getP().convertToDouble();
  Value uniform = builder.create<RandomUniformOp>(
      getLoc(), getType(), getSeed(), getStep(), /*draw=*/Value(), getId());
  Value isKept = b.compare(ComparePredicate::ge, uniform, p);
  // A factor and no selection of x: NaN and infinity stay visible as in
  // PyTorch.
  Value factor =
      b.selectOrZero(isKept, b.scalar(p < 1 ? 1 / (1 - p) : 0, getInput()));
  return one(b.mul(getInput(), factor));
}

template <typename Reduction, typename ArgReduction, typename Op>
static Results valueAndIndex(Op op, OpBuilder &builder) {
  int64_t dim = op.getDim();
  Value value = builder.create<Reduction>(op.getLoc(), op.getInput(), dim,
                                          op.getKeepdim());
  Value index = builder.create<ArgReduction>(op.getLoc(), op.getInput(), dim,
                                             op.getKeepdim());
  return SmallVector<Value>{value, index};
}

Results MaxWithIndicesOp::decompose(OpBuilder &builder) {
  return valueAndIndex<AmaxOp, ArgmaxOp>(*this, builder);
}
Results MinWithIndicesOp::decompose(OpBuilder &builder) {
  return valueAndIndex<AminOp, ArgminOp>(*this, builder);
}

Results ScatterAddOp::decompose(OpBuilder &builder) {
  // Each position along `dim` sums the updates whose index it is: [pre…, 1, n,
  // post…] against [1…, size, 1, 1…].
  TensorBuilder b(builder, getLoc());
  Shape result(getType().getShape()), source(getUpdates().getType().getShape());
  int64_t dim = getDim();
  Shape updateShape = source, positionShape(source.size() + 1, 1),
        covered = source;
  updateShape.insert(updateShape.begin() + dim, 1);
  positionShape[dim] = result[dim];
  covered[dim] = result[dim];
  Value indices = b.reshape(getIndices(), updateShape);
  Value positions = b.iota(positionShape, dim, getElementTypeOrSelf(indices));
  Value isHere = b.compare(ComparePredicate::eq, indices, positions);
  Value sums = b.sum(
      b.selectOrZero(isHere, b.reshape(getUpdates(), updateShape)), dim + 1);
  if (covered == result)
    return one(sums);
  Shape zeros(source.size(), 0), high;
  for (auto [extent, there] : llvm::zip(result, covered))
    high.push_back(extent - there);
  return one(builder.create<PadOp>(getLoc(), sums, zeros, high, zeros,
                                   llvm::APFloat(0.0)));
}
