// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Curves, images and histograms for TensorBoard.
#ifndef SINTER_LIB_DRIVER_SUMMARYWRITER_H
#define SINTER_LIB_DRIVER_SUMMARYWRITER_H

#include "EventFile.h"
#include "sinter/Data/Tensor.h"
#include <functional>
#include <map>
#include <optional>

namespace sinter::events {
class Event;
class Summary_Value;
} // namespace sinter::events

namespace sinter::driver {

/// One event file, with what torch.utils.tensorboard's class of that name
/// writes. A tag has one value for each step: others are passed over. All
/// functions throw sinter::Error if something cannot be written.
class SummaryWriter {
public:
  /// Makes a file in `folder`. What older files of the folder have of
  /// `purgeStep` and of later steps is hidden.
  SummaryWriter(const std::string &folder, std::optional<int64_t> purgeStep);

  void addScalar(const std::string &tag, double value, int64_t step);
  /// As one picture (ImageGrid.h).
  void addImages(const std::string &tag, const TensorView &images,
                 int64_t step);
  /// Of the values that are finite, if there are any, in buckets whose limits
  /// grow by a tenth.
  void addHistogram(const std::string &tag, const TensorView &values,
                    int64_t step);
  /// Writes what was added since the last call.
  void flush() { file.flush(); }

private:
  void add(int64_t step, const std::function<void(events::Event &)> &fill);
  void addValue(const std::string &tag, int64_t step,
                const std::function<void(events::Summary_Value &)> &fill);

  EventFile file;
  std::map<std::string, int64_t> lastSteps; ///< by tags
};

} // namespace sinter::driver
#endif
