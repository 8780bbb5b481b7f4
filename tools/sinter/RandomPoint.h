// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random points at which checks call entries: legal inputs and a plausible
// state before the call.
#ifndef SINTER_TOOLS_SINTER_RANDOMPOINT_H
#define SINTER_TOOLS_SINTER_RANDOMPOINT_H

#include "Session.h"

namespace sinter::driver {

/// A stream of random numbers, the same on every machine.
class RandomStream {
public:
  explicit RandomStream(uint64_t seed) : counter(seed) {}
  uint64_t bits();
  /// In [low, high), a multiple of 2^-24 of its length.
  double uniform(double low, double high);
  /// In [0, limit).
  int64_t below(int64_t limit) { return int64_t(bits() % uint64_t(limit)); }

private:
  uint64_t counter;
};

/// Where floats are drawn from.
struct FloatRange {
  double low, high;
};

/// Mixed signs; what logarithms and arcsines take; what acosh takes: no single
/// range suits all. The last is for what is no number in the others.
constexpr FloatRange floatRanges[] = {{-2, 2}, {0.1, 0.9}, {1.1, 3}};
constexpr size_t usualRanges = 2;

/// Everything that a call reads.
struct Point {
  std::vector<Tensor> inputs;
  std::vector<Tensor> results; ///< without elements, but for in-outs
  AlignedBuffer state;
};

/// Element `index` from a double; integers are truncated.
void storeElement(Tensor &tensor, int64_t index, double value);

/// Random elements: floats from `range`, indices as `legal` has them, other
/// integers from a small range.
void fillRandomly(Tensor &tensor, const FloatRange &range,
                  const IndexRange &legal, RandomStream &random);

/// Calls `visit(tensor, offset)` for the parts of a gradient segment: one per
/// parameter, named by its key, at `offset` bytes of the segment.
template <typename Visit>
void forEachGradient(const StateTable &table, Visit visit) {
  uint64_t start = ~uint64_t(0);
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Parameter)
      start = std::min(start, segment.offset);
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Parameter)
      visit(segment.tensor, segment.offset - start);
}

/// The index of the result that is a gradient segment, read as well as written;
/// -1 if the entry has none.
int gradientResult(const Instance &instance);

/// The tensor in the types of `spec`: floats may differ in width.
Tensor converted(const Tensor &tensor, const TensorSpec &spec);

/// The point for the same instance in another precision: `from` and `to` are
/// the state tables, `instance` is the other's.
Point converted(const Point &point, const StateTable &from,
                const StateTable &to, const Instance &instance);

} // namespace sinter::driver
#endif
