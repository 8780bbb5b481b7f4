// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Learning rates against PyTorch's, bit by bit.
#include "sinter/Training/Settings.h"
#include <gtest/gtest.h>

using namespace sinter;

static void expectRates(const std::string &lr, const std::string &schedule,
                        const std::vector<double> &wanted) {
  Settings settings = parseSettings(R"({"module":"M","lr":)" + lr +
                                    R"(,"schedule":)" + schedule + "}");
  for (size_t step = 0; step < wanted.size(); ++step)
    EXPECT_EQ(learningRate(settings, int64_t(step)), wanted[step])
        << schedule << " step " << step;
}

TEST(Schedule, MatchesPyTorch) {
  expectRates("0.2", R"({"kind":"StepLR","step_size":2,"gamma":0.3})",
              {0x1.999999999999ap-3, 0x1.999999999999ap-3, 0x1.eb851eb851eb8p-5,
               0x1.eb851eb851eb8p-5, 0x1.26e978d4fdf3bp-6,
               0x1.26e978d4fdf3bp-6});
  expectRates("0.1", R"({"kind":"MultiStepLR","milestones":[1,4],"gamma":0.5})",
              {0x1.999999999999ap-4, 0x1.999999999999ap-5, 0x1.999999999999ap-5,
               0x1.999999999999ap-5, 0x1.999999999999ap-6,
               0x1.999999999999ap-6});
  expectRates("0.02", R"({"kind":"ExponentialLR","gamma":0.8})",
              {0x1.47ae147ae147bp-6, 0x1.0624dd2f1a9fcp-6, 0x1.a36e2eb1c432dp-7,
               0x1.4f8b588e368f1p-7, 0x1.0c6f7a0b5ed8ep-7,
               0x1.ad7f29abcaf4ap-8});
  expectRates(
      "0.02", R"({"kind":"CosineAnnealingLR","t_max":4,"eta_min":0.001})",
      {0x1.47ae147ae147bp-6, 0x1.1a177d56e5be8p-6, 0x1.5810624dd2f1ap-7,
       0x1.efc727b769994p-9, 0x1.0624dd2f1a9fcp-10, 0x1.efc727b769992p-9});
}

TEST(Schedule, ConstantWithoutOne) {
  Settings settings = parseSettings(R"({"module":"M","lr":0.5})");
  EXPECT_EQ(learningRate(settings, 1'000'000'000'000), 0.5);
}

TEST(Schedule, RepeatedMilestonesCountTwice) {
  expectRates("1", R"({"kind":"MultiStepLR","milestones":[1,1],"gamma":0.5})",
              {1, 0.25, 0.25});
}

TEST(Schedule, AMilestoneOfZeroCountsFromTheStart) {
  expectRates("1", R"({"kind":"MultiStepLR","milestones":[0,2],"gamma":0.5})",
              {0.5, 0.5, 0.25});
}
