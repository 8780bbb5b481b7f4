// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Images at places that are computed: grid_sample, as lookups of pixels with
// weights, and the places of affine maps.
#include "Sampler.h"

namespace sinter::capturing {

namespace {
/// Sums weighted pixels over the taps of all dims.
struct TapSum {
  Graph &g;
  Tensor pixels; ///< [pixels of all images, C]
  llvm::ArrayRef<std::vector<Tap>> lines;
  llvm::ArrayRef<int64_t> extents;

  /// The sum over the taps of dims `dim` on, where those before read at `base`,
  /// -1 for none.
  Tensor from(size_t dim, Tensor base) {
    if (dim == lines.size())
      return g.create<nn::TakeOp>(pixels, base);
    Tensor sum;
    for (const Tap &tap : lines[dim]) {
      Tensor isThere = g.create<nn::LogicalAndOp>(
          g.compare(nn::ComparePredicate::ge, base, 0.0),
          g.compare(nn::ComparePredicate::ge, tap.index, 0.0));
      Tensor flat = g.add(g.mul(base, double(extents[dim])), tap.index);
      Tensor part = from(dim + 1, g.select(isThere, flat, -1.0));
      if (tap.weight)
        part = g.mul(part, g.unsqueeze(tap.weight, rankOf(tap.weight)));
      sum = sum ? g.add(sum, part) : part;
    }
    return sum;
  }
};
} // namespace

/// Whether an input [N, C, S…] and a grid [N, T…, dims] fit; an error
/// otherwise.
static bool checkGrid(Call &call, Tensor x, Tensor grid) {
  int64_t spatial = rankOf(x) - 2;
  if (spatial != 2 && spatial != 3)
    call.expected("input", "a tensor [N, C, H, W] or [N, C, D, H, W]");
  else if (rankOf(grid) != rankOf(x) || shapeOf(grid).back() != spatial ||
           shapeOf(grid)[0] != shapeOf(x)[0])
    call.error("grid", "expected a grid [" + llvm::Twine(shapeOf(x)[0]) +
                           ", …, " + llvm::Twine(spatial) + "] with " +
                           llvm::Twine(rankOf(x)) + " dims for the input " +
                           describeType(x.getType()) + ", but got " +
                           describeType(grid.getType()));
  else if (llvm::is_contained(shapeOf(x).drop_front(2), 0))
    call.expected("input", "a tensor whose spatial dims are not empty");
  return !call.failed() && call.checkOneDType({x, grid});
}

/// Pixels of x [N, C, S…] at the places of a grid [N, T…, dims] in [-1, 1], the
/// last dim's coordinate first: [N, C, T…].
static Value gridSample(Call &call) {
  Tensor x = call.floats("input"), grid = call.floats("grid");
  std::string mode = call.choice("mode", {"bilinear", "nearest", "bicubic"});
  std::string outside =
      call.choice("padding_mode", {"zeros", "border", "reflection"});
  bool aligns = !call.isNone("align_corners") && call.flag("align_corners");
  if (call.failed() || !checkGrid(call, x, grid))
    return {};
  int64_t spatial = rankOf(x) - 2, batch = shapeOf(x)[0], places = 1;
  Shape result(shapeOf(x).take_front(2));
  for (int64_t extent : shapeOf(grid).drop_front().drop_back()) {
    result.push_back(extent);
    places *= extent;
  }
  if (!checkCountable(call, result, elementOf(x)))
    return {};
  Graph &g = call.graph;
  Sampler sampler(g,
                  mode == "nearest"   ? SampleMode::Nearest
                  : mode == "bicubic" ? SampleMode::Cubic
                                      : SampleMode::Linear,
                  outside == "border"       ? Outside::Border
                  : outside == "reflection" ? Outside::Reflection
                                            : Outside::Zeros,
                  aligns, spatial == 2);
  Tensor flat = g.reshape(grid, {batch, places, spatial});
  Shape extents(shapeOf(x).drop_front(2)), channelsLast = allDims(spatial + 2);
  std::vector<std::vector<Tap>> lines;
  int64_t volume = 1;
  for (int64_t dim = 0; dim < spatial; ++dim) {
    Tensor coordinate = g.slice(flat, 2, spatial - 1 - dim, spatial - dim);
    lines.push_back(sampler.taps(g.squeeze(coordinate, 2), extents[dim]));
    volume *= extents[dim];
  }
  std::rotate(channelsLast.begin() + 1, channelsLast.begin() + 2,
              channelsLast.end());
  Tensor pixels =
      g.reshape(g.transpose(x, channelsLast), {batch * volume, shapeOf(x)[1]});
  Tensor images = g.iota({batch, places}, 0);
  Tensor sampled = TapSum{g, pixels, lines, extents}.from(0, images);
  return g.reshape(g.transpose(sampled, {0, 2, 1}), result);
}

/// The coordinates of a dim in [-1, 1], rounded as PyTorch's linspace.
template <typename Number>
static std::vector<double> baseCoordinates(int64_t count, bool alignsCorners) {
  if (count == 1)
    return {0};
  Number step = Number(2) / Number(count - 1);
  std::vector<double> coordinates;
  for (int64_t i = 0; i < count; ++i) {
    Number place = i < count / 2 ? -1 + step * Number(i)
                                 : 1 - step * Number(count - 1 - i);
    if (!alignsCorners)
      place = place * Number(count - 1) / Number(count);
    coordinates.push_back(double(place));
  }
  return coordinates;
}

/// The places that affine maps theta [N, dims, dims + 1] give the elements of
/// a tensor of shape `size`: [N, S…, dims].
static Value affineGrid(Call &call) {
  Tensor theta = call.floats("theta");
  Shape size = call.integers("size");
  bool aligns = !call.isNone("align_corners") && call.flag("align_corners");
  if (call.failed())
    return {};
  if (size.size() != 4 && size.size() != 5)
    return call.expected("size", "four or five extents");
  int64_t spatial = int64_t(size.size()) - 2;
  if (llvm::any_of(size, [](int64_t extent) { return extent < 1; }))
    return call.error("size", "expected positive extents, but got " +
                                  describeShape(size));
  const int64_t maps[] = {size[0], spatial, spatial + 1};
  if (shapeOf(theta) != llvm::ArrayRef<int64_t>(maps))
    return call.error("theta", "expected maps " + describeShape(maps) +
                                   " for size " + describeShape(size) +
                                   ", but got " +
                                   describeType(theta.getType()));
  Shape shape(llvm::ArrayRef<int64_t>(size).drop_front(2));
  shape.insert(shape.begin(), size[0]);
  shape.push_back(spatial);
  if (!checkCountable(call, shape, elementOf(theta)))
    return {};
  Graph &g = call.graph;
  Shape column(spatial + 2, 1);
  column.front() = size[0];
  column.back() = spatial;
  Tensor sum;
  for (int64_t number = 0; number <= spatial; ++number) {
    Tensor part = g.reshape(g.slice(theta, 2, number, number + 1), column);
    if (number < spatial) {
      int64_t dim = spatial - number;
      if (!mayList(call, shape[dim]))
        return {};
      auto coordinates = elementOf(theta).isF64()
                             ? baseCoordinates<double>(shape[dim], aligns)
                             : baseCoordinates<float>(shape[dim], aligns);
      part = g.mul(
          part, alongDim(g, coordinates, spatial + 2, dim, elementOf(theta)));
    }
    sum = sum ? g.add(sum, part) : part;
  }
  return sum;
}

llvm::ArrayRef<FunctionRow> samplingFunctions() {
  static const FunctionRow rows[] = {
      {"grid_sample(input, grid, mode=\"bilinear\", padding_mode=\"zeros\", "
       "align_corners=none)",
       gridSample, "F.grid_sample",
       "[N, C, S…] at the places of a grid [N, T…, dims] in [-1, 1], the last "
       "dim's coordinate first: \"bilinear\", \"nearest\" or \"bicubic\""},
      {"affine_grid(theta, size, align_corners=none)", affineGrid,
       "F.affine_grid",
       "where affine maps [N, dims, dims + 1] take the elements of size [N, C, "
       "S…]: a grid of grid_sample"},
  };
  return rows;
}

} // namespace sinter::capturing
