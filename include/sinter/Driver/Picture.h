// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pictures of curves as SVG or PNG files. gnuplot draws them; it is looked for
// when a picture is wanted.
#ifndef SINTER_DRIVER_PICTURE_H
#define SINTER_DRIVER_PICTURE_H

#include <string>
#include <utility>
#include <vector>

namespace sinter::driver {

/// A line through points (x, y) in their order; those with a coordinate that is
/// not finite leave gaps.
struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

/// Curves over the same axes.
struct Panel {
  std::string xLabel, yLabel;
  std::vector<Curve> curves;
  bool isLogarithmic = false; ///< the y axis; all y must be above 0 then
};

/// Empty if `file` ends in .svg or .png; else what is wrong with it.
std::string checkPictureName(const std::string &file);

/// A file that a picture will be written to.
class Picture {
public:
  /// Throws Error if the file could not be written or gnuplot cannot draw it:
  /// to be called before the work whose results are drawn.
  explicit Picture(std::string file);

  /// Draws the panels, one below the other, replaces the file and says so.
  /// Curves without points are left out. Throws Error; the old file stays as it
  /// was.
  void draw(const std::string &title, std::vector<Panel> panels) const;

  const std::string &file() const { return path; }

private:
  std::string path;
};

} // namespace sinter::driver
#endif
