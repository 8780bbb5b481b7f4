// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The settings of train and run blocks: one row for each, for the front end,
// the training loop and the reference. No LLVM and no JSON here.
#ifndef SINTER_TRAINING_SETTINGTABLE_H
#define SINTER_TRAINING_SETTINGTABLE_H

#include <string_view>

namespace sinter {

/// What the value of a setting is.
enum class SettingType {
  Integer, ///< at least `lowest`
  Flag,
  Choice, ///< one of `choices`
  Number, ///< finite and at least `lowest`, or none
  Text,   ///< not empty
  Names,  ///< a list of different texts
  Other,  ///< a data set, an optimizer, …: its reader checks it
};

struct SettingInfo {
  const char *name;
  SettingType type;
  /// As in model text; "" where the setting must be given or has none.
  const char *defaultText;
  bool ofRun; ///< run blocks have it as well
  const char *summary;
  double lowest = 0;
  const char *choices[4] = {}; ///< up to the first null

  /// Whether the training loop reads it as it stands.
  constexpr bool isPlain() const {
    return type == SettingType::Integer || type == SettingType::Flag ||
           type == SettingType::Choice || type == SettingType::Text ||
           type == SettingType::Names;
  }
};

inline constexpr double anyNumber = -0x1p63;

inline constexpr SettingInfo settingTable[] = {
    {"data", SettingType::Other, "none", true,
     "where batches come from; without it the caller brings them"},
    {"batch_size", SettingType::Integer, "1", true, "rows of a batch", 1},
    {"drop_last", SettingType::Flag, "false", true,
     "whether the remainder of the last batch is left out"},
    {"shuffle", SettingType::Flag, "false", true,
     "whether rows come in another order each epoch"},
    {"seed", SettingType::Integer, "0", true,
     "of initial values, of the order of rows and of random draws", anyNumber},
    {"validate", SettingType::Other, "none", false,
     "a data set that validation goes through"},
    {"epochs", SettingType::Integer, "1", false,
     "how often training goes through the data"},
    {"loss", SettingType::Other, "", false,
     "a loss of the model's first result and the target, without a step"},
    {"metric",
     SettingType::Choice,
     "none",
     false,
     "accuracy: argmax of the step's second result along dim 1 against its "
     "last input",
     0,
     {"accuracy"}},
    {"optimizer", SettingType::Other, "", false,
     "how parameters follow their gradients"},
    {"schedule", SettingType::Other, "none", false,
     "how the learning rate changes from epoch to epoch"},
    {"clip_grad_norm", SettingType::Number, "none", false,
     "scales the gradients so that their norm is at most this"},
    {"clip_norm_type", SettingType::Other, "2", false,
     "which norm clip_grad_norm means: a positive number or \"inf\""},
    {"clip_grad_value", SettingType::Number, "none", false,
     "limits each element of the gradients"},
    {"freeze", SettingType::Other, "none", false,
     "parameters and modules that training leaves as they are: paths, or "
     "strings with * in them"},
    {"accumulate", SettingType::Integer, "1", false, "batches of one update",
     1},
    {"report",
     SettingType::Choice,
     "\"mean\"",
     false,
     "an epoch's loss: the mean over batches, weighted by rows, the sum, or "
     "the last",
     0,
     {"mean", "weighted", "sum", "last"}},
    {"report_every", SettingType::Integer, "0", false,
     "steps between reports within an epoch; 0: at its end only"},
    {"validate_every", SettingType::Integer, "0", false,
     "steps between validations within an epoch; 0: at its end only"},
    {"carry_reset",
     SettingType::Choice,
     "\"run\"",
     false,
     "when carries begin anew: once, or each epoch",
     0,
     {"run", "epoch"}},
    {"tensorboard", SettingType::Text, "none", true,
     "a folder where TensorBoard finds curves and images"},
    {"images", SettingType::Names, "none", true,
     "inputs and results of the step that TensorBoard shows as images"},
    {"histograms", SettingType::Flag, "false", false,
     "whether TensorBoard shows the values of parameters after each epoch"},
};

/// The row of that name, or null.
constexpr const SettingInfo *findSetting(std::string_view name) {
  for (const SettingInfo &info : settingTable)
    if (name == info.name)
      return &info;
  return nullptr;
}

/// The position of `text` among the choices of a row; -1 if it is none.
constexpr int choiceOf(const SettingInfo &info, std::string_view text) {
  for (int i = 0; i < 4 && info.choices[i]; ++i)
    if (text == info.choices[i])
      return i;
  return -1;
}

} // namespace sinter
#endif
