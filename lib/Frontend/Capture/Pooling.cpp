// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Means and norms of windows, one spatial dim after the other, and what all
// poolings share.
#include "Windows.h"

namespace sinter::capturing {

namespace {
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

/// Whether each dim's windows fit and padding is at most half of them; an error
/// otherwise.
static bool checkLines(Call &call, Tensor x, llvm::ArrayRef<PoolLine> lines,
                       llvm::ArrayRef<int64_t> size,
                       llvm::ArrayRef<int64_t> padding,
                       bool takesWholeVolumes) {
  Shape shape(shapeOf(x));
  for (auto [dim, line] : llvm::enumerate(lines)) {
    if (line.padding > line.size / 2) {
      call.error("padding", "expected padding of at most half of the "
                            "kernel_size, but got padding " +
                                describeShape(padding) + " and kernel_size " +
                                describeShape(size));
      return false;
    }
    // PyTorch wants volumes of sums to have whole windows without padding.
    bool isCut = takesWholeVolumes && line.extent < line.size;
    if (line.count < 1 || line.extent == 0 || shape[1] == 0 || isCut) {
      std::string dilation =
          line.dilation > 1 ? " with dilation " + std::to_string(line.dilation)
                            : "";
      call.error(call.range,
                 llvm::Twine("expected windows that fit into the ") +
                     (isCut ? "input" : "padded input") +
                     ", but got kernel_size " + describeShape(size) + dilation +
                     " for " + describeType(x.getType()));
      return false;
    }
    shape[dim + 2] += line.padding + line.high();
  }
  // A dim is seen as windows while those before it are still whole.
  for (int64_t dim = lines.size(); dim-- > 0;) {
    if (!checkCountable(call, shape, elementOf(x)))
      return false;
    shape[dim + 2] = lines[dim].count;
    Shape windows(shape);
    windows.push_back(lines[dim].size);
    if (!checkCountable(call, windows, elementOf(x)))
      return false;
  }
  return true;
}

std::vector<PoolLine> readPoolLines(Call &call, Tensor x, bool hasPadding,
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
    lines.push_back(line);
  }
  bool fits =
      checkLines(call, x, lines, size, padding, spatial == 3 && !hasDilation);
  return fits ? lines : std::vector<PoolLine>();
}

Tensor surround(Graph &g, Tensor x, llvm::ArrayRef<PoolLine> lines) {
  Shape low(2, 0), high(2, 0), interior(rankOf(x), 0);
  for (const PoolLine &line : lines) {
    low.push_back(line.padding);
    high.push_back(line.high());
  }
  if (low == interior && high == interior)
    return x;
  return g.create<nn::PadOp>(x, low, high, interior, llvm::APFloat(0.0));
}

Tensor windowsOf(Graph &g, Tensor x, int64_t dim, const PoolLine &line) {
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

/// Whether the first and the last window are whole, and so all are.
static bool areWhole(const PoolLine &line, bool includesPad) {
  int64_t padding = includesPad ? line.padding : 0;
  return line.start(0) >= -padding &&
         line.start(line.count - 1) + line.size <= line.extent + padding;
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

/// The sums of windows divided by how many elements each has; null after an
/// error.
static Tensor divideByCounts(Call &call, Tensor sums,
                             llvm::ArrayRef<PoolLine> lines, bool includesPad) {
  Graph &g = call.graph;
  double common = 1;
  for (auto [dim, line] : llvm::enumerate(lines)) {
    if (areWhole(line, includesPad)) {
      common *= double(line.size);
      continue;
    }
    if (!mayList(call, line.count))
      return {};
    std::vector<double> divisors = divisorsOf(line, includesPad);
    if (llvm::all_equal(divisors)) {
      common *= divisors.front();
      continue;
    }
    sums = g.div(sums, alongDim(g, divisors, rankOf(sums), int64_t(dim) + 2,
                                elementOf(sums)));
  }
  return common == 1 ? sums : g.div(sums, common);
}

static Value averagePool(Call &call) {
  int64_t spatial = spatialRank(call.name());
  SpatialInput x = spatialInput(call, call.floats("input"), spatial);
  if (!x.tensor)
    return {};
  std::vector<PoolLine> lines = readPoolLines(call, x.tensor, true, false);
  bool includesPad = call.flag("count_include_pad");
  bool hasDivisor = spatial > 1 && !call.isNone("divisor_override");
  int64_t divisor = hasDivisor ? call.integer("divisor_override") : 1;
  if (lines.empty() || call.failed())
    return {};
  if (divisor == 0)
    return call.expected("divisor_override", "a divisor other than 0");
  Graph &g = call.graph;
  Tensor sums =
      poolLines(g, surround(g, x.tensor, lines), lines,
                [&](Tensor w, int64_t dim) { return g.sum(w, {dim}); });
  Tensor y = hasDivisor ? g.div(sums, double(divisor))
                        : divideByCounts(call, sums, lines, includesPad);
  return y ? x.result(g, y) : Value();
}

/// Means of many parts that differ: windows of the longest one, in which what
/// a shorter part does not have is left out.
static Tensor meansOfParts(Graph &g, Tensor x, int64_t dim,
                           const AdaptiveLine &line) {
  int64_t longest = line.longest();
  Tensor parts = g.create<nn::WindowsOp>(takeAlong(g, x, dim, line.places()),
                                         dim, longest, longest, 1);
  std::vector<double> lengths;
  for (int64_t part = 0; part < line.count; ++part)
    lengths.push_back(double(line.end(part) - line.begin(part)));
  Shape elements(rankOf(parts), 1);
  elements[dim] = longest;
  Tensor isThere = g.compare(
      nn::ComparePredicate::lt, g.iota(elements, dim),
      alongDim(g, lengths, rankOf(parts), dim + 1, g.builder.getI64Type()));
  return g.div(g.sum(g.selectOrZero(isThere, parts), {dim}),
               alongDim(g, lengths, rankOf(x), dim, elementOf(x)));
}

/// Means of parts of a dim that cover it; equal ones are windows.
static Tensor poolParts(Graph &g, Tensor x, int64_t dim,
                        const AdaptiveLine &line) {
  auto reduce = [&](Tensor part, int64_t dim) { return g.mean(part, {dim}); };
  if (line.count == 0)
    return g.slice(x, dim, 0, 0);
  if (line.extent % line.count == 0) {
    int64_t size = line.extent / line.count;
    return reduce(g.create<nn::WindowsOp>(x, dim, size, size, 1), dim);
  }
  if (!line.isSliced())
    return meansOfParts(g, x, dim, line);
  std::vector<Tensor> parts;
  for (int64_t part = 0; part < line.count; ++part)
    parts.push_back(g.unsqueeze(
        reduce(g.slice(x, dim, line.begin(part), line.end(part)), dim), dim));
  return g.concat(parts, dim);
}

std::vector<AdaptiveLine> readAdaptiveLines(Call &call, Tensor x) {
  int64_t spatial = rankOf(x) - 2;
  std::vector<Value> sizes;
  const Value &given = call.value("output_size");
  if (auto *sequence = given.as<Sequence>())
    sizes = *sequence->items;
  else
    sizes.assign(spatial, given);
  std::vector<AdaptiveLine> lines;
  if (int64_t(sizes.size()) == spatial)
    for (auto [dim, size] : llvm::enumerate(sizes)) {
      int64_t extent = shapeOf(x)[dim + 2];
      auto *number = size.as<int64_t>();
      if (number && *number >= 0 && *number < nn::windowAmountLimit)
        lines.push_back({extent, *number});
      else if (size.is<None>())
        lines.push_back({extent, extent});
    }
  if (int64_t(lines.size()) != spatial) {
    call.expected("output_size", "one extent or " + llvm::Twine(spatial) +
                                     " of them, none negative, or none for the "
                                     "input's");
    return {};
  }
  if (llvm::is_contained(shapeOf(x).drop_front(), 0)) {
    call.expected("input", "a tensor with elements in all dims but the batch");
    return {};
  }
  for (const AdaptiveLine &line : lines)
    if (line.count && line.extent % line.count &&
        !call.mayMakeParts(line.isSliced() ? line.count
                                           : line.extent + 2 * line.count))
      return {};
  return lines;
}

static Value adaptiveAveragePool(Call &call) {
  SpatialInput x =
      spatialInput(call, call.floats("input"), spatialRank(call.name()));
  if (!x.tensor)
    return {};
  std::vector<AdaptiveLine> lines = readAdaptiveLines(call, x.tensor);
  if (lines.empty() || call.failed())
    return {};
  Graph &g = call.graph;
  Tensor y = x.tensor;
  for (int64_t dim = lines.size(); dim-- > 0;)
    y = poolParts(g, y, dim + 2, lines[dim]);
  return x.result(g, y);
}

/// (sum of x^p over the windows)^(1/p), with x raised as PyTorch does.
static Value powerPool(Call &call) {
  int64_t spatial = spatialRank(call.name());
  SpatialInput x = spatialInput(call, call.floats("input"), spatial);
  double p = call.number("norm_type");
  if (!x.tensor)
    return {};
  std::vector<PoolLine> lines = readPoolLines(call, x.tensor, false, false);
  if (lines.empty() || call.failed())
    return {};
  Graph &g = call.graph;
  double elements = 1;
  for (const PoolLine &line : lines)
    elements *= double(line.size);
  Tensor sums =
      poolLines(g, surround(g, g.pow(x.tensor, p), lines), lines,
                [&](Tensor w, int64_t dim) { return g.sum(w, {dim}); });
  Tensor mean = divideByCounts(call, sums, lines, true);
  if (!mean)
    return {};
  Tensor magnitude = g.unary<nn::ReluOp>(g.abs(mean));
  Tensor total = g.mul(g.mul(g.unary<nn::SignOp>(mean), magnitude), elements);
  return x.result(g, g.pow(total, 1 / p));
}

llvm::ArrayRef<FunctionRow> poolingFunctions() {
#define SINTER_AVG_POOL                                                        \
  "(input, kernel_size, stride=none, padding=0, ceil_mode=false, "             \
  "count_include_pad=true"
#define SINTER_LP_POOL                                                         \
  "(input, norm_type, kernel_size, stride=none, ceil_mode=false)"
  static const FunctionRow rows[] = {
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
  };
#undef SINTER_AVG_POOL
#undef SINTER_LP_POOL
  return rows;
}

} // namespace sinter::capturing
