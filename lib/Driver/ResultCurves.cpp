// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results of an entry as curves.
#include "ResultCurves.h"
#include "sinter/Data/Error.h"
#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace sinter::driver {

/// Whether one extent at most is not 1, and there are points to draw a line
/// through.
static bool isSeries(const TensorSpec &spec) {
  auto isLong = [](int64_t extent) { return extent > 1; };
  return spec.elements() > 1 &&
         std::count_if(spec.shape.begin(), spec.shape.end(), isLong) == 1;
}

static Curve curveOf(const Tensor &tensor) {
  Curve curve{tensor.spec.name, {}};
  for (int64_t i = 0, n = tensor.spec.elements(); i < n; ++i)
    curve.points.emplace_back(
        double(i), elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), i));
  return curve;
}

void drawResults(const Picture &picture, const std::string &title,
                 const std::vector<Tensor> &results) {
  std::map<int64_t, Panel> panels; // by number of points
  std::string types;
  for (const Tensor &result : results) {
    types += (types.empty() ? "" : ", ") + result.spec.name + ": " +
             typeText(result.spec);
    if (!isSeries(result.spec))
      continue;
    const int64_t points = result.spec.elements();
    Panel &panel = panels[points];
    panel.xLabel = fmt::format("position, of {}", points);
    panel.curves.push_back(curveOf(result));
  }
  if (panels.empty())
    throw Error(fmt::format("{}: expected a result with one dimension to draw, "
                            "but got ({})",
                            picture.file(), types));
  std::vector<Panel> ordered;
  for (auto &[points, panel] : panels)
    ordered.push_back(std::move(panel));
  picture.draw(title, std::move(ordered));
}

} // namespace sinter::driver
