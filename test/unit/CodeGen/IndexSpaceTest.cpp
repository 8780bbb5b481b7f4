// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Simplified index expressions have the values of the plain ones: random sums
// of variables with bounds and multiples, at random values of the variables.

#include "IndexSpace.h"

#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace sinter::cpu;

namespace {
/// A space of variables with random bounds, some of them multiples of a number.
class RandomSpace {
public:
  explicit RandomSpace(unsigned seed) : random(seed) {
    variables.push_back({space.getLane(), lanes - 1, 1});
    for (int count = draw(1, 4); count > 0; --count) {
      int64_t multiple = draw(0, 1) ? 1 : draw(2, 32);
      int64_t maximum = draw(0, 40) * multiple;
      Value value =
          block.addArgument(builder.getIndexType(), builder.getUnknownLoc());
      variables.push_back(
          {space.addVariable(value, maximum, multiple), maximum, multiple});
    }
  }

  int64_t draw(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }

  /// A sum that is never negative.
  AffineExpr drawSum() {
    AffineExpr sum = space.getConstant(draw(0, 1) ? 0 : draw(0, 100));
    for (int count = draw(1, 5); count > 0; --count) {
      const Variable &variable = variables[draw(0, variables.size() - 1)];
      sum = sum + variable.expr * (draw(0, 1) ? draw(1, 64) : 1 << draw(0, 6));
    }
    return sum;
  }

  /// Other values for all variables.
  void drawValues() {
    values.clear();
    for (const Variable &variable : variables)
      values.push_back(builder.getAffineConstantExpr(
          draw(0, variable.maximum / variable.multiple) * variable.multiple));
  }

  int64_t evaluate(AffineExpr expr) const {
    return cast<AffineConstantExpr>(expr.replaceDims(values)).getValue();
  }

  static constexpr int64_t lanes = 16;

private:
  struct Variable {
    AffineExpr expr;
    int64_t maximum, multiple;
  };

  MLIRContext context;
  OpBuilder builder{&context};
  Block block;

public:
  IndexSpace space{builder, block, lanes};

private:
  std::mt19937 random;
  SmallVector<Variable> variables;
  SmallVector<AffineExpr> values;
};
} // namespace

static constexpr unsigned spaces = 1000;

TEST(IndexSpace, DividesAsIntegersDo) {
  for (unsigned seed = 0; seed < spaces; ++seed) {
    RandomSpace random(seed);
    AffineExpr sum = random.drawSum();
    int64_t divisor = random.draw(0, 1) ? random.draw(1, 100)
                                        : int64_t(1) << random.draw(0, 8);
    AffineExpr quotient = random.space.floorDiv(sum, divisor);
    AffineExpr rest = random.space.mod(sum, divisor);
    for (int sample = 0; sample < 20; ++sample) {
      random.drawValues();
      int64_t value = random.evaluate(sum);
      ASSERT_EQ(random.evaluate(quotient), value / divisor) << "seed " << seed;
      ASSERT_EQ(random.evaluate(rest), value % divisor) << "seed " << seed;
      ASSERT_LE(value, random.space.getMaximum(sum)) << "seed " << seed;
      ASSERT_LE(value % divisor, random.space.getMaximum(rest))
          << "seed " << seed;
    }
  }
}

TEST(IndexSpace, DelinearizesToTheSamePosition) {
  for (unsigned seed = 0; seed < spaces; ++seed) {
    RandomSpace random(seed);
    AffineExpr linear = random.drawSum();
    SmallVector<int64_t> shape = {random.space.getMaximum(linear) + 1};
    for (int count = random.draw(0, 3); count > 0; --count)
      shape.push_back(random.draw(0, 1) ? random.draw(1, 20)
                                        : int64_t(1) << random.draw(0, 5));
    Index index = random.space.delinearize(linear, shape);
    AffineExpr again = random.space.linearize(index, shape);
    for (int sample = 0; sample < 20; ++sample) {
      random.drawValues();
      ASSERT_EQ(random.evaluate(again), random.evaluate(linear))
          << "seed " << seed;
      for (size_t dim = 1; dim < shape.size(); ++dim)
        ASSERT_LT(random.evaluate(index[dim]), shape[dim]) << "seed " << seed;
    }
  }
}

TEST(IndexSpace, UndoesALinearizationOfVariables) {
  MLIRContext context;
  OpBuilder builder(&context);
  Block block;
  IndexSpace space(builder, block, /*lanes=*/16);
  SmallVector<int64_t> shape = {5, 7, 32};
  Index index;
  for (int64_t extent : shape)
    index.push_back(space.addSymbolicVariable(extent - 1));
  EXPECT_EQ(space.delinearize(space.linearize(index, shape), shape), index);
}

TEST(IndexSpace, LaneStridesAreDifferencesOfNeighbours) {
  for (unsigned seed = 0; seed < spaces; ++seed) {
    RandomSpace random(seed);
    AffineExpr sum = random.drawSum();
    std::optional<int64_t> stride = random.space.getLaneStride(sum);
    ASSERT_TRUE(stride);
    random.drawValues();
    AffineExpr lane = random.space.getLane();
    AffineExpr next = sum.replace(lane, lane + 1);
    ASSERT_EQ(random.evaluate(next) - random.evaluate(sum), *stride)
        << "seed " << seed;
  }
}

TEST(IndexSpace, LaneOffsetsAreWhatLanesAdd) {
  for (unsigned seed = 0; seed < spaces; ++seed) {
    RandomSpace random(seed);
    AffineExpr expr = random.drawSum();
    int64_t divisor = random.draw(1, 40);
    int64_t kind = random.draw(0, 2);
    if (kind > 0)
      expr = kind == 1 ? random.space.floorDiv(expr, divisor)
                       : random.space.mod(expr, divisor);
    std::optional<LaneOffsets> offsets = random.space.getLaneOffsets(expr);
    ASSERT_TRUE(offsets || kind > 0) << "seed " << seed;
    if (!offsets)
      continue;
    random.drawValues();
    for (int64_t lane = 0; lane < RandomSpace::lanes; ++lane) {
      AffineExpr inLane =
          expr.replace(random.space.getLane(), random.space.getConstant(lane));
      ASSERT_EQ(random.evaluate(inLane),
                random.evaluate(offsets->base) + offsets->offsets[lane])
          << "seed " << seed;
    }
  }
}

TEST(IndexSpace, FactsNarrowRanges) {
  MLIRContext context;
  OpBuilder builder(&context);
  Block block;
  IndexSpace space(builder, block, /*lanes=*/16);
  AffineExpr x = space.addSymbolicVariable(99);
  Fact fact{x + (-3), {0, 20}};
  space.pushFacts(fact);
  auto range = space.getRange(x + 1);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->minimum, 4);
  EXPECT_EQ(range->maximum, 24);
  space.popFacts(1);
  range = space.getRange(x + 1);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->minimum, 1);
  EXPECT_EQ(range->maximum, 100);
}
