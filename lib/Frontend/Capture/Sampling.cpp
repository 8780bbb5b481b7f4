// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Images at places that are computed: grid_sample, as lookups of pixels with
// weights, and the places of affine maps.
#include "Windows.h"
#include <limits>

namespace sinter::capturing {

namespace {
enum class Interpolation { Nearest, Linear, Cubic };
enum class Outside { Zeros, Border, Reflection };

/// One of the elements along a dim that places are interpolated from.
struct Tap {
  Tensor index;  ///< -1 where there is none
  Tensor weight; ///< null is 1
};

/// How places in [-1, 1] read an image.
class Sampler {
public:
  Sampler(Graph &g, Interpolation interpolation, Outside outside,
          bool alignsCorners, bool isPlane)
      : g(g), interpolation(interpolation), outside(outside),
        alignsCorners(alignsCorners), isPlane(isPlane) {}

  /// The taps of places along a dim of extent `extent`.
  std::vector<Tap> taps(Tensor place, int64_t extent);

private:
  Tensor scaled(Tensor place, int64_t extent);
  Tensor reflected(Tensor place, int64_t extent);
  Tensor clipped(Tensor place, int64_t extent);
  Tensor confined(Tensor place, int64_t extent);
  Tensor indexOf(Tensor place, int64_t extent);
  std::vector<Tap> linearTaps(Tensor place, int64_t extent);
  std::vector<Tap> cubicTaps(Tensor place, int64_t extent);

  Graph &g;
  Interpolation interpolation;
  Outside outside;
  bool alignsCorners;
  bool isPlane; ///< PyTorch takes NaN in another way for volumes
};
} // namespace

/// From [-1, 1] to indices of elements.
Tensor Sampler::scaled(Tensor place, int64_t extent) {
  Tensor fromZero = g.add(place, 1.0);
  if (alignsCorners)
    return g.mul(fromZero, double(extent - 1) / 2);
  return g.sub(g.mul(fromZero, double(extent) / 2), 0.5);
}

/// Mirrors places at the centers of the outer elements, or at their edges. The
/// slope of a place on a mirror is that of the side of the larger indices.
Tensor Sampler::reflected(Tensor place, int64_t extent) {
  double low = alignsCorners ? 0 : -0.5;
  double period = 2.0 * double(alignsCorners ? extent - 1 : extent);
  if (period == 0)
    return g.mul(place, 0.0);
  Tensor from = g.sub(place, low);
  Tensor isBelow = g.compare(nn::ComparePredicate::lt, from, 0.0);
  Tensor distance = g.select(isBelow, g.neg(from), from);
  Tensor whole = g.unary<nn::FloorOp>(g.div(distance, period));
  Tensor rest = g.sub(distance, g.mul(whole, period));
  Tensor back = g.sub(period, rest);
  Tensor turns = g.compare(nn::ComparePredicate::gt, rest, back);
  return g.add(g.select(turns, back, rest), low);
}

/// Places limited to the image, without a slope on its border. NaN becomes the
/// first element of planes and the last one of volumes, as in PyTorch.
Tensor Sampler::clipped(Tensor place, int64_t extent) {
  double last = double(extent - 1);
  using nn::ComparePredicate;
  if (isPlane) {
    Tensor above =
        g.select(g.compare(ComparePredicate::gt, place, 0.0), place, 0.0);
    return g.select(g.compare(ComparePredicate::ge, place, last), last, above);
  }
  Tensor below =
      g.select(g.compare(ComparePredicate::lt, place, last), place, last);
  return g.select(g.compare(ComparePredicate::le, place, 0.0), 0.0, below);
}

/// Places as they count: what is outside where `outside` says. NaN and
/// infinities are beside volumes; planes give NaN there.
Tensor Sampler::confined(Tensor place, int64_t extent) {
  if (outside == Outside::Reflection)
    return clipped(reflected(place, extent), extent);
  if (outside == Outside::Border)
    return clipped(place, extent);
  if (isPlane)
    return place;
  Tensor isCountable = g.compare(nn::ComparePredicate::lt, g.abs(place),
                                 double(std::numeric_limits<int32_t>::max()));
  return g.select(isCountable, place, -100.0);
}

/// A place that is a whole number, as an index.
Tensor Sampler::indexOf(Tensor place, int64_t extent) {
  Tensor isInside = g.create<nn::LogicalAndOp>(
      g.compare(nn::ComparePredicate::gt, place, -1.0),
      g.compare(nn::ComparePredicate::lt, place, double(extent)));
  return g.cast(g.select(isInside, place, -1.0), g.builder.getI64Type());
}

std::vector<Tap> Sampler::linearTaps(Tensor place, int64_t extent) {
  Tensor first = g.unary<nn::FloorOp>(place);
  Tensor second = g.add(first, 1.0);
  return {{indexOf(first, extent), g.sub(second, place)},
          {indexOf(second, extent), g.sub(place, first)}};
}

/// Four taps with the weights of Keys' kernel with -0.75, each tap confined by
/// itself.
std::vector<Tap> Sampler::cubicTaps(Tensor place, int64_t extent) {
  constexpr double a = -0.75;
  Tensor first = g.unary<nn::FloorOp>(place);
  Tensor rest = g.sub(place, first);
  auto inner = [&](Tensor x) {
    Tensor line = g.sub(g.mul(x, a + 2), a + 3);
    return g.add(g.mul(g.mul(line, x), x), 1.0);
  };
  auto outer = [&](Tensor x) {
    Tensor square = g.add(g.mul(g.sub(g.mul(x, a), 5 * a), x), 8 * a);
    return g.sub(g.mul(square, x), 4 * a);
  };
  const Tensor weights[] = {outer(g.add(rest, 1.0)), inner(rest),
                            inner(g.sub(1.0, rest)), outer(g.sub(2.0, rest))};
  std::vector<Tap> taps;
  for (auto [number, weight] : llvm::enumerate(weights))
    taps.push_back(
        {indexOf(confined(g.add(g.detach(first), double(number) - 1), extent),
                 extent),
         weight});
  return taps;
}

std::vector<Tap> Sampler::taps(Tensor place, int64_t extent) {
  place = scaled(place, extent);
  if (interpolation == Interpolation::Cubic)
    return cubicTaps(place, extent);
  place = confined(place, extent);
  if (interpolation == Interpolation::Linear)
    return linearTaps(place, extent);
  return {{indexOf(g.unary<nn::RoundOp>(place), extent), {}}};
}

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
                  mode == "nearest"   ? Interpolation::Nearest
                  : mode == "bicubic" ? Interpolation::Cubic
                                      : Interpolation::Linear,
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
