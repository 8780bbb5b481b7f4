// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Events as protocol buffers.
#include "SummaryWriter.h"
#include "Event.pb.h"
#include "ImageGrid.h"
#include <algorithm>
#include <chrono>
#include <cmath>

namespace sinter::driver {

SummaryWriter::SummaryWriter(const std::string &folder,
                             std::optional<int64_t> purgeStep)
    : file(folder) {
  add(0, [](events::Event &event) { event.set_file_version("brain.Event:2"); });
  if (purgeStep)
    add(*purgeStep, [](events::Event &event) {
      event.mutable_session_log()->set_status(events::SessionLog::START);
    });
  flush();
}

void SummaryWriter::add(int64_t step,
                        const std::function<void(events::Event &)> &fill) {
  std::chrono::duration<double> now =
      std::chrono::system_clock::now().time_since_epoch();
  events::Event event;
  event.set_wall_time(now.count());
  event.set_step(step);
  fill(event);
  file.add(event.SerializeAsString());
}

void SummaryWriter::addValue(
    const std::string &tag, int64_t step,
    const std::function<void(events::Summary_Value &)> &fill) {
  auto [last, isNew] = lastSteps.try_emplace(tag, step);
  if (!isNew && last->second == step)
    return;
  last->second = step;
  add(step, [&](events::Event &event) {
    events::Summary_Value &value = *event.mutable_summary()->add_value();
    value.set_tag(tag);
    fill(value);
  });
}

void SummaryWriter::addScalar(const std::string &tag, double value,
                              int64_t step) {
  addValue(tag, step, [&](events::Summary_Value &summary) {
    summary.set_simple_value(float(value));
  });
}

void SummaryWriter::addImages(const std::string &tag, const TensorView &images,
                              int64_t step) {
  addValue(tag, step, [&](events::Summary_Value &summary) {
    Raster grid = makeGrid(images);
    events::Summary_Image &image = *summary.mutable_image();
    image.set_height(int32_t(grid.height));
    image.set_width(int32_t(grid.width));
    image.set_colorspace(3);
    image.set_encoded_image_string(encodePng(grid));
  });
}

/// Limits of TensorFlow's buckets: 0, and on both sides of it from 1e-12 to
/// 1e20 each a tenth more than the one before.
static const std::vector<double> &bucketLimits() {
  static const std::vector<double> limits = [] {
    std::vector<double> values{0};
    for (double limit = 1e-12; limit < 1e20; limit *= 1.1) {
      values.push_back(limit);
      values.push_back(-limit);
    }
    std::sort(values.begin(), values.end());
    return values;
  }();
  return limits;
}

/// Counts the values; a bucket has its lower limit and not its upper one.
static events::HistogramProto histogramOf(const std::vector<double> &values) {
  events::HistogramProto histogram;
  double sum = 0, squares = 0;
  const std::vector<double> &limits = bucketLimits();
  std::vector<int64_t> counts(limits.size() + 1);
  for (double value : values) {
    sum += value;
    squares += value * value;
    ++counts[std::upper_bound(limits.begin(), limits.end(), value) -
             limits.begin()];
  }
  auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  histogram.set_min(*smallest);
  histogram.set_max(*largest);
  histogram.set_num(double(values.size()));
  histogram.set_sum(sum);
  histogram.set_sum_squares(squares);
  // An empty bucket stands before the first that is not, to say where it
  // begins.
  size_t first = 0, last = counts.size() - 1;
  while (!counts[first])
    ++first;
  while (!counts[last])
    --last;
  for (size_t i = first ? first - 1 : 0; i <= last; ++i) {
    histogram.add_bucket_limit(i < limits.size() ? limits[i] : *largest);
    histogram.add_bucket(double(counts[i]));
  }
  return histogram;
}

void SummaryWriter::addHistogram(const std::string &tag,
                                 const TensorView &values, int64_t step) {
  std::vector<double> finite;
  for (int64_t i = 0; i < values.spec.elements(); ++i)
    if (double value = elementAsDouble(values.spec.dtype, values.data, i);
        std::isfinite(value))
      finite.push_back(value);
  if (finite.empty())
    return;
  addValue(tag, step, [&](events::Summary_Value &summary) {
    *summary.mutable_histo() = histogramOf(finite);
  });
}

} // namespace sinter::driver
