// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions as products of windows that lie inside of their input.

#include "ConvolutionBuilder.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

using Results = FailureOr<SmallVector<Value>>;

Value ConvolutionBuilder::buildInParts(Value x, Value weight,
                                       SmallVector<Line> lines, int64_t parts) {
  if (parts == 1)
    return build(x, weight, lines);
  Shape shape(tensorType(weight).getShape());
  shape[0] = parts;
  shape[1] /= parts;
  Value sums = build(splitChannels(x, parts), b.reshape(weight, shape), lines);
  return b.sum(sums, {1}, /*keepdim=*/true);
}

Value ConvolutionBuilder::build(Value x, Value weight,
                                SmallVector<Line> lines) {
  if (givesBlocks(x, weight, lines))
    return buildBlocks(x, weight, lines);
  for (auto [dim, line] : llvm::enumerate(lines))
    if (line.spread > 1 && line.stride == 1)
      return interleave(x, weight, lines, dim);
  FailureOr<Value> padded = pad(x, lines);
  if (failed(padded))
    return zeros(x, weight, lines);
  Shape strides, dilations;
  for (const Line &line : lines) {
    strides.push_back(line.stride);
    dilations.push_back(line.dilation);
  }
  return correlate(*padded, weight, strides, dilations);
}

Value ConvolutionBuilder::correlate(Value x, Value weight,
                                    ArrayRef<int64_t> strides,
                                    ArrayRef<int64_t> dilations) {
  int64_t spatial = strides.size(), last = spatial + 2;
  Shape weightOrder = {0, last, channelsFirst ? 1 : spatial + 1},
        resultOrder = {0, 1, last};
  for (int64_t dim = 0; dim < spatial; ++dim) {
    weightOrder.push_back(firstOfWeight + dim);
    resultOrder.push_back(firstOfResult + dim);
  }
  return b.create<CorrelateOp>(x, weight, allDims(spatial + 3), weightOrder,
                               resultOrder, strides, dilations);
}

Value ConvolutionBuilder::splitChannels(Value x, int64_t parts) {
  auto split = [&](Value value, int64_t groupDim, int64_t dim) {
    Shape shape(tensorType(value).getShape());
    shape[dim] /= parts;
    shape.insert(shape.begin() + dim, parts);
    shape.erase(shape.begin() + groupDim + (groupDim >= dim ? 1 : 0));
    return b.reshape(value, shape);
  };
  auto transpose = x.getDefiningOp<TransposeOp>();
  if (!transpose)
    return split(x, 1, 2);
  // Numbers of dims behind the split one and before the dropped one change.
  int64_t group = transpose.getPermutation()[1],
          channels = transpose.getPermutation()[2];
  auto moved = [&](int64_t dim) {
    return dim + (dim >= channels ? 1 : 0) - (dim > group ? 1 : 0);
  };
  Shape permutation(transpose.getPermutation());
  for (int64_t &dim : permutation)
    dim = moved(dim);
  permutation[1] = permutation[2] - 1;
  return b.transpose(split(transpose.getInput(), group, channels), permutation);
}

FailureOr<Value> ConvolutionBuilder::pad(Value x, ArrayRef<Line> lines) {
  Shape low(firstOfInput, 0), high(firstOfInput, 0), interior(firstOfInput, 0);
  for (const Line &line : lines) {
    low.push_back(std::max<int64_t>(line.low, 0));
    high.push_back(std::max<int64_t>(line.high, 0));
    interior.push_back(line.spread - 1);
  }
  bool changes = false;
  for (ArrayRef<int64_t> amounts : {low, high, interior})
    changes |= llvm::any_of(amounts, [](int64_t n) { return n > 0; });
  // What is left out is so after the spread, which may leave zeros.
  Value padded = changes ? surround(x, low, high, interior) : x;
  for (auto [dim, line] : llvm::enumerate(lines)) {
    int64_t at = firstOfInput + dim, extent = extentOf(padded, at);
    int64_t begin = std::max<int64_t>(-line.low, 0),
            end = extent - std::max<int64_t>(-line.high, 0);
    if (begin >= end)
      return failure();
    padded = b.slice(padded, at, begin, end);
  }
  return padded;
}

Value ConvolutionBuilder::surround(Value x, ArrayRef<int64_t> low,
                                   ArrayRef<int64_t> high,
                                   ArrayRef<int64_t> interior) {
  auto transpose = x.getDefiningOp<TransposeOp>();
  if (!transpose)
    return b.create<PadOp>(x, low, high, interior, llvm::APFloat(0.0));
  auto before = [inverse = invertPermutationVector(transpose.getPermutation())](
                    ArrayRef<int64_t> amounts) {
    return applyPermutation(amounts, inverse);
  };
  Value padded =
      b.create<PadOp>(transpose.getInput(), before(low), before(high),
                      before(interior), llvm::APFloat(0.0));
  return b.transpose(padded, transpose.getPermutation());
}

/// What reshapes only view.
static Value viewed(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  return value;
}

/// Weights of a group that this many bytes hold stay in a cache while all
/// windows pass.
static constexpr int64_t maxWeightBytes = 1 << 18;

/// Into how many groups to split the channels of the only one, whose results
/// are added then: the weights of a part stay in a cache. Not worth it where
/// there are many results, as of a layer's own weights; those of a weight's
/// gradient are few.
static int64_t countParts(ConvolutionOp op) {
  RankedTensorType weight = op.getWeight().getType();
  int64_t channels = weight.getDimSize(1),
          bytes = weight.getNumElements() * weight.getElementTypeBitWidth() / 8,
          results = op.getType().getNumElements();
  int64_t parts = 1;
  while (op.getGroups() == 1 && bytes / parts > maxWeightBytes &&
         channels % (2 * parts) == 0 &&
         2 * parts * results <= weight.getNumElements())
    parts *= 2;
  return parts;
}

Results ConvolutionOp::decompose(OpBuilder &builder) {
  if (getType().getNumElements() == 0)
    return SmallVector<Value>{
        TensorBuilder(builder, getLoc()).splat(0, getType())};
  if (Value sums = decomposeDepthwise(TensorBuilder(builder, getLoc()), *this))
    return SmallVector<Value>{sums};
  int64_t spatial = getStrides().size(), groups = getGroups();
  ArrayRef<int64_t> taps = getWeight().getType().getShape().drop_front(2);
  // The longest loops of the sum are the innermost ones; those of the gradient
  // of weights, which has more taps than results, go along the samples' rows.
  int64_t tapCount = ShapedType::getNumElements(taps);
  bool channelsFirst =
      tapCount > getWeight().getType().getDimSize(1) ||
      tapCount > ShapedType::getNumElements(getType().getShape().drop_front(2));
  ConvolutionBuilder convolution{TensorBuilder(builder, getLoc()),
                                 channelsFirst};
  TensorBuilder &b = convolution.b;
  Shape result(getType().getShape());
  Shape inputShape(getInput().getType().getShape()),
      weightShape(getWeight().getType().getShape());
  inputShape[1] /= groups;
  inputShape.insert(inputShape.begin() + 1, groups);
  weightShape[0] /= groups;
  weightShape.insert(weightShape.begin(), groups);
  Value x = b.reshape(viewed(getInput()), inputShape);
  // [G, O, C, K…] as [G, K…, C, O] or [G, C, K…, O].
  Shape order = {0};
  if (channelsFirst)
    order.push_back(2);
  for (int64_t dim = 0; dim < spatial; ++dim)
    order.push_back(dim + 3);
  if (!channelsFirst)
    order.push_back(2);
  order.push_back(1);
  Value weight =
      b.transpose(b.reshape(viewed(getWeight()), weightShape), order);
  SmallVector<Line> lines;
  for (int64_t dim = 0; dim < spatial; ++dim)
    lines.push_back({getStrides()[dim], getDilations()[dim], getSpread()[dim],
                     getLow()[dim], getHigh()[dim]});
  Value sums = channelsFirst ? convolution.buildInParts(x, weight, lines,
                                                        countParts(*this))
                             : convolution.build(x, weight, lines);
  if (getBias()) {
    Shape perGroup(spatial + 2, 1);
    perGroup.front() = groups;
    perGroup.back() = result[1] / groups;
    sums = b.add(sums, b.reshape(getBias(), perGroup));
  }
  // [N, G, R…, O] as [N, G, O, R…].
  Shape channelsSecond = {0, 1, spatial + 2};
  for (int64_t dim = 0; dim < spatial; ++dim)
    channelsSecond.push_back(dim + 2);
  return SmallVector<Value>{
      b.reshape(b.transpose(sums, channelsSecond), result)};
}
