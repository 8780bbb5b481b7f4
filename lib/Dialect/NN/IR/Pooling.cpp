// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Maxima of windows and sums of overlapping ones: how they are computed, and
// the gradients of all that reads windows.

#include "Rules.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "sinter/Dialect/NN/IR/Convolution.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

using Results = FailureOr<SmallVector<Value>>;

/// Windows of so many taps are compared tap by tap in one kernel, in all their
/// dims at once; of larger ones one dim after the other, each tap by tap up to
/// a second limit.
static constexpr int64_t maxTapsAtOnce = 16, maxTapsOfDim = 32;

namespace {
/// The elements that maxima are chosen from, and the tap that each of them is;
/// null if it follows from its place.
struct Candidates {
  Value values, taps;
};

/// Builds the maxima of windows.
struct MaxPoolBuilder {
  TensorBuilder b;
  MaxPoolOp op;
  int64_t spatial = op.getSizes().size(),
          first = op.getInput().getType().getRank() - spatial;
  Type tapType = op.getTaps().getType().getElementType();

  /// How many taps differ by one along a dim.
  int64_t tapStride(int64_t dim) {
    return ShapedType::getNumElements(op.getSizes().drop_front(dim + 1));
  }

  Value pad() {
    Shape low(first, 0), high(first, 0),
        interior(op.getInput().getType().getRank(), 0);
    llvm::append_range(low, op.getLow());
    llvm::append_range(high, op.getHigh());
    if (low == interior && high == interior)
      return op.getInput();
    return b.create<PadOp>(op.getInput(), low, high, interior,
                           APFloat::getInf(APFloat::IEEEdouble(), true));
  }

  /// The windows' elements number `tap` along dims `dims`.
  Value elementsAt(Value x, ArrayRef<int64_t> dims, ArrayRef<int64_t> tap) {
    for (auto [dim, number] : llvm::zip_equal(dims, tap)) {
      int64_t begin = number * op.getDilations()[dim],
              last = (op.getValues().getType().getDimSize(first + dim) - 1) *
                     op.getStrides()[dim];
      x = b.slice(x, first + dim, begin, begin + last + 1,
                  op.getStrides()[dim]);
    }
    return x;
  }

  /// The first tap of each window that is not padding, along one dim, times
  /// the dim's stride of taps; null where that is the first one.
  Value firstTaps(int64_t dim) {
    int64_t low = op.getLow()[dim],
            count = op.getValues().getType().getDimSize(first + dim);
    if (low == 0)
      return {};
    SmallVector<APInt> taps(count, APInt(32, 0));
    for (int64_t window = 0;
         window < count && window * op.getStrides()[dim] < low; ++window)
      taps[window] =
          tapStride(dim) * llvm::divideCeil(low - window * op.getStrides()[dim],
                                            op.getDilations()[dim]);
    Shape shape(first + spatial, 1);
    shape[first + dim] = count;
    return b.create<ConstantOp>(
        DenseElementsAttr::get(b.type(shape, tapType), taps));
  }

  /// Chooses among the taps of some dims, one after the other.
  Candidates chooseByTaps(Candidates x, ArrayRef<int64_t> dims) {
    Shape sizes;
    for (int64_t dim : dims)
      sizes.push_back(op.getSizes()[dim]);
    Candidates best;
    for (const SmallVector<int64_t> &tap :
         StaticTileOffsetRange(sizes, SmallVector<int64_t>(sizes.size(), 1))) {
      int64_t number = 0;
      for (auto [dim, at] : llvm::zip_equal(dims, tap))
        number += at * tapStride(dim);
      Candidates next{elementsAt(x.values, dims, tap),
                      b.scalar(double(number), tapType)};
      if (x.taps)
        next.taps = b.add(elementsAt(x.taps, dims, tap), next.taps);
      best = best.values ? larger(next, best) : startOf(next, dims);
    }
    return best;
  }

  /// What no later element may be larger than.
  Candidates startOf(Candidates x, ArrayRef<int64_t> dims) {
    for (int64_t dim : dims)
      if (Value taps = firstTaps(dim))
        x.taps = b.add(x.taps, taps);
    x.taps = b.broadcast(x.taps, tensorType(x.values).getShape());
    return x;
  }

  Candidates larger(Candidates next, Candidates best) {
    Value isLarger = b.compare(ComparePredicate::gt, next.values, best.values);
    Value isNaN = b.compare(ComparePredicate::ne, next.values, next.values);
    Value replaces = b.create<LogicalOrOp>(isLarger, isNaN);
    return {b.select(replaces, next.values, best.values),
            b.select(replaces, next.taps, best.taps)};
  }

  Candidates build() {
    Candidates x{pad(), Value()};
    if (ShapedType::getNumElements(op.getSizes()) <= maxTapsAtOnce)
      return chooseByTaps(x, allDims(spatial));
    for (int64_t dim = spatial; dim-- > 0;)
      x = op.getSizes()[dim] <= maxTapsOfDim ? chooseByTaps(x, {dim})
                                             : chooseByReduction(x, dim);
    return x;
  }

  /// Where the last NaN along a dim is, or else `index`.
  Value lastNaNOr(Value index, Value x, int64_t dim) {
    Value isNaN = b.compare(ComparePredicate::ne, x, x);
    Shape line(tensorType(x).getRank(), 1);
    line[dim] = tensorType(x).getDimSize(dim);
    Value places = b.broadcast(b.iota(line, dim), tensorType(x).getShape());
    Value last = b.amax(b.select(isNaN, places, -1.0), {dim});
    return b.select(b.compare(ComparePredicate::ge, last, 0.0), last, index);
  }

  /// Chooses along one dim by reducing its windows.
  Candidates chooseByReduction(Candidates x, int64_t dim) {
    int64_t at = first + dim;
    auto windows = [&](Value value) -> Value {
      return b.create<WindowsOp>(value, at, op.getSizes()[dim],
                                 op.getStrides()[dim], op.getDilations()[dim]);
    };
    Value elements = windows(x.values);
    Value values = b.amax(elements, {at});
    Value index = lastNaNOr(b.create<ArgmaxOp>(elements, at, /*keepdim=*/false),
                            elements, at);
    Value taps = b.mul(b.cast(index, tapType), double(tapStride(dim)));
    if (Value least = firstTaps(dim))
      taps = b.maximum(taps, least);
    if (x.taps) {
      Value own = b.create<GatherOp>(windows(x.taps), b.unsqueeze(index, at),
                                     uint64_t(at));
      taps = b.add(taps, b.squeeze(own, at));
    }
    return {values, taps};
  }
};
} // namespace

Results MaxPoolOp::decompose(OpBuilder &builder) {
  MaxPoolBuilder maxima{TensorBuilder(builder, getLoc()), *this};
  if (getValues().getType().getNumElements() == 0)
    return SmallVector<Value>{maxima.b.splat(0, getValues().getType()),
                              maxima.b.splat(0, getTaps().getType())};
  Candidates best = maxima.build();
  return SmallVector<Value>{best.values, best.taps};
}

/// Whether the windows cover the padded input side by side.
static bool areSideBySide(MaxPoolOp op) {
  return op.getSizes() == op.getStrides() &&
         llvm::all_of(op.getDilations(), [](int64_t n) { return n == 1; });
}

/// The gradients of windows at the tap that was chosen, zeros at the others:
/// [before…, R, k] for each spatial dim where windows stand side by side,
/// otherwise [before…, k, R].
static Value spreadToTaps(TensorBuilder &b, MaxPoolOp op, Value gradient) {
  int64_t spatial = op.getSizes().size(),
          first = tensorType(gradient).getRank() - spatial;
  int64_t tapDim = areSideBySide(op) ? 1 : 0;
  Shape windows(tensorType(gradient).getShape());
  for (int64_t dim = 0; dim < spatial; ++dim)
    windows.insert(windows.begin() + first + 2 * dim + tapDim, 1);
  Type tapType = op.getTaps().getType().getElementType();
  Value number;
  for (int64_t dim = spatial, stride = 1; dim-- > 0;
       stride *= op.getSizes()[dim]) {
    int64_t at = first + 2 * dim + tapDim;
    Shape line(windows.size(), 1);
    line[at] = op.getSizes()[dim];
    Value tap = b.mul(b.iota(line, at, tapType), double(stride));
    number = number ? b.add(number, tap) : tap;
  }
  Value isChosen =
      b.compare(ComparePredicate::eq, b.reshape(op.getTaps(), windows), number);
  return b.selectOrZero(isChosen, b.reshape(gradient, windows));
}

/// Windows with their elements in dims of their own, added up where they lie
/// in the padded input, as far as they reach.
static Value addWindows(TensorBuilder &b, MaxPoolOp op, Value x) {
  RankedTensorType input = op.getInput().getType();
  int64_t spatial = op.getSizes().size(), first = input.getRank() - spatial;
  if (areSideBySide(op)) {
    Shape shape(op.getValues().getType().getShape());
    for (int64_t dim = 0; dim < spatial; ++dim)
      shape[first + dim] *= op.getSizes()[dim];
    return b.reshape(x, shape);
  }
  for (int64_t dim = spatial; dim-- > 0;) {
    int64_t extent =
        op.getLow()[dim] + input.getDimSize(first + dim) + op.getHigh()[dim];
    x = b.create<OverlapAddOp>(x, first + 2 * dim, extent, op.getStrides()[dim],
                               op.getDilations()[dim]);
  }
  return x;
}

GRADIENT(MaxPoolOp) {
  TensorBuilder b(builder, getLoc());
  if (!resultGradients[0])
    return success();
  RankedTensorType type = getInput().getType();
  if (getValues().getType().getNumElements() == 0) {
    operandGradients[0] = b.splat(0, type);
    return success();
  }
  Value x = addWindows(b, *this, spreadToTaps(b, *this, resultGradients[0]));
  // Without padding, and with what no window reaches.
  Shape none(type.getRank(), 0), missing(none);
  for (auto [dim, low] : llvm::enumerate(getLow())) {
    int64_t at = type.getRank() - getLow().size() + dim,
            end = low + type.getDimSize(at),
            reached = tensorType(x).getDimSize(at);
    x = b.slice(x, at, low, std::min(end, reached));
    missing[at] = std::max<int64_t>(end - reached, 0);
  }
  operandGradients[0] =
      missing == none
          ? x
          : b.create<PadOp>(x, none, missing, none, llvm::APFloat(0.0));
  return success();
}

/// Windows that touch side by side are a reshape; others are split into parts
/// of `stride` taps, which touch, and lie a number of windows apart.
Results OverlapAddOp::decompose(OpBuilder &builder) {
  TensorBuilder b(builder, getLoc());
  RankedTensorType type = getType();
  int64_t dim = getDim(), stride = getStride(), dilation = getDilation();
  auto padded = [&](Value x, int64_t at, int64_t low, int64_t high,
                    int64_t interior = 0) -> Value {
    if (!low && !high && !interior)
      return x;
    Shape lows(tensorType(x).getRank(), 0), highs(lows), interiors(lows);
    lows[at] = low;
    highs[at] = high;
    interiors[at] = interior;
    return b.create<PadOp>(x, lows, highs, interiors, llvm::APFloat(0.0));
  };
  if (type.getNumElements() == 0 || getInput().getType().getNumElements() == 0)
    return SmallVector<Value>{b.splat(0, type)};
  int64_t count = getInput().getType().getDimSize(dim + 1),
          span = (getInput().getType().getDimSize(dim) - 1) * dilation + 1,
          parts = llvm::divideCeil(span, stride);
  Value taps = padded(getInput(), dim, 0, parts * stride - span, dilation - 1);
  // Taps come last in the result. They are exchanged with the windows where
  // that takes least: at the end, or before if it undoes an exchange.
  bool isExchanged = getInput().getDefiningOp<TransposeOp>() != nullptr;
  int64_t tapDim = isExchanged ? dim + 1 : dim,
          windowDim = isExchanged ? dim : dim + 1;
  if (isExchanged)
    taps = b.swap(taps, dim, dim + 1);
  Value total;
  for (int64_t part = 0; part < parts; ++part) {
    // A part lies `part` windows later than the first one.
    Value own =
        padded(b.slice(taps, tapDim, part * stride, (part + 1) * stride),
               windowDim, part, parts - 1 - part);
    total = total ? b.add(total, own) : own;
  }
  if (!isExchanged)
    total = b.swap(total, dim, dim + 1);
  Shape shape(type.getShape());
  shape[dim] = (count + parts - 1) * stride;
  Value line = b.reshape(total, shape);
  int64_t missing = int64_t(getExtent()) - shape[dim];
  if (missing < 0)
    line = b.slice(line, dim, 0, getExtent());
  line = padded(line, dim, 0, std::max<int64_t>(missing, 0));
  return SmallVector<Value>{line};
}

GRADIENT(WindowsOp) {
  operandGradients[0] = builder.create<OverlapAddOp>(
      getLoc(), resultGradients[0], getDim(),
      getInput().getType().getDimSize(getDim()), getStride(), getDilation());
  return success();
}

GRADIENT(OverlapAddOp) {
  operandGradients[0] = builder.create<WindowsOp>(
      getLoc(), resultGradients[0], getDim(),
      getInput().getType().getDimSize(getDim()), getStride(), getDilation());
  return success();
}
