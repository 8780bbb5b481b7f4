// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Images in other sizes: nearest elements and interpolation, one dim after the
// other.
#include "Windows.h"
#include <cmath>

namespace sinter::capturing {

namespace {
/// What the arguments say of a resampling along one dim.
struct ResampleLine {
  int64_t extent, count;
  double factor = 0; ///< a scale_factor that places follow; else 0
};
/// How an element of a result reads a dim: taps and their weights.
struct Taps {
  std::vector<std::vector<int64_t>> indices;
  std::vector<std::vector<double>> weights;
};
/// Kinds of `mode`.
enum class Interpolation { Nearest, NearestExact, Linear, Cubic, Area };
} // namespace

/// How far apart results lie in the input. PyTorch computes places in the
/// elements' type, `Number`.
template <typename Number>
static Number distanceOf(const ResampleLine &line, bool alignsCorners) {
  if (alignsCorners)
    return line.count > 1 ? Number(line.extent - 1) / Number(line.count - 1)
                          : Number(0);
  return line.factor > 0 ? Number(1.0 / line.factor)
                         : Number(line.extent) / Number(line.count);
}

/// The elements that results copy. PyTorch counts in f32 for all types; in
/// planes it looks for all of them and for each twice whatever the factor.
static std::vector<int64_t> nearestIndices(const ResampleLine &line,
                                           bool isExact, bool isDouble,
                                           bool isPlane) {
  float distance = isDouble ? float(distanceOf<double>(line, false))
                            : distanceOf<float>(line, false);
  int64_t copies = line.count / line.extent;
  bool isMultiple = isPlane && !isExact && (copies == 1 || copies == 2) &&
                    line.count == copies * line.extent;
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < line.count; ++i) {
    if (isMultiple) {
      indices.push_back(i / copies);
      continue;
    }
    float place = (float(i) + (isExact ? 0.5f : 0.0f)) * distance;
    indices.push_back(
        std::min<int64_t>(int64_t(std::floor(place)), line.extent - 1));
  }
  return indices;
}

/// PyTorch's weights of the four elements around a place, by Keys with -0.75.
template <typename Number> static std::array<Number, 4> cubicWeights(Number t) {
  const Number a = Number(-0.75);
  auto inner = [&](Number x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  auto outer = [&](Number x) {
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  };
  return {outer(t + 1), inner(t), inner(1 - t), outer(2 - t)};
}

/// Linear or cubic taps along a dim.
template <typename Number>
static Taps interpolationTaps(const ResampleLine &line, bool isCubic,
                              bool alignsCorners) {
  Number distance = distanceOf<Number>(line, alignsCorners);
  Taps taps;
  taps.indices.resize(isCubic ? 4 : 2);
  taps.weights.resize(isCubic ? 4 : 2);
  for (int64_t i = 0; i < line.count; ++i) {
    Number place = alignsCorners
                       ? distance * Number(i)
                       : distance * (Number(i) + Number(0.5)) - Number(0.5);
    if (!isCubic)
      place = std::max(place, Number(0));
    int64_t index =
        std::min<int64_t>(int64_t(std::floor(place)), line.extent - 1);
    Number rest =
        std::min(std::max(place - Number(index), Number(0)), Number(1));
    std::array<Number, 4> weights{1 - rest, rest};
    if (isCubic)
      weights = cubicWeights(rest);
    for (size_t tap = 0; tap < taps.indices.size(); ++tap) {
      int64_t at = index + int64_t(tap) - (isCubic ? 1 : 0);
      taps.indices[tap].push_back(std::clamp<int64_t>(at, 0, line.extent - 1));
      taps.weights[tap].push_back(double(weights[tap]));
    }
  }
  return taps;
}

/// Copies of elements of a dim: each so many times, or every so many, are no
/// table.
static Tensor resampleNearest(Graph &g, Tensor x, int64_t dim,
                              llvm::ArrayRef<int64_t> indices) {
  int64_t extent = shapeOf(x)[dim], count = indices.size();
  auto isAll = [&](auto index) {
    for (int64_t i = 0; i < count; ++i)
      if (indices[i] != index(i))
        return false;
    return true;
  };
  if (count % extent == 0) {
    int64_t copies = count / extent;
    if (isAll([&](int64_t i) { return i / copies; })) {
      Shape wide(shapeOf(x)), shape(shapeOf(x));
      wide.insert(wide.begin() + dim + 1, copies);
      shape[dim] = count;
      return g.reshape(g.broadcast(g.unsqueeze(x, dim + 1), wide), shape);
    }
  }
  int64_t step = count > 1 ? indices[1] - indices[0] : 1;
  if (step > 0 && isAll([&](int64_t i) { return indices[0] + i * step; }))
    return g.slice(x, dim, indices[0], indices.back() + 1, step);
  return takeAlong(g, x, dim, indices);
}

static Tensor resampleByTaps(Graph &g, Tensor x, int64_t dim,
                             const Taps &taps) {
  Tensor sum;
  for (auto [indices, weights] : llvm::zip(taps.indices, taps.weights)) {
    Tensor weight = alongDim(g, weights, rankOf(x), dim, elementOf(x));
    Tensor part = g.mul(takeAlong(g, x, dim, indices), weight);
    sum = sum ? g.add(sum, part) : part;
  }
  return sum;
}

static Tensor resample(Graph &g, Tensor x, int64_t dim,
                       const ResampleLine &line, Interpolation kind,
                       bool alignsCorners) {
  bool isDouble = elementOf(x).isF64();
  if (kind == Interpolation::Nearest || kind == Interpolation::NearestExact)
    return resampleNearest(g, x, dim,
                           nearestIndices(line,
                                          kind == Interpolation::NearestExact,
                                          isDouble, rankOf(x) == 4));
  bool isCubic = kind == Interpolation::Cubic;
  // PyTorch reads two elements here, too: an infinity becomes NaN.
  if (!isCubic && line.extent == line.count)
    return g.add(x, g.mul(x, 0.0));
  return resampleByTaps(
      g, x, dim,
      isDouble ? interpolationTaps<double>(line, isCubic, alignsCorners)
               : interpolationTaps<float>(line, isCubic, alignsCorners));
}

/// The `mode`, which must fit the number of spatial dims.
static Interpolation readMode(Call &call, int64_t spatial) {
  std::string mode =
      call.choice("mode", {"nearest", "linear", "bilinear", "bicubic",
                           "trilinear", "area", "nearest-exact"});
  int64_t wanted = mode == "linear"                          ? 1
                   : mode == "trilinear"                     ? 3
                   : llvm::StringRef(mode).starts_with("bi") ? 2
                                                             : spatial;
  if (!call.failed() && spatial != wanted)
    call.error("mode", "expected an input with " + llvm::Twine(wanted + 2) +
                           " dims for mode \"" + mode + "\", but got " +
                           llvm::Twine(spatial + 2));
  if (mode == "nearest")
    return Interpolation::Nearest;
  if (mode == "nearest-exact")
    return Interpolation::NearestExact;
  if (mode == "area")
    return Interpolation::Area;
  return mode == "bicubic" ? Interpolation::Cubic : Interpolation::Linear;
}

/// Sizes by `size` or by `scale_factor`, `least` or more; empty after an error.
static std::vector<ResampleLine> readResampling(Call &call, Tensor x,
                                                double least) {
  int64_t spatial = rankOf(x) - 2;
  bool bySize = !call.isNone("size"), byFactor = !call.isNone("scale_factor");
  if (bySize == byFactor) {
    call.error(call.range, llvm::Twine("expected one of size and scale_factor, "
                                       "but got ") +
                               (bySize ? "both" : "none"));
    return {};
  }
  bool recomputes = !call.isNone("recompute_scale_factor") &&
                    call.flag("recompute_scale_factor");
  if (recomputes && bySize) {
    call.error("recompute_scale_factor", "expected recompute_scale_factor with "
                                         "a scale_factor, but got a size");
    return {};
  }
  std::vector<double> factors;
  Shape sizes;
  if (bySize) {
    sizes = call.integers("size");
    if (!call.value("size").is<Sequence>() && sizes.size() == 1)
      sizes.resize(spatial, sizes.front());
    if (!call.failed() && int64_t(sizes.size()) != spatial)
      call.expected("size",
                    "one extent or " + llvm::Twine(spatial) + " of them");
  } else {
    factors = numbersPerDim(call, "scale_factor", spatial);
  }
  std::vector<ResampleLine> lines;
  for (int64_t dim = 0; dim < spatial && !call.failed(); ++dim) {
    int64_t extent = shapeOf(x)[dim + 2];
    double size =
        bySize ? double(sizes[dim]) : std::floor(double(extent) * factors[dim]);
    if (extent < 1 ||
        !(size >= least && size < double(nn::windowAmountLimit))) {
      call.error(call.range, "expected positive extents below 2^31, but got " +
                                 describeType(x.getType()) +
                                 " and for the result " +
                                 Value(size).describe());
      return {};
    }
    lines.push_back(
        {extent, int64_t(size), bySize || recomputes ? 0 : factors[dim]});
  }
  return call.failed() ? std::vector<ResampleLine>() : lines;
}

static Value interpolate(Call &call) {
  Tensor x = call.floats("input");
  if (call.failed())
    return {};
  if (rankOf(x) < 3 || rankOf(x) > 5)
    return call.expected("input", "a tensor [N, C, S…] with one to three "
                                  "spatial dims");
  Interpolation kind = readMode(call, rankOf(x) - 2);
  bool interpolates =
      kind == Interpolation::Linear || kind == Interpolation::Cubic;
  if (!call.failed() && !interpolates && !call.isNone("align_corners"))
    return call.error("align_corners", "expected align_corners with linear and "
                                       "cubic modes alone, but got mode \"" +
                                           call.string("mode") + "\"");
  if (call.flag("antialias"))
    return call.error("antialias", "interpolation with antialias is not "
                                   "supported yet");
  bool aligns = !call.isNone("align_corners") && call.flag("align_corners");
  if (call.failed())
    return {};
  bool isArea = kind == Interpolation::Area;
  std::vector<ResampleLine> lines = readResampling(call, x, isArea ? 0 : 1);
  if (lines.empty())
    return {};
  Shape shape(shapeOf(x));
  std::vector<Value> sizes;
  for (auto [dim, line] : llvm::enumerate(lines)) {
    shape[dim + 2] = line.count;
    sizes.push_back(line.count);
    if (kind != Interpolation::Area && !mayList(call, line.count))
      return {};
  }
  if (std::string excess = describeExcess(call.graph.type(shape, elementOf(x)));
      !excess.empty())
    return call.error(call.range, excess);
  if (isArea)
    return call.interpreter.callBuiltin(
        *findBuiltin("adaptive_avg_pool" + std::to_string(lines.size()) + "d"),
        {{{}, x, call.range}, {{}, makeSequence(std::move(sizes)), call.range}},
        call.range);
  for (int64_t dim = lines.size(); dim-- > 0;)
    x = resample(call.graph, x, dim + 2, lines[dim], kind, aligns);
  return x;
}

static Value upsampleBilinear(Call &call) {
  std::vector<EvaluatedArgument> all{
      {{}, call.value("input"), call.rangeOf("input")},
      {{"mode", call.range}, std::string("bilinear"), call.range},
      {{"align_corners", call.range}, true, call.range}};
  for (auto &[name, value] : call.self->options)
    all.push_back({{name, call.range}, value, call.range});
  return call.interpreter.callBuiltin(*findBuiltin("interpolate"), all,
                                      call.range);
}

llvm::ArrayRef<FunctionRow> resamplingFunctions() {
  static const FunctionRow rows[] = {
      {"interpolate(input, size=none, scale_factor=none, mode=\"nearest\", "
       "align_corners=none, recompute_scale_factor=none, antialias=false)",
       interpolate, "F.interpolate",
       "[N, C, S…] in other extents: \"nearest\", \"nearest-exact\", "
       "\"linear\", \"bilinear\", \"trilinear\", \"bicubic\" or \"area\"",
       "antialias"},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> resamplingLayers() {
  static const LayerRow rows[] = {
      {"UpsamplingBilinear2d(size=none, scale_factor=none)",
       "UpsamplingBilinear2d(input)", nullptr, upsampleBilinear,
       "interpolate with mode \"bilinear\" and align_corners"},
  };
  return rows;
}

} // namespace sinter::capturing
