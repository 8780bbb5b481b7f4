// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Maxima of windows at places that are drawn (Graham, "Fractional
// Max-Pooling", 2014).
#include "Windows.h"

namespace sinter::capturing {

namespace {
/// The windows along one dim.
struct FractionalLine {
  int64_t extent, size, count;
};
} // namespace

/// How many windows each dim has, by `output_size` or as shares of the extents;
/// empty after an error.
static Shape windowCounts(Call &call, llvm::ArrayRef<int64_t> extents) {
  bool bySize = !call.isNone("output_size"),
       byRatio = !call.isNone("output_ratio");
  int64_t spatial = extents.size();
  if (bySize == byRatio) {
    call.error(call.range, llvm::Twine("expected one of output_size and "
                                       "output_ratio, but got ") +
                               (bySize ? "both" : "none"));
    return {};
  }
  if (bySize)
    return perSpatialDim(call, "output_size", spatial, 0);
  std::vector<double> ratios = numbersPerDim(call, "output_ratio", spatial);
  Shape counts;
  for (auto [extent, ratio] : llvm::zip(extents, ratios)) {
    if (!(ratio > 0 && ratio < 1)) {
      call.expected("output_ratio", "numbers between 0 and 1");
      return {};
    }
    counts.push_back(int64_t(double(extent) * ratio));
  }
  return counts;
}

/// The windows of x [N, C, S…]; empty after an error.
static std::vector<FractionalLine> readLines(Call &call, Tensor x) {
  llvm::ArrayRef<int64_t> extents = shapeOf(x).drop_front(2);
  Shape size = perSpatialDim(call, "kernel_size", extents.size(), 1);
  Shape counts = windowCounts(call, extents);
  if (call.failed())
    return {};
  if (shapeOf(x)[1] == 0 || llvm::is_contained(extents, 0)) {
    call.expected("input", "a tensor with elements");
    return {};
  }
  std::vector<FractionalLine> lines;
  int64_t volume = 1;
  for (auto [extent, taps, count] : llvm::zip(extents, size, counts)) {
    // PyTorch wants one element more of volumes.
    if (count + taps - (extents.size() == 2 ? 1 : 0) > extent) {
      call.error(call.range,
                 "expected windows that fit into the input, but got "
                 "kernel_size " +
                     describeShape(size) + " and output_size " +
                     describeShape(counts) + " for " +
                     describeType(x.getType()));
      return {};
    }
    lines.push_back({extent, taps, count});
    volume *= count * taps;
  }
  const int64_t windows[] = {shapeOf(x)[0], shapeOf(x)[1], volume};
  if (!checkCountable(call, windows, elementOf(x)))
    return {};
  return lines;
}

/// A number in [0, 1) for each dim of each image's channels, [N, C, dims]:
/// drawn, or `_random_samples`; null after an error.
static Tensor readSamples(Call &call, Tensor x) {
  const int64_t shape[] = {shapeOf(x)[0], shapeOf(x)[1], rankOf(x) - 2};
  Interpreter &in = call.interpreter;
  int64_t id = in.nextRandomId("fractional_max_pool");
  if (call.isNone("_random_samples"))
    return in.randomUniform(call.graph.type(shape, elementOf(x)), id);
  Tensor samples = call.floats("_random_samples");
  if (call.failed())
    return {};
  if (samples.getType() != call.graph.type(shape, elementOf(x))) {
    call.expected("_random_samples", "numbers " + describeType(call.graph.type(
                                                      shape, elementOf(x))));
    return {};
  }
  return samples;
}

/// Where the windows along a dim begin, [N, C, count], from samples [N, C, 1]:
/// about evenly, the last one at the end.
static Tensor windowStarts(Graph &g, Tensor sample,
                           const FractionalLine &line) {
  int64_t last = line.extent - line.size;
  Shape shape(shapeOf(sample));
  shape[2] = line.count;
  mlir::Type i64 = g.builder.getI64Type();
  if (line.count == 1)
    return g.splat(double(last), g.type(shape, i64));
  double step = elementOf(sample).isF64()
                    ? double(last) / double(line.count - 1)
                    : double(float(last) / float(line.count - 1));
  auto whole = [&](Tensor place) { return g.cast(g.mul(place, step), i64); };
  Tensor number = g.iota({1, 1, line.count}, 2);
  Tensor start = g.sub(whole(g.add(sample, g.cast(number, elementOf(sample)))),
                       whole(sample));
  return g.select(
      g.compare(nn::ComparePredicate::eq, number, double(line.count - 1)),
      double(last), start);
}

/// The flat indices of all windows' elements, [N, C, windows, elements].
static Tensor windowIndices(Graph &g, Tensor samples,
                            llvm::ArrayRef<FractionalLine> lines) {
  int64_t spatial = lines.size(), rank = 2 + 2 * spatial;
  Shape shape(shapeOf(samples).take_front(2)), flat(shape);
  for (const FractionalLine &line : lines)
    shape.push_back(line.count);
  for (const FractionalLine &line : lines)
    shape.push_back(line.size);
  Tensor index;
  for (auto [dim, line] : llvm::enumerate(lines)) {
    // PyTorch draws for the width first where there are two dims.
    int64_t draw = spatial == 2 ? 1 - int64_t(dim) : int64_t(dim);
    Tensor start = windowStarts(g, g.slice(samples, 2, draw, draw + 1), line);
    Shape starts(rank, 1), taps(rank, 1);
    starts[0] = shape[0];
    starts[1] = shape[1];
    starts[2 + dim] = line.count;
    taps[2 + spatial + dim] = line.size;
    Tensor place = g.add(g.reshape(start, starts),
                         g.iota(taps, 2 + spatial + int64_t(dim)));
    index = index ? g.add(g.mul(index, double(line.extent)), place) : place;
  }
  int64_t windows = 1, elements = 1;
  for (const FractionalLine &line : lines) {
    windows *= line.count;
    elements *= line.size;
  }
  flat.append({windows, elements});
  return g.reshape(g.broadcast(index, shape), flat);
}

static Value fractionalMaxPool(Call &call) {
  SpatialInput x =
      spatialInput(call, call.floats("input"), spatialRank(call.name()));
  bool wantsIndices = call.flag("return_indices");
  if (!x.tensor || call.failed())
    return {};
  std::vector<FractionalLine> lines = readLines(call, x.tensor);
  Tensor samples = lines.empty() ? Tensor() : readSamples(call, x.tensor);
  if (!samples)
    return {};
  Graph &g = call.graph;
  Tensor places = windowIndices(g, samples, lines);
  Shape result(shapeOf(x.tensor).take_front(2)), image(result), row(result);
  image.push_back(1);
  for (const FractionalLine &line : lines) {
    result.push_back(line.count);
    image[2] *= line.extent;
  }
  row.push_back(shapeOf(places)[2] * shapeOf(places)[3]);
  Tensor elements =
      g.reshape(g.create<nn::GatherOp>(g.reshape(x.tensor, image),
                                       g.reshape(places, row), uint64_t(2)),
                shapeOf(places));
  int64_t taps = shapeOf(places)[3];
  auto maximum = g.create<nn::MaxPoolOp>(elements, Shape{taps}, Shape{taps},
                                         Shape{1}, Shape{0}, Shape{0});
  Tensor values = x.result(g, g.reshape(maximum.getValues(), result));
  if (!wantsIndices)
    return values;
  Tensor indices = g.create<nn::GatherOp>(
      places, g.cast(maximum.getTaps(), g.builder.getI64Type()), uint64_t(3));
  return makeSequence({values, x.result(g, g.reshape(indices, result))});
}

llvm::ArrayRef<FunctionRow> fractionalPoolingFunctions() {
#define SINTER_FRACTIONAL_MAX_POOL                                             \
  "(input, kernel_size, output_size=none, output_ratio=none, "                 \
  "return_indices=false, _random_samples=none)"
  static const FunctionRow rows[] = {
      {"fractional_max_pool2d" SINTER_FRACTIONAL_MAX_POOL, fractionalMaxPool,
       "F.fractional_max_pool2d",
       "maxima of windows of [N, C, H, W] at places that are drawn"},
      {"fractional_max_pool3d" SINTER_FRACTIONAL_MAX_POOL, fractionalMaxPool,
       "F.fractional_max_pool3d",
       "maxima of windows of [N, C, D, H, W] at places that are drawn"},
  };
#undef SINTER_FRACTIONAL_MAX_POOL
  return rows;
}

} // namespace sinter::capturing
