// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parsing the settings of a train block.
#include "sinter/Training/Settings.h"
#include "../Data/JsonIntegers.h"
#include "sinter/Data/Error.h"
#include "sinter/Training/SettingTable.h"
#include <fmt/format.h>
#include <functional>
#include <nlohmann/json.hpp>

using namespace sinter;
using nlohmann::json;

/// The value of a name in a short table, or an error that names what is there.
template <typename T>
static T chooseByName(const char *what, const std::string &name,
                      std::initializer_list<std::pair<const char *, T>> table) {
  std::string names;
  for (auto &[candidate, value] : table) {
    if (name == candidate)
      return value;
    names += (names.empty() ? "" : ", ") + std::string(candidate);
  }
  throw Error(fmt::format("expected {} to be one of {}, but got {}", what,
                          names, name));
}

static Schedule parseSchedule(const json &object) {
  Schedule schedule;
  for (auto &[key, value] : object.items()) {
    if (key == "kind")
      schedule.kind = chooseByName<ScheduleKind>(
          "schedule", value.get<std::string>(),
          {{"StepLR", ScheduleKind::StepLR},
           {"MultiStepLR", ScheduleKind::MultiStepLR},
           {"ExponentialLR", ScheduleKind::ExponentialLR},
           {"CosineAnnealingLR", ScheduleKind::CosineAnnealingLR}});
    else if (key == "step_size")
      schedule.stepSize = integerOf(value);
    else if (key == "gamma")
      schedule.gamma = value.get<double>();
    else if (key == "milestones")
      schedule.milestones = integersOf(value);
    else if (key == "t_max")
      schedule.period = integerOf(value);
    else if (key == "eta_min")
      schedule.smallest = value.get<double>();
    else
      throw Error(fmt::format("unknown key '{}' of a schedule", key));
  }
  if (schedule.stepSize < 1 || schedule.period < 1)
    throw Error("expected step_size and t_max of at least 1 in a schedule");
  return schedule;
}

using Setter = std::function<void(Settings &, const json &)>;

template <typename T> static Setter into(T Settings::*member) {
  return [member](Settings &settings, const json &value) {
    if constexpr (std::is_same_v<T, int64_t>)
      settings.*member = integerOf(value);
    else
      settings.*member = value.get<T>();
  };
}

static Setter source(std::optional<DataSource> Settings::*member) {
  return [member](Settings &settings, const json &value) {
    if (!value.is_null())
      settings.*member = parseDataSource(value.dump());
  };
}

/// The position of a value among the choices of its row of the table.
static int choice(const char *name, const json &value) {
  const SettingInfo &info = *findSetting(name);
  std::string text = value.get<std::string>(), names;
  int found = choiceOf(info, text);
  for (const char *candidate : info.choices)
    if (candidate)
      names += (names.empty() ? "" : ", ") + std::string(candidate);
  if (found < 0)
    throw Error(fmt::format("expected {} to be one of {}, but got {}", name,
                            names, text));
  return found;
}

static void setMetric(Settings &settings, const json &value) {
  if (!value.is_null())
    settings.accuracy = choice("metric", value) == 0;
}

static void setReport(Settings &settings, const json &value) {
  settings.report = ReportKind(choice("report", value));
}

static void setCarryReset(Settings &settings, const json &value) {
  settings.carryResetsByEpoch = choice("carry_reset", value) == 1;
}

static void setSchedule(Settings &settings, const json &value) {
  if (!value.is_null())
    settings.schedule = parseSchedule(value);
}

static const std::map<std::string, Setter> &setters() {
  static const std::map<std::string, Setter> table = {
      {"kind",
       [](Settings &, const json &) {}}, // which map of the model it is in
      {"module", into(&Settings::module)},
      {"name", into(&Settings::name)},
      {"state", into(&Settings::state)},
      {"data", source(&Settings::data)},
      {"validate", source(&Settings::validate)},
      {"batch_size", into(&Settings::batchSize)},
      {"shuffle", into(&Settings::shuffle)},
      {"drop_last", into(&Settings::dropLast)},
      {"epochs", into(&Settings::epochs)},
      {"seed", into(&Settings::seed)},
      {"metric", setMetric},
      {"report", setReport},
      {"report_every", into(&Settings::reportEvery)},
      {"validate_every", into(&Settings::validateEvery)},
      {"accumulate", into(&Settings::accumulate)},
      {"lr", into(&Settings::learningRate)},
      {"schedule", setSchedule},
      {"clips", into(&Settings::clips)},
      {"carry_reset", setCarryReset},
      {"tensorboard", into(&Settings::tensorboard)},
      {"images", into(&Settings::images)},
      {"histograms", into(&Settings::histograms)}};
  return table;
}

static void checkRanges(const Settings &settings) {
  if (settings.module.empty())
    throw Error("expected the settings of a train block to name a module");
  auto atLeast = [&](const char *name, int64_t value, int64_t smallest) {
    if (value < smallest)
      throw Error(fmt::format("train {}: expected {} of at least {}, but got "
                              "{}",
                              settings.name, name, smallest, value));
  };
  const std::pair<const char *, int64_t> integers[] = {
      {"batch_size", settings.batchSize},
      {"epochs", settings.epochs},
      {"accumulate", settings.accumulate},
      {"report_every", settings.reportEvery},
      {"validate_every", settings.validateEvery}};
  for (auto [name, value] : integers)
    atLeast(name, value, int64_t(findSetting(name)->lowest));
}

Settings sinter::parseSettings(const std::string &text) {
  try {
    Settings settings;
    json object = json::parse(text);
    if (!object.is_object())
      throw Error("expected the settings of a train block as a JSON object");
    for (auto &[key, value] : object.items()) {
      auto setter = setters().find(key);
      if (setter == setters().end())
        throw Error(fmt::format(
            "unknown key '{}' in the settings of a train block", key));
      setter->second(settings, value);
    }
    if (settings.name.empty())
      settings.name = settings.module;
    if (settings.state.empty())
      settings.state = settings.module;
    checkRanges(settings);
    return settings;
  } catch (const json::exception &exception) {
    throw Error(fmt::format(
        "expected the settings of a train block as JSON, but got {}",
        exception.what()));
  }
}
