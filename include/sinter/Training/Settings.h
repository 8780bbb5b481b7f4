// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a train block says, as the compiler stores it, and its learning rates.
#ifndef SINTER_TRAINING_SETTINGS_H
#define SINTER_TRAINING_SETTINGS_H

#include "sinter/Data/DataSource.h"
#include <optional>
#include <string>
#include <vector>

namespace sinter {

enum class ScheduleKind : uint8_t {
  Constant,
  StepLR,
  MultiStepLR,
  ExponentialLR,
  CosineAnnealingLR
};

/// A learning-rate schedule of torch.optim.lr_scheduler.
struct Schedule {
  ScheduleKind kind = ScheduleKind::Constant;
  int64_t stepSize = 1;            ///< StepLR
  double gamma = 0.1;              ///< StepLR, MultiStepLR, ExponentialLR
  std::vector<int64_t> milestones; ///< MultiStepLR
  int64_t period = 1;              ///< CosineAnnealingLR's T_max
  double smallest = 0;             ///< CosineAnnealingLR's eta_min
};

/// How an epoch's loss is made of its batches' losses, in the order of the
/// choices of `report` in SettingTable.h.
enum class ReportKind : uint8_t { Mean, Weighted, Sum, Last };

/// A train block.
struct Settings {
  std::string module; ///< the module that the block trains or runs
  std::string name;   ///< of the block
  std::string state;  ///< name of the StateTable
  std::optional<DataSource> data, validate;
  int64_t batchSize = 1;
  bool shuffle = false, dropLast = false;
  int64_t epochs = 1;
  int64_t seed = 0;
  bool accuracy = false; ///< metric = accuracy
  ReportKind report = ReportKind::Mean;
  int64_t reportEvery = 0,
          validateEvery =
              0; ///< in optimizer steps; 0: only at the end of an epoch
  int64_t accumulate = 1;  ///< batches to one optimizer step
  double learningRate = 0; ///< before the first scheduled change
  Schedule schedule;
  bool clips = false;              ///< by norm: the entries return grad_norm
  bool carryResetsByEpoch = false; ///< carry_reset = "epoch"
  std::string tensorboard;         ///< folder of event files; empty: none
  std::vector<std::string> images; ///< inputs and results of the step
  bool histograms = false;         ///< of parameters
};

/// Parses the JSON of a train block. Unknown keys and values are errors: throws
/// sinter::Error.
Settings parseSettings(const std::string &json);

/// The learning rate after `scheduleStep` calls of the scheduler's step(), in
/// the same double arithmetic as PyTorch. Training calls it once an epoch.
double learningRate(const Settings &settings, int64_t scheduleStep);

} // namespace sinter
#endif
