// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Settings of train blocks.
#include "sinter/Training/Settings.h"
#include "TestFiles.h"
#include "sinter/Training/SettingTable.h"

using namespace sinter;
using namespace sinter::test;

TEST(Settings, ParsesEverything) {
  Settings settings =
      parseSettings(R"({"module":"Mlp","name":"Big","state":"MlpState",
    "data":{"kind":"idx","files":["a.gz","b.gz"],"transforms":[{"kind":"to_tensor"},
      {"kind":"normalize","mean":[0.5],"std":[0.5]}],"limit":2000},
    "validate":{"kind":"tensors","entry":"windows"},
    "batch_size":64,"shuffle":true,"drop_last":true,"epochs":5,"seed":7,"metric":"accuracy","report":"weighted",
    "report_every":10,"validate_every":20,"accumulate":2,"lr":0.003,
    "schedule":{"kind":"MultiStepLR","milestones":[1,4],"gamma":0.5},"clips":true,"carry_reset":"epoch"})");
  EXPECT_EQ(settings.module, "Mlp");
  EXPECT_EQ(settings.name, "Big");
  EXPECT_EQ(settings.state, "MlpState");
  ASSERT_TRUE(settings.data && settings.validate);
  EXPECT_EQ(settings.data->files, (std::vector<std::string>{"a.gz", "b.gz"}));
  EXPECT_EQ(settings.data->transforms.size(), 2u);
  EXPECT_EQ(settings.data->limit, 2000);
  EXPECT_EQ(settings.validate->entry, "windows");
  EXPECT_EQ(settings.batchSize, 64);
  EXPECT_TRUE(settings.shuffle && settings.dropLast && settings.accuracy &&
              settings.clips);
  EXPECT_TRUE(settings.carryResetsByEpoch);
  EXPECT_EQ(settings.report, ReportKind::Weighted);
  EXPECT_EQ(settings.schedule.kind, ScheduleKind::MultiStepLR);
  EXPECT_EQ(settings.schedule.milestones, (std::vector<int64_t>{1, 4}));
}

TEST(Settings, Defaults) {
  Settings settings =
      parseSettings(R"({"module":"Mlp","lr":0.1,"metric":null})");
  EXPECT_EQ(settings.name, "Mlp");
  EXPECT_EQ(settings.state, "Mlp");
  EXPECT_FALSE(settings.data || settings.shuffle || settings.accuracy);
  EXPECT_EQ(settings.epochs, 1);
  EXPECT_EQ(settings.report, ReportKind::Mean);
}

TEST(Settings, EveryPlainRowOfTheTableIsRead) {
  for (const SettingInfo &info : settingTable) {
    if (!info.isPlain())
      continue;
    std::string value = "1";
    if (info.type == SettingType::Flag)
      value = "true";
    else if (info.type == SettingType::Choice)
      value = "\"" + std::string(info.choices[0]) + "\"";
    else if (info.type == SettingType::Text)
      value = R"("text")";
    else if (info.type == SettingType::Names)
      value = R"(["a", "b"])";
    EXPECT_NO_THROW(parseSettings("{\"module\":\"M\",\"" +
                                  std::string(info.name) + "\":" + value + "}"))
        << info.name;
  }
}

TEST(Settings, BadSettings) {
  EXPECT_ERROR(parseSettings("{"),
               "expected the settings of a train block as JSON");
  EXPECT_ERROR(parseSettings("[]"), "as a JSON object");
  EXPECT_ERROR(parseSettings("{}"), "to name a module");
  EXPECT_ERROR(parseSettings(R"({"module":"M","epoch":1})"),
               "unknown key 'epoch' in the settings");
  EXPECT_ERROR(parseSettings(R"({"module":"M","epochs":"five"})"),
               "expected an integer, but got \"five\"");
  EXPECT_ERROR(parseSettings(R"({"module":"M","epochs":81111111111111111111})"),
               "expected an integer, but got 8.1");
  EXPECT_ERROR(parseSettings(R"({"module":"M","batch_size":0})"),
               "expected batch_size of at least 1, but got 0");
  EXPECT_ERROR(parseSettings(R"({"module":"M","accumulate":0})"),
               "expected accumulate of at least 1, but got 0");
  EXPECT_ERROR(parseSettings(R"({"module":"M","metric":"f1"})"),
               "expected metric to be one of accuracy, but got f1");
  EXPECT_ERROR(parseSettings(R"({"module":"M","report":"median"})"),
               "one of mean, weighted, sum, last, but got median");
  EXPECT_ERROR(parseSettings(R"({"module":"M","schedule":{"kind":"linear"}})"),
               "but got linear");
  EXPECT_ERROR(
      parseSettings(R"({"module":"M","schedule":{"kind":"StepLR","step":2}})"),
      "unknown key 'step' of a schedule");
  EXPECT_ERROR(
      parseSettings(
          R"({"module":"M","schedule":{"kind":"StepLR","step_size":0}})"),
      "of at least 1");
}
