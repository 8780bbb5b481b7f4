// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pooling: reductions of windows, one spatial dim after the other.
#include "Windows.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

namespace sinter::capturing {

namespace {
/// The windows of a pooling along one dim of extent `extent`.
struct PoolLine {
  int64_t extent, size, stride, dilation, padding, count;

  int64_t start(int64_t window) const { return window * stride - padding; }
  int64_t span() const { return dilation * (size - 1) + 1; }
  /// Elements after the input that the last window reaches.
  int64_t high() const {
    return std::max<int64_t>(start(count - 1) + span() - extent, 0);
  }
};

/// Which window a dim belongs to when it is cut into `count` parts that cover
/// it: PyTorch's adaptive pooling.
struct AdaptiveLine {
  int64_t extent, count;

  int64_t begin(int64_t part) const { return part * extent / count; }
  int64_t end(int64_t part) const {
    return llvm::divideCeil((part + 1) * extent, count);
  }
};

/// What pooling makes of the elements of a window: reduces dim `dim` of a
/// tensor.
using Reduce = llvm::function_ref<Tensor(Tensor, int64_t dim)>;
} // namespace

/// PyTorch's number of windows: with `ceil` also one that begins in the input
/// or its padding before and ends after.
static int64_t countOf(const PoolLine &line, bool ceil) {
  int64_t room = line.extent + 2 * line.padding - line.span();
  if (room < 0 && (!ceil || room + line.stride - 1 < 0))
    return 0;
  int64_t count = (room + (ceil ? line.stride - 1 : 0)) / line.stride + 1;
  if (ceil && (count - 1) * line.stride >= line.extent + line.padding)
    --count;
  return count;
}

/// The arguments of a pooling; empty after an error.
static std::vector<PoolLine> readLines(Call &call, Tensor x, bool hasPadding,
                                       bool hasDilation) {
  int64_t spatial = spatialRank(call.name());
  Shape size = perSpatialDim(call, "kernel_size", spatial, 1);
  Shape stride =
      call.isNone("stride") ? size : perSpatialDim(call, "stride", spatial, 1);
  Shape padding = hasPadding ? perSpatialDim(call, "padding", spatial, 0)
                             : Shape(spatial, 0);
  Shape dilation = hasDilation ? perSpatialDim(call, "dilation", spatial, 1)
                               : Shape(spatial, 1);
  bool ceil = call.flag("ceil_mode");
  if (call.failed())
    return {};
  std::vector<PoolLine> lines;
  for (int64_t dim = 0; dim < spatial; ++dim) {
    PoolLine line{shapeOf(x)[dim + 2], size[dim],    stride[dim],
                  dilation[dim],       padding[dim], 0};
    line.count = countOf(line, ceil);
    if (2 * line.padding > line.size) {
      call.error("padding", "expected padding of at most half of the "
                            "kernel_size, but got " +
                                describeShape(padding) + " and " +
                                describeShape(size));
      return {};
    }
    if (line.count < 1 || line.extent == 0) {
      call.error(call.range,
                 "expected windows that fit into the padded input, but got "
                 "kernel_size " +
                     describeShape(size) + " for " + describeType(x.getType()));
      return {};
    }
    lines.push_back(line);
  }
  return lines;
}

/// [N, C, S…] with the elements around that the windows reach.
static Tensor surround(Graph &g, Tensor x, llvm::ArrayRef<PoolLine> lines,
                       double value) {
  Shape low(2, 0), high(2, 0), interior(rankOf(x), 0);
  for (const PoolLine &line : lines) {
    low.push_back(line.padding);
    high.push_back(line.high());
  }
  if (low == interior && high == interior)
    return x;
  return g.create<nn::PadOp>(x, low, high, interior, llvm::APFloat(value));
}

static Tensor windowsOf(Graph &g, Tensor x, int64_t dim, const PoolLine &line) {
  // Elements after the last window are in none.
  x = g.slice(x, dim, 0, (line.count - 1) * line.stride + line.span());
  return g.create<nn::WindowsOp>(x, dim, line.size, line.stride, line.dilation);
}

/// Reduces the windows along all spatial dims, from the last one on.
static Tensor poolLines(Graph &g, Tensor x, llvm::ArrayRef<PoolLine> lines,
                        Reduce reduce) {
  for (int64_t dim = lines.size(); dim-- > 0;)
    x = reduce(windowsOf(g, x, dim + 2, lines[dim]), dim + 2);
  return x;
}

/// The maximum along `dim`; its gradient goes to the first one.
static Tensor firstMaximum(Graph &g, Tensor x, int64_t dim) {
  return g.create<nn::MaxWithIndicesOp>(x, dim, /*keepdim=*/false).getValues();
}

static Value maxPool(Call &call) {
  int64_t spatial = spatialRank(call.name());
  SpatialInput x = spatialInput(call, call.floatTensor("input"), spatial);
  if (!x.tensor)
    return {};
  if (call.flag("return_indices"))
    return call.error("return_indices", "expected no indices of the maxima: "
                                        "'" +
                                            call.name() + "' gives none yet");
  std::vector<PoolLine> lines = readLines(call, x.tensor, true, true);
  if (lines.empty())
    return {};
  Graph &g = call.graph;
  Tensor padded =
      surround(g, x.tensor, lines, -std::numeric_limits<double>::infinity());
  return x.result(g, poolLines(g, padded, lines, [&](Tensor w, int64_t dim) {
                    return firstMaximum(g, w, dim);
                  }));
}

/// By how many elements the sum of each window is divided, along one dim.
static std::vector<double> divisorsOf(const PoolLine &line, bool includesPad) {
  std::vector<double> divisors;
  for (int64_t window = 0; window < line.count; ++window) {
    int64_t begin = line.start(window),
            end = std::min(begin + line.size, line.extent + line.padding);
    if (!includesPad) {
      begin = std::max<int64_t>(begin, 0);
      end = std::min(end, line.extent);
    }
    divisors.push_back(double(end - begin));
  }
  return divisors;
}

/// The sums of windows divided by how many elements each has.
static Tensor divideByCounts(Graph &g, Tensor sums,
                             llvm::ArrayRef<PoolLine> lines, bool includesPad) {
  double common = 1;
  for (auto [dim, line] : llvm::enumerate(lines)) {
    std::vector<double> divisors = divisorsOf(line, includesPad);
    if (llvm::all_equal(divisors)) {
      common *= divisors.front();
      continue;
    }
    Shape shape(rankOf(sums), 1);
    shape[dim + 2] = line.count;
    auto type = g.type(shape, elementOf(sums));
    llvm::SmallVector<mlir::Attribute> numbers;
    for (double divisor : divisors)
      numbers.push_back(mlir::FloatAttr::get(elementOf(sums), divisor));
    sums = g.div(sums, g.create<nn::ConstantOp>(
                           mlir::DenseElementsAttr::get(type, numbers)));
  }
  return common == 1 ? sums : g.div(sums, common);
}

static Value averagePool(Call &call) {
  int64_t spatial = spatialRank(call.name());
  SpatialInput x = spatialInput(call, call.floatTensor("input"), spatial);
  if (!x.tensor)
    return {};
  std::vector<PoolLine> lines = readLines(call, x.tensor, true, false);
  bool includesPad = call.flag("count_include_pad");
  bool hasDivisor = spatial > 1 && !call.isNone("divisor_override");
  int64_t divisor = hasDivisor ? call.integer("divisor_override") : 1;
  if (lines.empty() || call.failed())
    return {};
  if (divisor == 0)
    return call.expected("divisor_override", "a divisor other than 0");
  Graph &g = call.graph;
  Tensor sums =
      poolLines(g, surround(g, x.tensor, lines, 0), lines,
                [&](Tensor w, int64_t dim) { return g.sum(w, {dim}); });
  return x.result(g, hasDivisor ? g.div(sums, double(divisor))
                                : divideByCounts(g, sums, lines, includesPad));
}

/// Reduces parts of a dim that cover it; equal ones are windows.
static Tensor poolParts(Graph &g, Tensor x, int64_t dim,
                        const AdaptiveLine &line, Reduce reduce) {
  if (line.extent % line.count == 0) {
    int64_t size = line.extent / line.count;
    return reduce(g.create<nn::WindowsOp>(x, dim, size, size, 1), dim);
  }
  std::vector<Tensor> parts;
  for (int64_t part = 0; part < line.count; ++part)
    parts.push_back(g.unsqueeze(
        reduce(g.slice(x, dim, line.begin(part), line.end(part)), dim), dim));
  return g.concat(parts, dim);
}

/// The extents of `output_size`; none stays as the input's.
static Shape readOutputSize(Call &call, Tensor x, int64_t spatial) {
  std::vector<Value> sizes;
  const Value &given = call.value("output_size");
  if (auto *sequence = given.as<Sequence>())
    sizes = *sequence->items;
  else
    sizes.assign(spatial, given);
  if (sizes.size() == 1)
    sizes.resize(spatial, sizes.front());
  Shape shape;
  for (const Value &size : sizes) {
    auto *number = size.as<int64_t>();
    if (number && *number > 0)
      shape.push_back(*number);
    else if (size.is<None>() && int64_t(shape.size()) < spatial)
      shape.push_back(shapeOf(x)[shape.size() + 2]);
  }
  if (shape.size() == sizes.size() && int64_t(shape.size()) == spatial)
    return shape;
  call.expected("output_size", "one positive extent or " +
                                   llvm::Twine(spatial) +
                                   " of them, none for the input's");
  return {};
}

static Value adaptivePool(Call &call, Reduce reduce) {
  int64_t spatial = spatialRank(call.name());
  SpatialInput x = spatialInput(call, call.floatTensor("input"), spatial);
  if (!x.tensor)
    return {};
  Shape sizes = readOutputSize(call, x.tensor, spatial);
  if (call.failed())
    return {};
  Tensor y = x.tensor;
  for (int64_t dim = spatial; dim-- > 0;) {
    AdaptiveLine line{shapeOf(y)[dim + 2], sizes[dim]};
    if (line.extent == 0)
      return call.expected("input", "an input with elements");
    if (line.extent % line.count && !call.mayMakeParts(line.count))
      return {};
    y = poolParts(call.graph, y, dim + 2, line, reduce);
  }
  return x.result(call.graph, y);
}

static Value adaptiveAveragePool(Call &call) {
  return adaptivePool(call, [&](Tensor part, int64_t dim) {
    return call.graph.mean(part, {dim});
  });
}

static Value adaptiveMaxPool(Call &call) {
  if (call.flag("return_indices"))
    return call.error("return_indices", "expected no indices of the maxima: "
                                        "'" +
                                            call.name() + "' gives none yet");
  return adaptivePool(call, [&](Tensor part, int64_t dim) {
    return firstMaximum(call.graph, part, dim);
  });
}

/// (sum of x^p over the windows)^(1/p), with x raised as PyTorch does.
static Value powerPool(Call &call) {
  int64_t spatial = spatialRank(call.name());
  SpatialInput x = spatialInput(call, call.floatTensor("input"), spatial);
  double p = call.number("norm_type");
  if (!x.tensor)
    return {};
  std::vector<PoolLine> lines = readLines(call, x.tensor, false, false);
  if (lines.empty() || call.failed())
    return {};
  Graph &g = call.graph;
  double elements = 1;
  for (const PoolLine &line : lines)
    elements *= double(line.size);
  Tensor sums =
      poolLines(g, surround(g, g.pow(x.tensor, p), lines, 0), lines,
                [&](Tensor w, int64_t dim) { return g.sum(w, {dim}); });
  Tensor mean = divideByCounts(g, sums, lines, true);
  Tensor magnitude = g.maximum(g.abs(mean), 0.0);
  Tensor total = g.mul(g.mul(g.unary<nn::SignOp>(mean), magnitude), elements);
  return x.result(g, g.pow(total, 1 / p));
}

llvm::ArrayRef<FunctionRow> poolingFunctions() {
#define SINTER_MAX_POOL                                                        \
  "(input, kernel_size, stride=none, padding=0, dilation=1, ceil_mode=false, " \
  "return_indices=false)"
#define SINTER_AVG_POOL                                                        \
  "(input, kernel_size, stride=none, padding=0, ceil_mode=false, "             \
  "count_include_pad=true"
#define SINTER_LP_POOL                                                         \
  "(input, norm_type, kernel_size, stride=none, ceil_mode=false)"
  static const FunctionRow rows[] = {
      {"max_pool1d" SINTER_MAX_POOL, maxPool, "F.max_pool1d",
       "the maximum of each window of [N, C, L]", "return_indices"},
      {"max_pool2d" SINTER_MAX_POOL, maxPool, "F.max_pool2d",
       "the maximum of each window of [N, C, H, W]", "return_indices"},
      {"max_pool3d" SINTER_MAX_POOL, maxPool, "F.max_pool3d",
       "the maximum of each window of [N, C, D, H, W]", "return_indices"},
      {"avg_pool1d" SINTER_AVG_POOL ")", averagePool, "F.avg_pool1d",
       "the mean of each window of [N, C, L]"},
      {"avg_pool2d" SINTER_AVG_POOL ", divisor_override=none)", averagePool,
       "F.avg_pool2d", "the mean of each window of [N, C, H, W]"},
      {"avg_pool3d" SINTER_AVG_POOL ", divisor_override=none)", averagePool,
       "F.avg_pool3d", "the mean of each window of [N, C, D, H, W]"},
      {"lp_pool1d" SINTER_LP_POOL, powerPool, "F.lp_pool1d",
       "the p-norm of each window of [N, C, L]"},
      {"lp_pool2d" SINTER_LP_POOL, powerPool, "F.lp_pool2d",
       "the p-norm of each window of [N, C, H, W]"},
      {"lp_pool3d" SINTER_LP_POOL, powerPool, "F.lp_pool3d",
       "the p-norm of each window of [N, C, D, H, W]"},
      {"adaptive_avg_pool1d(input, output_size)", adaptiveAveragePool,
       "F.adaptive_avg_pool1d", "means of so many parts of L"},
      {"adaptive_avg_pool2d(input, output_size)", adaptiveAveragePool,
       "F.adaptive_avg_pool2d", "means of so many parts of H and W"},
      {"adaptive_avg_pool3d(input, output_size)", adaptiveAveragePool,
       "F.adaptive_avg_pool3d", "means of so many parts of D, H and W"},
      {"adaptive_max_pool1d(input, output_size, return_indices=false)",
       adaptiveMaxPool, "F.adaptive_max_pool1d", "maxima of so many parts of L",
       "return_indices"},
      {"adaptive_max_pool2d(input, output_size, return_indices=false)",
       adaptiveMaxPool, "F.adaptive_max_pool2d",
       "maxima of so many parts of H and W", "return_indices"},
      {"adaptive_max_pool3d(input, output_size, return_indices=false)",
       adaptiveMaxPool, "F.adaptive_max_pool3d",
       "maxima of so many parts of D, H and W", "return_indices"},
  };
#undef SINTER_MAX_POOL
#undef SINTER_AVG_POOL
#undef SINTER_LP_POOL
  return rows;
}

} // namespace sinter::capturing
