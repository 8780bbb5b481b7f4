// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves between pixels and channels, and between images and their patches.
#include "Windows.h"

namespace sinter::capturing {

/// The factor of a pixel shuffle of x [..., C, H, W]; 0 after an error.
static int64_t shuffleFactor(Call &call, Tensor x, llvm::StringRef name) {
  int64_t factor = call.integer(name);
  if (!call.failed() && rankOf(x) < 3)
    call.expected("input", "a tensor [..., C, H, W]");
  else if (!call.failed() && (factor < 1 || factor >= nn::windowAmountLimit))
    call.expected(name, "a positive factor");
  return call.failed() ? 0 : factor;
}

/// [..., C · r², H, W] as [..., C, H · r, W · r].
static Value pixelShuffle(Call &call) {
  Tensor x = call.tensor("input");
  int64_t factor = shuffleFactor(call, x, "upscale_factor"), rank = rankOf(x);
  if (!factor)
    return {};
  Shape lead(shapeOf(x).drop_back(3));
  int64_t channels = shapeOf(x)[rank - 3], height = shapeOf(x)[rank - 2],
          width = shapeOf(x)[rank - 1], count = channels / (factor * factor);
  if (channels % (factor * factor))
    return call.error(call.range, "expected channels that the square of "
                                  "upscale_factor " +
                                      llvm::Twine(factor) +
                                      " divides, but got " +
                                      describeType(x.getType()));
  Graph &g = call.graph;
  int64_t first = rank - 3;
  Shape apart(lead), order = allDims(first), joined(lead);
  apart.append({count, factor, factor, height, width});
  order.append({first, first + 3, first + 1, first + 4, first + 2});
  joined.append({count, height * factor, width * factor});
  return g.reshape(g.transpose(g.reshape(x, apart), order), joined);
}

/// [..., C, H · r, W · r] as [..., C · r², H, W].
static Value pixelUnshuffle(Call &call) {
  Tensor x = call.tensor("input");
  int64_t factor = shuffleFactor(call, x, "downscale_factor"), rank = rankOf(x);
  if (!factor)
    return {};
  Shape lead(shapeOf(x).drop_back(3));
  int64_t channels = shapeOf(x)[rank - 3],
          height = shapeOf(x)[rank - 2] / factor,
          width = shapeOf(x)[rank - 1] / factor;
  if (shapeOf(x)[rank - 2] % factor || shapeOf(x)[rank - 1] % factor)
    return call.error(call.range, "expected a height and a width that "
                                  "downscale_factor " +
                                      llvm::Twine(factor) +
                                      " divides, but got " +
                                      describeType(x.getType()));
  Graph &g = call.graph;
  int64_t first = rank - 3;
  Shape apart(lead), order = allDims(first), joined(lead);
  apart.append({channels, height, factor, width, factor});
  order.append({first, first + 2, first + 4, first + 1, first + 3});
  joined.append({channels * factor * factor, height, width});
  return g.reshape(g.transpose(g.reshape(x, apart), order), joined);
}

/// Channels in `groups` rows, read column by column.
static Value channelShuffle(Call &call) {
  Tensor x = call.tensor("input");
  int64_t groups = call.integer("groups");
  if (call.failed())
    return {};
  if (rankOf(x) < 3)
    return call.expected("input", "a tensor [N, C, S…]");
  if (groups < 1 || shapeOf(x)[1] % groups)
    return call.error(call.range,
                      "expected channels that groups " + llvm::Twine(groups) +
                          " divides, but got " + describeType(x.getType()));
  Graph &g = call.graph;
  Shape apart(shapeOf(x));
  apart[1] /= groups;
  apart.insert(apart.begin() + 1, groups);
  return g.reshape(g.swap(g.reshape(x, apart), 1, 2), shapeOf(x));
}

/// The windows of a picture of these extents; empty after an error.
static std::vector<PoolLine> readPatches(Call &call,
                                         llvm::ArrayRef<int64_t> extents) {
  Shape size = perSpatialDim(call, "kernel_size", 2, 1),
        dilation = perSpatialDim(call, "dilation", 2, 1),
        padding = perSpatialDim(call, "padding", 2, 0),
        stride = perSpatialDim(call, "stride", 2, 1);
  std::vector<PoolLine> lines;
  for (int64_t dim = 0; dim < 2 && !call.failed(); ++dim) {
    PoolLine line{extents[dim],  size[dim],    stride[dim],
                  dilation[dim], padding[dim], 0};
    int64_t room = line.extent + 2 * line.padding - line.span();
    if (line.extent < 1 || room < 0) {
      call.error(call.range,
                 "expected patches that fit into the padded input, but got "
                 "kernel_size " +
                     describeShape(size) + " for " + describeShape(extents));
      return {};
    }
    line.count = room / line.stride + 1;
    lines.push_back(line);
  }
  return call.failed() ? std::vector<PoolLine>() : lines;
}

/// Patches of [N, C, H, W] as columns [N, C · K · K, L].
static Value unfoldPatches(Call &call) {
  SpatialInput x = spatialInput(call, call.floats("input"), 2);
  if (!x.tensor)
    return {};
  Shape shape(shapeOf(x.tensor));
  if (shape[1] == 0)
    return call.expected("input", "a tensor with channels");
  std::vector<PoolLine> lines =
      readPatches(call, llvm::ArrayRef(shape).drop_front(2));
  if (lines.empty())
    return {};
  Shape padded(shape);
  for (int64_t dim = 0; dim < 2; ++dim)
    padded[dim + 2] += 2 * lines[dim].padding;
  Shape rows = {shape[0], shape[1], padded[2], lines[1].size, lines[1].count};
  Shape windows(rows);
  windows[2] = lines[0].size;
  windows.push_back(lines[0].count);
  for (llvm::ArrayRef<int64_t> step : {padded, rows, windows})
    if (!checkCountable(call, step, elementOf(x.tensor)))
      return {};
  Graph &g = call.graph;
  Tensor y = surround(g, x.tensor, lines);
  y = windowsOf(g, windowsOf(g, y, 3, lines[1]), 2, lines[0]);
  // [N, C, KH, RH, KW, RW]
  y = g.transpose(y, {0, 1, 2, 4, 3, 5});
  return x.result(
      g, g.reshape(y, {shape[0], shape[1] * lines[0].size * lines[1].size,
                       lines[0].count * lines[1].count}));
}

/// The columns of a fold [N, C · K · K, L] as windows [N, C, KH, RH, KW, RW].
static Tensor columnsAsWindows(Graph &g, Tensor columns,
                               llvm::ArrayRef<PoolLine> lines) {
  int64_t taps = lines[0].size * lines[1].size;
  Tensor apart = g.reshape(
      columns, {shapeOf(columns)[0], shapeOf(columns)[1] / taps, lines[0].size,
                lines[1].size, lines[0].count, lines[1].count});
  return g.transpose(apart, {0, 1, 2, 4, 3, 5});
}

/// Columns added up where their patches are: the transpose of unfold.
static Value fold(Call &call) {
  Tensor x = call.floats("input");
  Shape extents = perSpatialDim(call, "output_size", 2, 1);
  if (call.failed())
    return {};
  if (rankOf(x) != 2 && rankOf(x) != 3)
    return call.expected("input",
                         "columns [N, C · K · K, L] or [C · K · K, L]");
  std::vector<PoolLine> lines = readPatches(call, extents);
  if (lines.empty())
    return {};
  Graph &g = call.graph;
  Tensor columns = rankOf(x) == 3 ? x : g.unsqueeze(x, 0);
  int64_t rows = shapeOf(columns)[1], count = lines[0].count * lines[1].count;
  if (shapeOf(columns)[2] != count || rows == 0 || rows % lines[0].size ||
      rows / lines[0].size % lines[1].size)
    return call.error(
        call.range,
        "expected " + llvm::Twine(count) + " columns of a multiple of " +
            llvm::Twine(lines[0].size) + "·" + llvm::Twine(lines[1].size) +
            " elements, but got " + describeType(x.getType()));
  Shape padded = {shapeOf(columns)[0], rows / (lines[0].size * lines[1].size),
                  extents[0] + 2 * lines[0].padding,
                  extents[1] + 2 * lines[1].padding};
  if (!checkCountable(call, padded, elementOf(x)))
    return {};
  Tensor y = columnsAsWindows(g, columns, lines);
  for (int64_t line : {1, 0}) {
    int64_t dim = 2 * line + 2;
    // Windows of one element that cover the dim are this dim.
    bool isWhole =
        lines[line].size == 1 && lines[line].count == padded[line + 2];
    y = isWhole ? g.squeeze(y, dim)
                : Tensor(g.create<nn::OverlapAddOp>(y, dim, padded[line + 2],
                                                    lines[line].stride,
                                                    lines[line].dilation));
  }
  for (int64_t dim = 0; dim < 2; ++dim)
    y = g.slice(y, dim + 2, lines[dim].padding,
                lines[dim].padding + extents[dim]);
  return rankOf(x) == 3 ? y : g.squeeze(y, 0);
}

llvm::ArrayRef<FunctionRow> rearrangingFunctions() {
  static const FunctionRow rows[] = {
      {"pixel_shuffle(input, upscale_factor)", pixelShuffle, "F.pixel_shuffle",
       "[..., C · r², H, W] as [..., C, H · r, W · r]"},
      {"pixel_unshuffle(input, downscale_factor)", pixelUnshuffle,
       "F.pixel_unshuffle", "[..., C, H · r, W · r] as [..., C · r², H, W]"},
      {"channel_shuffle(input, groups)", channelShuffle, "F.channel_shuffle",
       "the channels of all groups in turn"},
      {"F.unfold(input, kernel_size, dilation=1, padding=0, stride=1)",
       unfoldPatches, "F.unfold",
       "patches of [N, C, H, W] as columns [N, C · K · K, L]; without F. the "
       "windows of one dim"},
      {"fold(input, output_size, kernel_size, dilation=1, padding=0, "
       "stride=1)",
       fold, "F.fold",
       "columns of patches [N, C · K · K, L] added up to [N, C, H, W]"},
  };
  return rows;
}

} // namespace sinter::capturing
