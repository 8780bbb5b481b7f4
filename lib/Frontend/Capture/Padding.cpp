// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors extended at the ends of their dims.
#include "Windows.h"

namespace sinter::capturing {

/// One dim extended at both ends, by none or more elements each: mirrored
/// (without the edge) or repeated edge elements, or those of the other end.
static Tensor padByEdge(Graph &g, Tensor x, int64_t dim, int64_t low,
                        int64_t high, llvm::StringRef mode) {
  int64_t extent = shapeOf(x)[dim];
  std::vector<Tensor> parts;
  Shape shape(shapeOf(x));
  auto edge = [&](int64_t count, int64_t mirrorBegin, int64_t otherBegin,
                  int64_t index) {
    if (count == 0)
      return;
    if (mode == "reflect")
      return parts.push_back(
          g.reverse(g.slice(x, dim, mirrorBegin, mirrorBegin + count), {dim}));
    if (mode == "circular")
      return parts.push_back(g.slice(x, dim, otherBegin, otherBegin + count));
    shape[dim] = count;
    parts.push_back(g.broadcast(g.slice(x, dim, index, index + 1), shape));
  };
  edge(low, 1, extent - low, 0);
  parts.push_back(x);
  edge(high, extent - 1 - high, 0, extent - 1);
  return g.concat(parts, dim);
}

/// Whether `mode` extends an input of that shape by so many amounts, as PyTorch
/// has it; an error otherwise.
static bool checkEdges(Call &call, Tensor x, int64_t amounts,
                       llvm::StringRef mode) {
  int64_t rank = rankOf(x), spatial = amounts / 2;
  if (spatial < 1 || spatial > 3 ||
      (rank != spatial + 1 && rank != spatial + 2)) {
    call.error("pad", "expected two amounts for each of one to three spatial "
                      "dims of [N, C, S…] or [C, S…] with mode \"" +
                          mode + "\", but got " + llvm::Twine(amounts) +
                          " for " + describeType(x.getType()));
    return false;
  }
  bool hasNoRows = rank == spatial + 2 && shapeOf(x)[0] == 0;
  if (mode != "circular" && !hasNoRows && typeOf(x).getNumElements() == 0)
    call.expected("input", "a tensor with elements");
  return !call.failed();
}

/// Whether a dim can be extended by these amounts, where negative ones take
/// elements away; an error otherwise. In circles the elements that are left go
/// around.
static bool checkLine(Call &call, int64_t extent, int64_t low, int64_t high,
                      llvm::StringRef mode) {
  int64_t left =
              extent + std::min<int64_t>(low, 0) + std::min<int64_t>(high, 0),
          most = mode == "reflect"    ? extent - 1
                 : mode == "circular" ? left
                                      : nn::windowAmountLimit,
          least = mode == "reflect" || mode == "replicate" ? 1 : 0;
  bool takesTooMuch = extent + low < 0 || extent + high < 0;
  if (!takesTooMuch && std::max(low, high) <= most &&
      extent + low + high >= least)
    return true;
  call.error("pad", "expected amounts that fit to extent " +
                        llvm::Twine(extent) + " with mode \"" + mode +
                        "\", but got " + describeShape(call.integers("pad")));
  return false;
}

static Value pad(Call &call) {
  Tensor x = call.tensor("input");
  Shape amounts = call.integers("pad");
  std::string mode =
      call.choice("mode", {"constant", "reflect", "replicate", "circular"});
  double value = call.isNone("value") ? 0 : call.number("value");
  if (call.failed())
    return {};
  int64_t rank = rankOf(x);
  if (amounts.size() % 2 || int64_t(amounts.size()) > 2 * rank)
    return call.expected("pad", "two amounts for each of the last dims");
  bool isConstant = mode == "constant";
  if (!isConstant && !checkEdges(call, x, amounts.size(), mode))
    return {};
  Graph &g = call.graph;
  Shape low(rank, 0), high(rank, 0), zero(rank, 0);
  for (size_t i = 0; i < amounts.size() / 2; ++i) {
    int64_t dim = rank - 1 - int64_t(i), extent = shapeOf(x)[dim],
            before = amounts[2 * i], after = amounts[2 * i + 1];
    if (!checkLine(call, extent, before, after, mode))
      return {};
    int64_t begin = std::max<int64_t>(0, -before),
            end = extent - std::max<int64_t>(0, -after);
    low[dim] = std::max<int64_t>(0, before);
    high[dim] = std::max<int64_t>(0, after);
    // Mirrors and edges are those of the whole dim.
    bool cutsFirst = isConstant || mode == "circular";
    if (cutsFirst)
      x = g.slice(x, dim, begin, end);
    if (!isConstant && shapeOf(x)[dim] > 0)
      x = padByEdge(g, x, dim, low[dim], high[dim], mode);
    if (!cutsFirst)
      x = g.slice(x, dim, begin, end + low[dim] + high[dim]);
  }
  if (!isConstant || (low == zero && high == zero))
    return x;
  return Tensor(g.create<nn::PadOp>(x, low, high, zero, llvm::APFloat(value)));
}

static void checkAmounts(Call &call) {
  perSpatialDim(call, "padding", 2 * spatialRank(call.name()),
                -nn::windowAmountLimit);
}

/// An input that `mode` extends: constants go around any, edges around [N, C,
/// S…] or [C, S…].
static Value padWith(Call &call, llvm::StringRef mode, Value value = None{}) {
  Tensor x = call.tensor("input");
  Call options = call.options();
  int64_t spatial = spatialRank(call.name());
  Shape amounts =
      perSpatialDim(options, "padding", 2 * spatial, -nn::windowAmountLimit);
  if (call.failed() || options.failed())
    return {};
  if (mode != "constant" && !spatialInput(call, x, spatial).tensor)
    return {};
  std::vector<Value> list(amounts.begin(), amounts.end());
  return call.interpreter.callBuiltin(
      *findBuiltin("pad"),
      {{{}, x, call.rangeOf("input")},
       {{}, makeSequence(std::move(list), true), call.range},
       {{}, mode.str(), call.range},
       {{}, std::move(value), call.range}},
      call.range);
}

static Value padByConstant(Call &call) {
  return padWith(call, "constant", call.self->options.at("value"));
}
static Value padByZeros(Call &call) { return padWith(call, "constant"); }
static Value padByReflection(Call &call) { return padWith(call, "reflect"); }
static Value padByReplication(Call &call) { return padWith(call, "replicate"); }
static Value padInCircles(Call &call) { return padWith(call, "circular"); }

llvm::ArrayRef<FunctionRow> paddingFunctions() {
  static const FunctionRow rows[] = {
      {"pad(input, pad, mode=\"constant\", value=none)", pad, "F.pad",
       "the tensor with value, mirrored or repeated edges around; amounts from "
       "the last dim on"},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> paddingLayers() {
  static const LayerRow rows[] = {
      {"ConstantPad1d(padding, value)", "ConstantPad1d(input)", checkAmounts,
       padByConstant, "pad with value around the last dim"},
      {"ConstantPad2d(padding, value)", "ConstantPad2d(input)", checkAmounts,
       padByConstant, "pad with value around the last two dims"},
      {"ConstantPad3d(padding, value)", "ConstantPad3d(input)", checkAmounts,
       padByConstant, "pad with value around the last three dims"},
      {"ZeroPad1d(padding)", "ZeroPad1d(input)", checkAmounts, padByZeros,
       "pad with zeros around the last dim"},
      {"ZeroPad2d(padding)", "ZeroPad2d(input)", checkAmounts, padByZeros,
       "pad with zeros around the last two dims"},
      {"ZeroPad3d(padding)", "ZeroPad3d(input)", checkAmounts, padByZeros,
       "pad with zeros around the last three dims"},
      {"ReflectionPad1d(padding)", "ReflectionPad1d(input)", checkAmounts,
       padByReflection, "pad [N, C, L] with mirrored edges"},
      {"ReflectionPad2d(padding)", "ReflectionPad2d(input)", checkAmounts,
       padByReflection, "pad [N, C, H, W] with mirrored edges"},
      {"ReflectionPad3d(padding)", "ReflectionPad3d(input)", checkAmounts,
       padByReflection, "pad [N, C, D, H, W] with mirrored edges"},
      {"ReplicationPad1d(padding)", "ReplicationPad1d(input)", checkAmounts,
       padByReplication, "pad [N, C, L] with repeated edge elements"},
      {"ReplicationPad2d(padding)", "ReplicationPad2d(input)", checkAmounts,
       padByReplication, "pad [N, C, H, W] with repeated edge elements"},
      {"ReplicationPad3d(padding)", "ReplicationPad3d(input)", checkAmounts,
       padByReplication, "pad [N, C, D, H, W] with repeated edge elements"},
      {"CircularPad1d(padding)", "CircularPad1d(input)", checkAmounts,
       padInCircles, "pad [N, C, L] with elements of the other end"},
      {"CircularPad2d(padding)", "CircularPad2d(input)", checkAmounts,
       padInCircles, "pad [N, C, H, W] with elements of the other end"},
      {"CircularPad3d(padding)", "CircularPad3d(input)", checkAmounts,
       padInCircles, "pad [N, C, D, H, W] with elements of the other end"},
  };
  return rows;
}

} // namespace sinter::capturing
