// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Curves of training: few points however many steps there are.
#include "LossCurves.h"
#include <gtest/gtest.h>

using namespace sinter;
using namespace sinter::driver;

TEST(MeanCurve, KeepsFewPointsAsTheyAre) {
  MeanCurve curve;
  for (int x = 1; x < 2000; ++x)
    curve.add(x, 2.0 * x);
  Curve points = curve.named("loss");
  EXPECT_EQ(points.name, "loss");
  ASSERT_EQ(points.points.size(), 1999u);
  EXPECT_EQ(points.points.front(), std::make_pair(1.0, 2.0));
  EXPECT_EQ(points.points.back(), std::make_pair(1999.0, 3998.0));
}

TEST(MeanCurve, MergesManyIntoMeansOfEqualRuns) {
  MeanCurve curve;
  for (int x = 0; x < 10003; ++x)
    curve.add(x, x % 2);
  std::vector<std::pair<double, double>> points = curve.named("loss").points;
  ASSERT_EQ(points.size(), 1251u); // 1250 runs of 8 and one of 3
  EXPECT_EQ(points[0], std::make_pair(3.5, 0.5));
  EXPECT_EQ(points[1249], std::make_pair(9995.5, 0.5));
  EXPECT_EQ(points[1250].first, 10001);
  EXPECT_DOUBLE_EQ(points[1250].second, 1.0 / 3);
}

/// What the step of that number of an epoch of five tells.
static StepReport step(int64_t epoch, int64_t number, double loss) {
  StepReport report;
  report.epoch = epoch;
  report.epochs = 2;
  report.step = number;
  report.steps = 5;
  report.stepLoss = loss;
  return report;
}

TEST(LossCurves, PutsEpochsAfterEachOther) {
  LossCurves curves;
  curves.onStep(step(1, 5, 4));
  curves.onEpoch({1, 2, 4, Evaluation{3, 0.5}, std::nullopt, 0});
  curves.onStep(step(2, 1, 2));
  curves.onValidation(step(2, 1, 2), {1, 0.75});
  std::vector<Panel> panels = curves.panels();
  ASSERT_EQ(panels.size(), 2u);
  using Points = std::vector<std::pair<double, double>>;
  EXPECT_EQ(panels[0].curves[0].points, (Points{{5, 4}, {6, 2}}));
  EXPECT_EQ(panels[0].curves[1].points, (Points{{5, 3}, {6, 1}}));
  EXPECT_EQ(panels[1].curves[0].points, (Points{{5, 0.5}, {6, 0.75}}));
  EXPECT_FALSE(panels[0].isLogarithmic);
  curves.onStep(step(2, 2, 0.01));
  EXPECT_TRUE(curves.panels()[0].isLogarithmic);
  curves.onStep(step(2, 3, -0.01));
  EXPECT_FALSE(curves.panels()[0].isLogarithmic);
}
