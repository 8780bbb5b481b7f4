// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic of ranges of bytes that move with the steps of loops. What is
// asked of all steps is solved, not tried.

#include "MovingRange.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace sinter;

static int64_t stepsOf(nn::LoopOp loop) {
  return std::max<int64_t>(loop.getSteps(), 1);
}

int64_t MovingRange::Move::at(int64_t step) const {
  int64_t index = followsTime && nn::LoopOp(loop).getReverse()
                      ? stepsOf(loop) - 1 - step
                      : step;
  return (period ? index % period : index) * stride;
}

ByteRange MovingRange::at(const Steps &steps) const {
  ByteRange range = start;
  for (const Move &move : moves) {
    int64_t moved = move.at(steps.lookup(move.loop));
    range.begin += moved;
    range.end += moved;
  }
  return range;
}

MovingRange::Slots MovingRange::over(nn::LoopOp loop,
                                     const Steps &steps) const {
  Slots slots{start};
  bool hasSlots = false;
  for (const Move &move : moves) {
    int64_t first = 0, last = 0; // what the move adds at least and at most
    if (move.loop == loop || loop->isProperAncestor(move.loop)) {
      int64_t count = stepsOf(move.loop);
      if (move.period)
        count = std::min(count, move.period);
      first = std::min<int64_t>(0, (count - 1) * move.stride);
      last = std::max<int64_t>(0, (count - 1) * move.stride);
      if (move.loop == loop && !std::exchange(hasSlots, true)) {
        slots.stride = std::abs(move.stride);
        slots.count = count;
        last = first;
      }
    } else {
      first = last = move.at(steps.lookup(move.loop));
    }
    slots.first.begin += first;
    slots.first.end += last;
  }
  // Ranges that touch one another are one.
  int64_t bytes = slots.first.end - slots.first.begin;
  if (slots.stride < bytes) {
    slots.first.end += (slots.count - 1) * slots.stride;
    slots.stride = 0;
    slots.count = 1;
  }
  return slots;
}

MovingRange sinter::rangeOf(Value buffer) {
  MovingRange range;
  range.start.end = nn::byteSize(buffer.getType());
  while (Operation *op = buffer.getDefiningOp()) {
    int64_t offset;
    if (auto view = dyn_cast<nn::BufferViewOp>(op)) {
      offset = view.getOffset();
    } else if (auto view = dyn_cast<nn::StepViewOp>(op)) {
      offset = view.getOffset();
      nn::LoopOp loop = view.getLoop();
      range.moves.push_back({loop, view.getIndex() == loop.getTime(),
                             int64_t(view.getStride()),
                             int64_t(view.getPeriod().value_or(0))});
    } else {
      break;
    }
    range.start.begin += offset;
    range.start.end += offset;
    buffer = op->getOperand(0);
  }
  range.start.base = buffer;
  return range;
}

namespace {
/// Looks for a step in which two ranges overlap.
class OverlapSearch {
public:
  OverlapSearch(const MovingRange &left, const MovingRange &right)
      : left(left), right(right) {
    for (const MovingRange *range : {&left, &right})
      for (const MovingRange::Move &move : range->moves)
        loops.insert(move.loop);
  }

  bool run() { return search(loops.size()); }

private:
  int64_t distance() const {
    return left.at(steps).begin - right.at(steps).begin;
  }

  /// Steps after which the distance has changed by the same amount as before.
  int64_t periodIn(nn::LoopOp loop) const {
    int64_t period = 1, count = stepsOf(loop);
    for (const MovingRange *range : {&left, &right})
      for (const MovingRange::Move &move : range->moves)
        if (move.loop == loop && move.period)
          period = std::lcm(period, std::min(move.period, count));
    return std::min(period, count);
  }

  /// Tries the first `count` loops; the others stand at a step.
  bool search(size_t count) {
    if (count == 0)
      return left.at(steps).overlaps(right.at(steps));
    auto loop = cast<nn::LoopOp>(loops[count - 1]);
    int64_t last = stepsOf(loop) - 1, period = periodIn(loop);
    for (int64_t rest = 0; rest < period; ++rest) {
      int64_t more = (last - rest) / period;
      steps[loop] = rest;
      int64_t start = distance();
      steps[loop] = rest + period;
      int64_t slope = more ? distance() - start : 0;
      if (count == 1 ? meets(start, slope, more)
                     : searchAll(count, loop, rest, period, slope ? more : 0))
        return true;
    }
    return false;
  }

  bool searchAll(size_t count, nn::LoopOp loop, int64_t rest, int64_t period,
                 int64_t more) {
    for (int64_t round = 0; round <= more; ++round) {
      steps[loop] = rest + round * period;
      if (search(count - 1))
        return true;
    }
    return false;
  }

  /// Whether the ranges overlap at one of the distances start + k * slope,
  /// k <= more.
  bool meets(int64_t start, int64_t slope, int64_t more) const {
    int64_t low = -(left.start.end - left.start.begin) + 1,
            high = right.start.end - right.start.begin - 1;
    if (slope == 0 || more == 0)
      return low <= start && start <= high;
    if (slope < 0) {
      std::swap(low, high);
      low = -low, high = -high, start = -start, slope = -slope;
    }
    int64_t first = std::max<int64_t>(
                0, llvm::divideCeilSigned(low - start, slope)),
            end = std::min(more, llvm::divideFloorSigned(high - start, slope));
    return first <= end;
  }

  const MovingRange &left, &right;
  llvm::SmallSetVector<Operation *, 2> loops;
  Steps steps;
};
} // namespace

bool sinter::overlapInSomeStep(const MovingRange &left,
                               const MovingRange &right) {
  auto isEmpty = [](const ByteRange &range) {
    return range.begin == range.end;
  };
  return left.start.base == right.start.base && !isEmpty(left.start) &&
         !isEmpty(right.start) && OverlapSearch(left, right).run();
}
