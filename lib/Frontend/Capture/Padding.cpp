// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers that extend an input along its spatial dims.
#include "Windows.h"

namespace sinter::capturing {

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
  if (mode != "constant" && typeOf(x).getNumElements() == 0 &&
      !(rankOf(x) == spatial + 2 && shapeOf(x)[0] == 0))
    return call.expected("input", "a tensor with elements");
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
