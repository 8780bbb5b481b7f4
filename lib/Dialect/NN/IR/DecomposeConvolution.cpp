// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions as products of windows that lie inside of their input.

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "sinter/Dialect/NN/IR/Convolution.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

using Results = FailureOr<SmallVector<Value>>;

namespace {
/// A convolution along one spatial dim.
struct Line {
  int64_t stride, dilation, spread, low, high;
};

/// Builds convolutions of x: [N, G, C, S…] with weights: [G, K…, C, O], or
/// [G, C, K…, O] where channels are first; results are [N, G, R…, O].
struct ConvolutionBuilder {
  TensorBuilder b;
  bool channelsFirst;
  int64_t firstOfWeight = channelsFirst ? 2 : 1;

  static constexpr int64_t firstOfInput = 3, firstOfResult = 2;

  static int64_t extentOf(Value x, int64_t dim) {
    return tensorType(x).getDimSize(dim);
  }

  int64_t resultExtent(Value x, Value weight, const Line &line, int64_t dim) {
    int64_t extent = extentOf(x, firstOfInput + dim);
    return extent == 0 ? 0
                       : countWindows((extent - 1) * line.spread + 1 +
                                          line.low + line.high,
                                      extentOf(weight, firstOfWeight + dim),
                                      line.stride, line.dilation);
  }

  Value zeros(Value x, Value weight, ArrayRef<Line> lines) {
    Shape shape = {extentOf(x, 0), extentOf(x, 1)};
    for (auto [dim, line] : llvm::enumerate(lines))
      shape.push_back(resultExtent(x, weight, line, dim));
    shape.push_back(tensorType(weight).getShape().back());
    return b.splat(0, b.type(shape, tensorType(x).getElementType()));
  }

  /// The channels of the only group in so many groups, whose results are added.
  Value buildInParts(Value x, Value weight, SmallVector<Line> lines,
                     int64_t parts) {
    if (parts == 1)
      return build(x, weight, lines);
    Shape shape(tensorType(weight).getShape());
    shape[0] = parts;
    shape[1] /= parts;
    Value sums =
        build(splitChannels(x, parts), b.reshape(weight, shape), lines);
    return b.sum(sums, {1}, /*keepdim=*/true);
  }

  /// Whether each element of the input gives a block of results of its own, as
  /// large as the weights.
  bool givesBlocks(Value x, Value weight, ArrayRef<Line> lines) {
    for (auto [dim, line] : llvm::enumerate(lines)) {
      int64_t taps = extentOf(weight, firstOfWeight + dim);
      if (line.stride != 1 || line.dilation != 1 || line.spread != taps ||
          line.low != taps - 1 || line.high != taps - 1)
        return false;
    }
    return llvm::any_of(lines,
                        [](const Line &line) { return line.spread > 1; });
  }

  /// One product with a column for each element of the blocks, which then move
  /// beside each other.
  Value buildBlocks(Value x, Value weight, ArrayRef<Line> lines) {
    int64_t spatial = lines.size();
    Shape taps, order = {0}, points(spatial, 1),
                blocks = {extentOf(x, 0), extentOf(x, 1)}, beside = {0, 1},
                result(blocks);
    for (int64_t dim = 0; dim < spatial; ++dim)
      taps.push_back(firstOfWeight + dim);
    // [G, 1…, C, K…, O]; an element's first result is of the last tap.
    weight = b.reverse(weight, taps);
    order.push_back(channelsFirst ? 1 : spatial + 1);
    llvm::append_range(order, taps);
    order.push_back(spatial + 2);
    weight = b.transpose(weight, order);
    Shape columns(points);
    columns.insert(columns.begin(), tensorType(weight).getDimSize(0));
    columns.push_back(tensorType(weight).getDimSize(1));
    columns.push_back(ShapedType::getNumElements(
        tensorType(weight).getShape().drop_front(2)));
    Value sums = b.create<CorrelateOp>(x, b.reshape(weight, columns),
                                       allDims(tensorType(x).getRank()), points,
                                       points, /*channels_first=*/false);
    for (int64_t dim = 0; dim < spatial; ++dim)
      blocks.push_back(extentOf(x, firstOfInput + dim));
    for (int64_t dim = 0; dim < spatial; ++dim) {
      blocks.push_back(lines[dim].spread);
      beside.append({2 + dim, 2 + spatial + dim});
      result.push_back(blocks[2 + dim] * lines[dim].spread);
    }
    blocks.push_back(tensorType(weight).getShape().back());
    beside.push_back(2 + 2 * spatial);
    result.push_back(blocks.back());
    return b.reshape(b.transpose(b.reshape(sums, blocks), beside), result);
  }

  Value build(Value x, Value weight, SmallVector<Line> lines) {
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
    return b.create<CorrelateOp>(*padded, weight,
                                 allDims(tensorType(*padded).getRank()),
                                 strides, dilations, channelsFirst);
  }

  /// [N, 1, C, S…] as [N, parts, C / parts, S…]; of a transposed tensor before
  /// it is.
  Value splitChannels(Value x, int64_t parts) {
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
    return b.transpose(split(transpose.getInput(), group, channels),
                       permutation);
  }

  /// Spreads and pads; fails if nothing of x is left.
  FailureOr<Value> pad(Value x, ArrayRef<Line> lines) {
    Shape low(firstOfInput, 0), high(firstOfInput, 0),
        interior(firstOfInput, 0);
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

  /// A transposed tensor is padded before: what another convolution reads of
  /// the same tensor is the same then.
  Value surround(Value x, ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                 ArrayRef<int64_t> interior) {
    auto transpose = x.getDefiningOp<TransposeOp>();
    if (!transpose)
      return b.create<PadOp>(x, low, high, interior, llvm::APFloat(0.0));
    auto before = [inverse = invertPermutationVector(
                       transpose.getPermutation())](ArrayRef<int64_t> amounts) {
      return applyPermutation(amounts, inverse);
    };
    Value padded =
        b.create<PadOp>(transpose.getInput(), before(low), before(high),
                        before(interior), llvm::APFloat(0.0));
    return b.transpose(padded, transpose.getPermutation());
  }

  /// Of a spread input, the results r = spread · q + phase have the same taps,
  /// on the input as it is: a convolution for each phase.
  Value interleave(Value x, Value weight, SmallVector<Line> lines,
                   int64_t dim) {
    const Line line = lines[dim];
    int64_t results = resultExtent(x, weight, line, dim),
            count = llvm::divideCeil(results, line.spread);
    int64_t taps = extentOf(weight, firstOfWeight + dim),
            common = std::gcd(line.dilation, line.spread),
            step = line.spread / common;
    SmallVector<Value> phases;
    for (int64_t phase = 0; phase < line.spread; ++phase) {
      // The first tap that meets an element of the input.
      int64_t tap = 0;
      while (tap < std::min(taps, step) &&
             (phase + tap * line.dilation - line.low) % line.spread != 0)
        ++tap;
      bool meets = tap < std::min(taps, step);
      int64_t own = meets ? llvm::divideCeil(taps - tap, step) : 1,
              dilation = line.dilation / common;
      int64_t begin =
          meets ? (phase + tap * line.dilation - line.low) / line.spread : 0;
      int64_t extent = extentOf(x, firstOfInput + dim);
      lines[dim] = {1, dilation, 1, -begin,
                    count + (own - 1) * dilation - extent + begin};
      Value part = meets ? b.slice(weight, firstOfWeight + dim, tap, taps, step)
                         : b.slice(weight, firstOfWeight + dim, 0, 1);
      Value sums = meets ? build(x, part, lines) : zeros(x, part, lines);
      phases.push_back(b.unsqueeze(sums, firstOfResult + dim + 1));
    }
    Value stacked = b.concat(phases, firstOfResult + dim + 1);
    Shape shape(tensorType(stacked).getShape());
    shape.erase(shape.begin() + firstOfResult + dim + 1);
    shape[firstOfResult + dim] = count * line.spread;
    return b.slice(b.reshape(stacked, shape), firstOfResult + dim, 0, results);
  }
};
} // namespace

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
