// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Maxima of windows, with where they are, and their inverse.
#include "Windows.h"

namespace sinter::capturing {

namespace {
/// Elements and the flat index of each in its plane; null where nobody asked.
struct Places {
  Tensor values, indices;
};
} // namespace

/// The flat indices of x [N, C, S…] among its spatial dims.
static Tensor flatIndices(Graph &g, Tensor x) {
  Tensor flat;
  int64_t scale = 1;
  for (int64_t dim = rankOf(x); dim-- > 2;) {
    Shape line(rankOf(x), 1);
    line[dim] = shapeOf(x)[dim];
    Tensor index = g.mul(g.iota(line, dim), double(scale));
    flat = flat ? g.add(flat, index) : index;
    scale *= shapeOf(x)[dim];
  }
  return g.broadcast(flat, shapeOf(x));
}

/// The maximum along `dim` of x [N, C, S…], where an extent of 1 stays.
static Places maximumAlong(Graph &g, Places x, int64_t dim) {
  Shape sizes(rankOf(x.values) - 2, 1), ones(sizes), none(sizes.size(), 0);
  sizes[dim - 2] = shapeOf(x.values)[dim];
  auto op = g.create<nn::MaxPoolOp>(x.values, sizes, sizes, ones, none, none);
  if (!x.indices)
    return {op.getValues(), {}};
  Tensor tap = g.cast(op.getTaps(), g.builder.getI64Type());
  return {op.getValues(),
          g.create<nn::GatherOp>(x.indices, tap, uint64_t(dim))};
}

/// The flat indices of taps of windows in their planes.
static Tensor indicesOf(Graph &g, Tensor taps, llvm::ArrayRef<PoolLine> lines) {
  taps = g.cast(taps, g.builder.getI64Type());
  Tensor flat;
  int64_t scale = 1;
  for (int64_t dim = lines.size(); dim-- > 0;) {
    const PoolLine &line = lines[dim];
    Tensor tap = taps;
    if (dim > 0) {
      Tensor size = g.integer(line.size, elementOf(taps));
      tap = g.create<nn::RemainderOp>(taps, size);
      taps = g.create<nn::FloorDivideOp>(taps, size);
    }
    Shape own(rankOf(taps), 1);
    own[dim + 2] = line.count;
    Tensor start = g.sub(g.mul(g.iota(own, dim + 2), double(line.stride)),
                         double(line.padding));
    Tensor index =
        g.mul(g.add(g.mul(tap, double(line.dilation)), start), double(scale));
    flat = flat ? g.add(flat, index) : index;
    scale *= line.extent;
  }
  return flat;
}

/// The maxima of windows of x [N, C, S…].
static Places maximaOfWindows(Graph &g, Tensor x,
                              llvm::ArrayRef<PoolLine> lines,
                              bool wantsIndices) {
  Shape sizes, strides, dilations, low, high;
  for (auto [dim, line] : llvm::enumerate(lines)) {
    sizes.push_back(line.size);
    strides.push_back(line.stride);
    dilations.push_back(line.dilation);
    low.push_back(line.padding);
    high.push_back(line.high());
    // Elements after the last window are in none.
    x = g.slice(x, int64_t(dim) + 2, 0, line.reached());
  }
  auto op = g.create<nn::MaxPoolOp>(x, sizes, strides, dilations, low, high);
  return {op.getValues(),
          wantsIndices ? indicesOf(g, op.getTaps(), lines) : Tensor()};
}

static Value resultOf(Graph &g, const SpatialInput &x, Places y) {
  if (!y.indices)
    return x.result(g, y.values);
  return makeSequence({x.result(g, y.values), x.result(g, y.indices)});
}

static Value maxPool(Call &call) {
  SpatialInput x =
      spatialInput(call, call.floats("input"), spatialRank(call.name()));
  bool wantsIndices = call.flag("return_indices");
  if (!x.tensor || call.failed())
    return {};
  std::vector<PoolLine> lines = readPoolLines(call, x.tensor, true, true);
  if (lines.empty())
    return {};
  return resultOf(call.graph, x,
                  maximaOfWindows(call.graph, x.tensor, lines, wantsIndices));
}

/// Maxima of many parts: windows of the longest one. The last element again
/// changes no maximum, and not which is the first.
static Places maximaOfManyParts(Graph &g, Places x, int64_t dim,
                                const AdaptiveLine &line) {
  int64_t longest = line.longest();
  std::vector<int64_t> places = line.places();
  Shape sizes(rankOf(x.values) - 2, 1), ones(sizes), none(sizes.size(), 0);
  sizes[dim - 2] = longest;
  auto op = g.create<nn::MaxPoolOp>(takeAlong(g, x.values, dim, places), sizes,
                                    sizes, ones, none, none);
  if (!x.indices)
    return {op.getValues(), {}};
  Tensor tap = g.cast(op.getTaps(), g.builder.getI64Type());
  Shape own(rankOf(tap), 1);
  own[dim] = line.count;
  Tensor place = g.add(tap, g.mul(g.iota(own, dim), double(longest)));
  return {op.getValues(),
          g.create<nn::GatherOp>(takeAlong(g, x.indices, dim, places), place,
                                 uint64_t(dim))};
}

/// Maxima of parts of a dim that cover it.
static Places maximaOfParts(Graph &g, Places x, int64_t dim,
                            const AdaptiveLine &line) {
  auto onBoth = [&](auto move) {
    return Places{move(x.values), x.indices ? move(x.indices) : Tensor()};
  };
  if (line.count == 0)
    return onBoth([&](Tensor y) { return g.slice(y, dim, 0, 0); });
  if (!line.isSliced())
    return maximaOfManyParts(g, x, dim, line);
  std::vector<Tensor> values, indices;
  for (int64_t part = 0; part < line.count; ++part) {
    Places maximum =
        maximumAlong(g, onBoth([&](Tensor y) {
                       return g.slice(y, dim, line.begin(part), line.end(part));
                     }),
                     dim);
    values.push_back(maximum.values);
    if (maximum.indices)
      indices.push_back(maximum.indices);
  }
  return {g.concat(values, dim),
          indices.empty() ? Tensor() : g.concat(indices, dim)};
}

static Value adaptiveMaxPool(Call &call) {
  SpatialInput x =
      spatialInput(call, call.floats("input"), spatialRank(call.name()));
  bool wantsIndices = call.flag("return_indices");
  if (!x.tensor || call.failed())
    return {};
  std::vector<AdaptiveLine> lines = readAdaptiveLines(call, x.tensor);
  if (lines.empty() || call.failed())
    return {};
  Graph &g = call.graph;
  if (llvm::all_of(lines,
                   [](const AdaptiveLine &line) { return line.isEven(); })) {
    std::vector<PoolLine> windows;
    for (const AdaptiveLine &line : lines) {
      int64_t size = line.extent / line.count;
      windows.push_back({line.extent, size, size, 1, 0, line.count});
    }
    return resultOf(g, x, maximaOfWindows(g, x.tensor, windows, wantsIndices));
  }
  Places y{x.tensor, {}};
  if (wantsIndices)
    y.indices = flatIndices(g, x.tensor);
  for (int64_t dim = lines.size(); dim-- > 0;)
    y = maximaOfParts(g, y, dim + 2, lines[dim]);
  return resultOf(g, x, y);
}

/// The spatial extents of an unpooling: what the pooling's arguments say, or
/// `output_size`, which differs by less than a stride; empty after an error.
static Shape unpooledExtents(Call &call, Tensor x) {
  int64_t spatial = rankOf(x) - 2;
  Shape size = perSpatialDim(call, "kernel_size", spatial, 1);
  Shape stride =
      call.isNone("stride") ? size : perSpatialDim(call, "stride", spatial, 1);
  Shape padding = perSpatialDim(call, "padding", spatial, 0), extents;
  if (call.failed())
    return {};
  for (int64_t dim = 0; dim < spatial; ++dim)
    extents.push_back((shapeOf(x)[dim + 2] - 1) * stride[dim] + size[dim] -
                      2 * padding[dim]);
  if (!call.isNone("output_size")) {
    Shape given = call.integers("output_size");
    if (int64_t(given.size()) == spatial + 2)
      given.erase(given.begin(), given.begin() + 2);
    bool fits = int64_t(given.size()) == spatial && !call.failed();
    for (int64_t dim = 0; fits && dim < spatial; ++dim)
      fits = extents[dim] - stride[dim] < given[dim] &&
             given[dim] < extents[dim] + stride[dim];
    if (!fits) {
      if (!call.failed())
        call.error("output_size", "expected an output_size that differs from " +
                                      describeShape(extents) +
                                      " by less than the stride " +
                                      describeShape(stride) + ", but got " +
                                      describeShape(given));
      return {};
    }
    extents = given;
  }
  Shape shape(shapeOf(x).take_front(2));
  llvm::append_range(shape, extents);
  std::string excess = describeExcess(call.graph.type(shape, elementOf(x)));
  if (llvm::any_of(extents, [](int64_t extent) { return extent < 1; }))
    excess = "expected a result with elements, but got " + describeShape(shape);
  if (!excess.empty())
    call.error(call.range, excess);
  return call.failed() ? Shape() : extents;
}

/// Zeros with the elements at their indices; equal indices, which the maxima of
/// overlapping windows have, give the mean of their elements.
static Value maxUnpool(Call &call) {
  Tensor input = call.floats("input"), indices = call.indexTensor("indices");
  SpatialInput x = spatialInput(call, input, spatialRank(call.name()));
  if (!x.tensor || call.failed())
    return {};
  if (shapeOf(input) != shapeOf(indices))
    return call.error(call.range,
                      "expected an index for each element, but got " +
                          describeType(input.getType()) + " and " +
                          describeType(indices.getType()));
  Shape extents = unpooledExtents(call, x.tensor);
  if (call.failed())
    return {};
  Graph &g = call.graph;
  int64_t volume = 1;
  for (int64_t extent : extents)
    volume *= extent;
  if (!call.checkIndices(indices, "indices", volume))
    return {};
  Shape flat(shapeOf(x.tensor).take_front(2)), shape = flat;
  flat.push_back(1);
  for (int64_t extent : shapeOf(x.tensor).drop_front(2))
    flat.back() *= extent;
  auto type = g.type({flat[0], flat[1], volume}, elementOf(x.tensor));
  Tensor places = g.reshape(indices, flat);
  auto scatter = [&](Tensor updates) -> Tensor {
    return g.create<nn::ScatterAddOp>(type, updates, places, uint64_t(2));
  };
  Tensor sums = scatter(g.reshape(x.tensor, flat));
  Tensor counts = scatter(g.splat(1, g.type(flat, elementOf(x.tensor))));
  llvm::append_range(shape, extents);
  return x.result(g, g.reshape(g.div(sums, g.maximum(counts, 1.0)), shape));
}

static Value maxUnpoolLayer(Call &call) {
  std::vector<EvaluatedArgument> all;
  for (llvm::StringRef name : {"input", "indices", "output_size"})
    all.push_back({{name, call.range}, call.value(name), call.rangeOf(name)});
  for (auto &[name, value] : call.self->options)
    all.push_back({{name, call.range}, value, call.range});
  return call.interpreter.callBuiltin(
      *findBuiltin("max_unpool" + call.name().take_back(2).str()), all,
      call.range);
}

llvm::ArrayRef<FunctionRow> maxPoolingFunctions() {
#define SINTER_MAX_POOL                                                        \
  "(input, kernel_size, stride=none, padding=0, dilation=1, ceil_mode=false, " \
  "return_indices=false)"
#define SINTER_MAX_UNPOOL                                                      \
  "(input, indices, kernel_size, stride=none, padding=0, output_size=none)"
  static const FunctionRow rows[] = {
      {"max_pool1d" SINTER_MAX_POOL, maxPool, "F.max_pool1d",
       "the maximum of each window of [N, C, L]; with return_indices also "
       "where "
       "it is"},
      {"max_pool2d" SINTER_MAX_POOL, maxPool, "F.max_pool2d",
       "the maximum of each window of [N, C, H, W]; with return_indices also "
       "where it is"},
      {"max_pool3d" SINTER_MAX_POOL, maxPool, "F.max_pool3d",
       "the maximum of each window of [N, C, D, H, W]; with return_indices "
       "also "
       "where it is"},
      {"adaptive_max_pool1d(input, output_size, return_indices=false)",
       adaptiveMaxPool, "F.adaptive_max_pool1d",
       "maxima of so many parts of L"},
      {"adaptive_max_pool2d(input, output_size, return_indices=false)",
       adaptiveMaxPool, "F.adaptive_max_pool2d",
       "maxima of so many parts of H and W"},
      {"adaptive_max_pool3d(input, output_size, return_indices=false)",
       adaptiveMaxPool, "F.adaptive_max_pool3d",
       "maxima of so many parts of D, H and W"},
      {"max_unpool1d" SINTER_MAX_UNPOOL, maxUnpool, "F.max_unpool1d",
       "zeros with the maxima of [N, C, L] where they were"},
      {"max_unpool2d" SINTER_MAX_UNPOOL, maxUnpool, "F.max_unpool2d",
       "zeros with the maxima of [N, C, H, W] where they were"},
      {"max_unpool3d" SINTER_MAX_UNPOOL, maxUnpool, "F.max_unpool3d",
       "zeros with the maxima of [N, C, D, H, W] where they were"},
  };
#undef SINTER_MAX_POOL
#undef SINTER_MAX_UNPOOL
  return rows;
}

llvm::ArrayRef<LayerRow> maxUnpoolingLayers() {
#define SINTER_MAX_UNPOOL "(kernel_size, stride=none, padding=0)"
  static const LayerRow rows[] = {
      {"MaxUnpool1d" SINTER_MAX_UNPOOL,
       "MaxUnpool1d(input, indices, output_size=none)", nullptr, maxUnpoolLayer,
       "zeros with the maxima of MaxPool1d where they were"},
      {"MaxUnpool2d" SINTER_MAX_UNPOOL,
       "MaxUnpool2d(input, indices, output_size=none)", nullptr, maxUnpoolLayer,
       "zeros with the maxima of MaxPool2d where they were"},
      {"MaxUnpool3d" SINTER_MAX_UNPOOL,
       "MaxUnpool3d(input, indices, output_size=none)", nullptr, maxUnpoolLayer,
       "zeros with the maxima of MaxPool3d where they were"},
  };
#undef SINTER_MAX_UNPOOL
  return rows;
}

} // namespace sinter::capturing
