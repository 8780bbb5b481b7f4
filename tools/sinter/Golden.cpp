// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Golden tensors: reading, tolerances, comparison.

#include "Golden.h"
#include "sinter/Data/Comparison.h"
#include "sinter/Data/Safetensors.h"
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

static bool startsWith(const std::string &text, const std::string &prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

Golden::Golden(const std::string &file, const std::string &tolerance)
    : file(file), golden(readSafetensors(file)) {
  for (size_t at = 0; at < tolerance.size();) {
    size_t end = std::min(tolerance.find(',', at), tolerance.size());
    std::string item = tolerance.substr(at, end - at);
    size_t equals = item.find('=');
    char *rest = nullptr;
    double value = equals == std::string::npos
                       ? NAN
                       : std::strtod(item.c_str() + equals + 1, &rest);
    if (!(value >= 0) || *rest)
      throw Error(
          fmt::format("--tolerance: expected KIND=NUMBER, but got '{}'", item));
    tolerances[item.substr(0, equals)] = value;
    at = end + 1;
  }
}

const Tensor *Golden::find(const std::string &name) const {
  auto found = golden.find(name);
  return found == golden.end() ? nullptr : &found->second;
}

const Tensor &Golden::get(const std::string &name) const {
  if (const Tensor *tensor = find(name))
    return *tensor;
  throw Error(fmt::format("{}: tensor '{}' is missing", file, name));
}

std::vector<std::string> Golden::namesAfter(const std::string &prefix) const {
  std::vector<std::string> names;
  for (const auto &[name, tensor] : golden)
    if (startsWith(name, prefix))
      names.push_back(name.substr(prefix.size()));
  return names;
}

double Golden::toleranceOf(const std::string &name) const {
  auto found = tolerances.find(name.substr(0, name.find('.')));
  return found == tolerances.end() ? 1e-5 : found->second;
}

void Golden::compare(const std::string &name, const Tensor &got) {
  const Tensor *want = find(name);
  if (!want)
    return;
  compared.insert(name);
  // The scalar of a run or of --dtype=f64 is compared in its own type.
  Comparison result = compareTensors(got, *want, toleranceOf(name));
  if (result.equal)
    return;
  missed = true;
  fmt::print(stderr, "{}: {}\n", name, result.text(want->spec));
}

void Golden::compareMoved(const std::string &name, const Tensor &got,
                          const Tensor &before) {
  const Tensor *want = find(name);
  if (!want || want->spec.dtype != got.spec.dtype || !isFloat(got.spec.dtype))
    return;
  double largestMove = 1e-6, largest = 0, worst = 0;
  for (int64_t i = 0; i < want->spec.elements(); ++i) {
    auto at = [i](const Tensor &tensor) {
      return elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), i);
    };
    double wanted = at(*want) - at(before), moved = at(got) - at(before);
    largestMove = std::max(largestMove, std::fabs(wanted));
    largest = std::max(largest, std::fabs(at(*want)));
    worst = std::max(worst, std::fabs(moved - wanted));
  }
  double rounding = largest * std::ldexp(1.0, -22); // of f32, twice
  double allowed = toleranceOf(name) * largestMove + rounding;
  if (worst <= allowed)
    return;
  missed = true;
  fmt::print(stderr, "{}: moved by up to {:g} otherwise, allowed {:g}\n", name,
             worst, allowed);
}

void Golden::loadInto(const StateTable &table, AlignedBuffer &state) const {
  for (const Segment &segment : table.segments) {
    if (!isWeight(segment.kind))
      continue;
    bool parameter = isParameter(segment.kind);
    const Tensor &tensor =
        get((parameter ? "param." : "buffer.") + segment.tensor.name);
    if (tensor.spec.shape != segment.tensor.shape ||
        tensor.spec.dtype != segment.tensor.dtype)
      throw Error(fmt::format("{}: '{}' is {}, but the model has {}", file,
                              segment.tensor.name, typeText(tensor.spec),
                              typeText(segment.tensor)));
    storeSegment(state, segment, tensor.bytes.data());
  }
}

int Golden::finish() const {
  for (const auto &[name, tensor] : golden) {
    bool input = false;
    for (const char *kind :
         {"input.", "target.", "param.", "buffer.", "cotangent."})
      input |= startsWith(name, kind);
    if (!input && !compared.count(name))
      throw Error(fmt::format("{}: nothing to compare '{}' with", file, name));
  }
  if (!missed)
    fmt::print("{} tensors agree with {}\n", compared.size(), file);
  return missed ? CheckFailed : Done;
}

} // namespace sinter::driver
