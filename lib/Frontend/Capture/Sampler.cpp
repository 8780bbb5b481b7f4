// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The elements that places between -1 and 1 read along a dim, and their
// weights.
#include "Sampler.h"
#include <limits>

namespace sinter::capturing {

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
  if (mode == SampleMode::Cubic)
    return cubicTaps(place, extent);
  place = confined(place, extent);
  if (mode == SampleMode::Linear)
    return linearTaps(place, extent);
  return {{indexOf(g.unary<nn::RoundOp>(place), extent), {}}};
}

} // namespace sinter::capturing
