// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions of a spread input, without a multiplication with the zeros
// between its elements.

#include "ConvolutionBuilder.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

int64_t ConvolutionBuilder::resultExtent(Value x, Value weight,
                                         const Line &line, int64_t dim) {
  int64_t extent = extentOf(x, firstOfInput + dim);
  return extent == 0 ? 0
                     : countWindows((extent - 1) * line.spread + 1 + line.low +
                                        line.high,
                                    extentOf(weight, firstOfWeight + dim),
                                    line.stride, line.dilation);
}

Value ConvolutionBuilder::zeros(Value x, Value weight, ArrayRef<Line> lines) {
  Shape shape = {extentOf(x, 0), extentOf(x, 1)};
  for (auto [dim, line] : llvm::enumerate(lines))
    shape.push_back(resultExtent(x, weight, line, dim));
  shape.push_back(tensorType(weight).getShape().back());
  return b.splat(0, b.type(shape, tensorType(x).getElementType()));
}

bool ConvolutionBuilder::givesBlocks(Value x, Value weight,
                                     ArrayRef<Line> lines) {
  for (auto [dim, line] : llvm::enumerate(lines)) {
    int64_t taps = extentOf(weight, firstOfWeight + dim);
    if (line.stride != 1 || line.dilation != 1 || line.spread != taps ||
        line.low != taps - 1 || line.high != taps - 1)
      return false;
  }
  return llvm::any_of(lines, [](const Line &line) { return line.spread > 1; });
}

Value ConvolutionBuilder::buildBlocks(Value x, Value weight,
                                      ArrayRef<Line> lines) {
  int64_t spatial = lines.size();
  Shape taps, order = {0}, points(spatial, 1),
              blocks = {extentOf(x, 0), extentOf(x, 1)}, beside = {0, 1},
              result(blocks);
  for (int64_t dim = 0; dim < spatial; ++dim)
    taps.push_back(firstOfWeight + dim);
  // [G, 1…, C, K…, O]; an element's first result is of the last tap.
  weight = b.reverse(weight, taps);
  order.push_back(channelsFirst ? 1 : spatial + 1);
  llvm::append_range(order, taps);
  order.push_back(spatial + 2);
  weight = b.transpose(weight, order);
  Shape columns(points);
  columns.insert(columns.begin(), tensorType(weight).getDimSize(0));
  columns.push_back(tensorType(weight).getDimSize(1));
  columns.push_back(
      ShapedType::getNumElements(tensorType(weight).getShape().drop_front(2)));
  Value sums = ConvolutionBuilder{b, /*channelsFirst=*/false}.correlate(
      x, b.reshape(weight, columns), points, points);
  for (int64_t dim = 0; dim < spatial; ++dim)
    blocks.push_back(extentOf(x, firstOfInput + dim));
  for (int64_t dim = 0; dim < spatial; ++dim) {
    blocks.push_back(lines[dim].spread);
    beside.append({2 + dim, 2 + spatial + dim});
    result.push_back(blocks[2 + dim] * lines[dim].spread);
  }
  blocks.push_back(tensorType(weight).getShape().back());
  beside.push_back(2 + 2 * spatial);
  result.push_back(blocks.back());
  return b.reshape(b.transpose(b.reshape(sums, blocks), beside), result);
}

Value ConvolutionBuilder::interleave(Value x, Value weight,
                                     SmallVector<Line> lines, int64_t dim) {
  const Line line = lines[dim];
  int64_t results = resultExtent(x, weight, line, dim),
          count = llvm::divideCeil(results, line.spread);
  int64_t taps = extentOf(weight, firstOfWeight + dim),
          common = std::gcd(line.dilation, line.spread),
          step = line.spread / common;
  SmallVector<Value> phases;
  for (int64_t phase = 0; phase < line.spread; ++phase) {
    // The first tap that meets an element of the input.
    int64_t tap = 0;
    while (tap < std::min(taps, step) &&
           (phase + tap * line.dilation - line.low) % line.spread != 0)
      ++tap;
    bool meets = tap < std::min(taps, step);
    int64_t own = meets ? llvm::divideCeil(taps - tap, step) : 1,
            dilation = line.dilation / common;
    int64_t begin =
        meets ? (phase + tap * line.dilation - line.low) / line.spread : 0;
    int64_t extent = extentOf(x, firstOfInput + dim);
    lines[dim] = {1, dilation, 1, -begin,
                  count + (own - 1) * dilation - extent + begin};
    Value part = meets ? b.slice(weight, firstOfWeight + dim, tap, taps, step)
                       : b.slice(weight, firstOfWeight + dim, 0, 1);
    Value sums = meets ? build(x, part, lines) : zeros(x, part, lines);
    phases.push_back(b.unsqueeze(sums, firstOfResult + dim + 1));
  }
  Value stacked = b.concat(phases, firstOfResult + dim + 1);
  Shape shape(tensorType(stacked).getShape());
  shape.erase(shape.begin() + firstOfResult + dim + 1);
  shape[firstOfResult + dim] = count * line.spread;
  return b.slice(b.reshape(stacked, shape), firstOfResult + dim, 0, results);
}
