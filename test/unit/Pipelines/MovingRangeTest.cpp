// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranges of bytes in random loops in loops: what is solved for all steps agrees
// with trying each of them.

#include "MovingRange.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace sinter;

namespace {
constexpr int64_t bufferBytes = 1 << 20, middle = bufferBytes / 2;

/// How a range moves with one loop.
struct Move {
  bool followsTime;
  int64_t stride, period;
};

/// A range in the buffer that moves with both loops.
struct View {
  int64_t offset, bytes;
  Move moves[2]; // outer, inner
};

struct Loop {
  int64_t steps;
  bool reverse;
};

/// Two views in a loop in a loop, and what the IR says of them.
class RandomLoops {
public:
  explicit RandomLoops(unsigned seed) : random(seed) {
    context
        .loadDialect<nn::NNDialect, func::FuncDialect, memref::MemRefDialect>();
    for (Loop &loop : loops)
      loop = {draw(1, 7), draw(0, 1) == 1};
    for (View &view : views)
      view = drawView();
    module = parseSourceString<ModuleOp>(text(), &context);
    module->walk([&](nn::LoopOp loop) { ops.insert(ops.begin(), loop); });
    module->walk([&](nn::StepViewOp view) {
      if (view.getLoop() == ops[1])
        ranges.push_back(rangeOf(view.getResult()));
    });
  }

  /// The first byte of a view after so many steps, from how it was drawn.
  int64_t begin(const View &view, int64_t outer, int64_t inner) const {
    int64_t position = view.offset, steps[] = {outer, inner};
    for (int i = 0; i < 2; ++i) {
      const Move &move = view.moves[i];
      int64_t index = move.followsTime && loops[i].reverse
                          ? loops[i].steps - 1 - steps[i]
                          : steps[i];
      position += (move.period ? index % move.period : index) * move.stride;
    }
    return position;
  }

  bool overlapSomewhere() const {
    for (int64_t outer = 0; outer < loops[0].steps; ++outer)
      for (int64_t inner = 0; inner < loops[1].steps; ++inner) {
        int64_t left = begin(views[0], outer, inner),
                right = begin(views[1], outer, inner);
        if (left < right + views[1].bytes && right < left + views[0].bytes)
          return true;
      }
    return false;
  }

  int64_t draw(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Loop loops[2];
  View views[2];
  std::vector<nn::LoopOp> ops; // outer, inner
  std::vector<MovingRange> ranges;

private:
  View drawView() {
    View view{middle + draw(0, 60), draw(1, 12), {}};
    for (Move &move : view.moves)
      move = {draw(0, 1) == 1, draw(0, 2) ? draw(-20, 20) : 0,
              draw(0, 2) ? 0 : draw(1, 4)};
    return view;
  }

  /// A view of the inner loop on a view of the outer one.
  std::string text(const View &view, int number, int depth) const {
    const Move &move = view.moves[depth];
    std::string suffix = std::to_string(number),
                index =
                    (move.followsTime ? "%t" : "%s") + std::to_string(depth);
    std::string whole = "memref<" + std::to_string(middle) + "xi8>";
    std::string source = depth ? "%outer" + suffix : "%buffer";
    std::string from =
        depth ? whole : "memref<" + std::to_string(bufferBytes) + "xi8>";
    std::string to =
        depth ? "memref<" + std::to_string(view.bytes) + "xi8>" : whole;
    return (depth ? "%inner" : "%outer") + suffix + " = nn.step_view " +
           source + " at " + std::to_string(depth ? bias : view.offset - bias) +
           " plus " + index +
           (move.period ? " mod " + std::to_string(move.period) : "") +
           " times " + std::to_string(move.stride) + " : " + from + " to " +
           to + "\n";
  }

  std::string header(int depth) const {
    std::string suffix = std::to_string(depth);
    return "nn.loop " + std::to_string(loops[depth].steps) +
           (loops[depth].reverse ? " reverse" : "") + " {\n^bb0(%s" + suffix +
           ": index, %t" + suffix + ": index):\n";
  }

  std::string text() const {
    std::string result = "func.func @entry(%buffer: memref<" +
                         std::to_string(bufferBytes) + "xi8>) {\n" + header(0);
    for (int i = 0; i < 2; ++i)
      result += text(views[i], i, 0);
    result += header(1);
    for (int i = 0; i < 2; ++i)
      result += text(views[i], i, 1);
    return result + "}\n}\nreturn\n}\n";
  }

  /// Keeps the offsets of both views within their buffers.
  static constexpr int64_t bias = 1000;
  std::mt19937 random;
};
} // namespace

static constexpr unsigned programs = 300;

TEST(MovingRange, FollowsTheStepsOfBothLoops) {
  for (unsigned seed = 0; seed < programs; ++seed) {
    RandomLoops random(seed);
    ASSERT_EQ(random.ranges.size(), 2u) << "seed " << seed;
    for (int64_t outer = 0; outer < random.loops[0].steps; ++outer)
      for (int64_t inner = 0; inner < random.loops[1].steps; ++inner)
        for (int i = 0; i < 2; ++i) {
          ByteRange range = random.ranges[i].at(
              {{random.ops[0], outer}, {random.ops[1], inner}});
          int64_t begin = random.begin(random.views[i], outer, inner);
          ASSERT_EQ(range.begin, begin) << "seed " << seed;
          ASSERT_EQ(range.end, begin + random.views[i].bytes);
        }
  }
}

TEST(MovingRange, OverlapsIfItDoesInSomeStep) {
  unsigned overlapping = 0;
  for (unsigned seed = 0; seed < programs; ++seed) {
    RandomLoops random(seed);
    bool expected = random.overlapSomewhere();
    ASSERT_EQ(overlapInSomeStep(random.ranges[0], random.ranges[1]), expected)
        << "seed " << seed;
    overlapping += expected;
  }
  EXPECT_GT(overlapping, programs / 10);
  EXPECT_LT(overlapping, programs - programs / 10);
}

TEST(MovingRange, SlotsHoldAllStepsOfALoop) {
  for (unsigned seed = 0; seed < programs; ++seed) {
    RandomLoops random(seed);
    for (int i = 0; i < 2; ++i) {
      MovingRange::Slots slots = random.ranges[i].over(random.ops[0], Steps());
      auto holds = [&](int64_t begin, int64_t end) {
        for (int64_t slot = 0; slot < slots.count; ++slot)
          if (slots.first.begin + slot * slots.stride <= begin &&
              end <= slots.first.end + slot * slots.stride)
            return true;
        return false;
      };
      for (int64_t outer = 0; outer < random.loops[0].steps; ++outer)
        for (int64_t inner = 0; inner < random.loops[1].steps; ++inner) {
          int64_t begin = random.begin(random.views[i], outer, inner);
          ASSERT_TRUE(holds(begin, begin + random.views[i].bytes))
              << "seed " << seed;
        }
    }
  }
}
