// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pictures of curves, as scripts for gnuplot.
#include "sinter/Driver/Picture.h"
#include "Gnuplot.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Printable.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>

namespace sinter::driver {

static constexpr int pictureWidth = 800, panelHeight = 400;
/// From so many points on they are not marked: they would hide the line.
static constexpr size_t manyPoints = 100;

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() > end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string checkPictureName(const std::string &file) {
  if (endsWith(file, ".svg") || endsWith(file, ".png"))
    return "";
  return fmt::format("expected a file name that ends in .svg or .png, but got "
                     "'{}'",
                     file);
}

/// A string of gnuplot's in which nothing is replaced.
static std::string quoted(const std::string &text) {
  std::string result = "'";
  for (char character : text)
    result += character == '\'' ? std::string("''") : std::string(1, character);
  return result + "'";
}

/// Names are shown as they are: an underscore does not lower what follows.
static std::string terminalOf(const std::string &file, size_t panels) {
  return fmt::format("set terminal {} noenhanced size {},{} font "
                     "'sans-serif,12' background rgb 'white'\n",
                     endsWith(file, ".svg") ? "svg" : "pngcairo", pictureWidth,
                     panelHeight * panels);
}

static bool isFinite(const std::pair<double, double> &point) {
  return std::isfinite(point.first) && std::isfinite(point.second);
}

/// gnuplot fails where there is nothing to draw.
static void dropEmpty(std::vector<Panel> &panels) {
  auto drop = [](auto &from, auto &&isEmpty) {
    from.erase(std::remove_if(from.begin(), from.end(), isEmpty), from.end());
  };
  for (Panel &panel : panels)
    drop(panel.curves, [](const Curve &curve) {
      return std::none_of(curve.points.begin(), curve.points.end(), isFinite);
    });
  drop(panels, [](const Panel &panel) { return panel.curves.empty(); });
}

/// `$name << END … END`: the points; an empty line is a gap.
static std::string dataOf(const Curve &curve, const std::string &name) {
  std::string text = name + " << END\n";
  for (const auto &point : curve.points)
    text += isFinite(point) ? fmt::format("{} {}\n", point.first, point.second)
                            : "\n";
  return text + "END\n";
}

/// From the smallest to the largest x of all panels with the same label, so
/// that what is below each other belongs together.
static std::string rangeOf(const std::vector<Panel> &panels,
                           const std::string &xLabel) {
  double smallest = INFINITY, largest = -INFINITY;
  for (const Panel &panel : panels) {
    if (panel.xLabel != xLabel)
      continue;
    for (const Curve &curve : panel.curves)
      for (const auto &point : curve.points)
        if (isFinite(point)) {
          smallest = std::min(smallest, point.first);
          largest = std::max(largest, point.first);
        }
  }
  return smallest < largest
             ? fmt::format("set xrange [{}:{}]\n", smallest, largest)
             : "set autoscale x\n";
}

static std::string styleOf(const Curve &curve) {
  return curve.points.size() < manyPoints
             ? "linespoints pointtype 7 pointsize 0.4"
             : "lines";
}

static std::string scriptOf(const std::string &file, const std::string &title,
                            const std::vector<Panel> &panels) {
  std::string data, plots;
  size_t number = 0;
  for (const Panel &panel : panels) {
    plots += fmt::format("set xlabel {}\nset ylabel {}\n{}{}set logscale y\n",
                         quoted(panel.xLabel), quoted(panel.yLabel),
                         rangeOf(panels, panel.xLabel),
                         panel.isLogarithmic ? "" : "un");
    std::string separator = "plot ";
    for (const Curve &curve : panel.curves) {
      std::string name = fmt::format("$curve{}", number++);
      data += dataOf(curve, name);
      plots += fmt::format("{}{} using 1:2 with {} title {}", separator, name,
                           styleOf(curve), quoted(curve.name));
      separator = ", ";
    }
    plots += "\n";
  }
  return data + terminalOf(file, panels.size()) + "set grid\nset key above\n" +
         fmt::format("set multiplot layout {},1 title {}\n", panels.size(),
                     quoted(title)) +
         plots + "unset multiplot\n";
}

Picture::Picture(std::string file) : path(std::move(file)) {
  if (std::string problem = checkPictureName(path); !problem.empty())
    throw Error(problem);
  checkWritable(path);
  runGnuplot(terminalOf(path, 1));
}

void Picture::draw(const std::string &title, std::vector<Panel> panels) const {
  dropEmpty(panels);
  if (panels.empty())
    throw Error(
        fmt::format("{}: expected numbers to draw, but got none", path));
  writeFileAtomically(path, runGnuplot(scriptOf(path, title, panels)));
  fmt::print("drew {}\n", printable(path));
}

} // namespace sinter::driver
