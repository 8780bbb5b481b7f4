// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares inputs with the limits of an entry, as the entry itself does.
#include "sinter/Data/IndexErrors.h"
#include <fmt/format.h>
#include <set>

using namespace sinter;

static int64_t elementAt(DType type, const void *data, int64_t position) {
  return type == DType::I32 ? static_cast<const int32_t *>(data)[position]
                            : static_cast<const int64_t *>(data)[position];
}

static std::string rangeText(const IndexLimit &limit) {
  return fmt::format("expected {} from {} to {}", limit.what, limit.first,
                     limit.limit - 1);
}

std::optional<IndexError> sinter::findIndexError(const IndexLimit &limit,
                                                 DType type, const void *data,
                                                 int64_t rows,
                                                 int64_t elements) {
  for (int64_t i = 0, end = rows * elements; i < end; ++i) {
    int64_t value = elementAt(type, data, i);
    bool isInside =
        (value >= limit.first && value < limit.limit) || value == limit.ignored;
    if (!isInside)
      return IndexError{limit.input.value_or(0), i / elements,
                        fmt::format("{}, but got {}", rangeText(limit), value)};
    if (!limit.isDescending || i < elements)
      continue;
    int64_t before = elementAt(type, data, i - elements);
    if (value > before)
      return IndexError{
          limit.input.value_or(0), i / elements,
          fmt::format("expected {} that do not increase, as "
                      "enforce_sorted=true wants, but got {} after {}",
                      limit.what, value, before)};
  }
  return std::nullopt;
}

std::optional<IndexError>
sinter::findIndexError(const Instance &instance,
                       const std::vector<const void *> &inputs) {
  for (const IndexLimit &limit : instance.limits) {
    if (!limit.input || limit.isPart)
      continue;
    const TensorSpec &spec = instance.inputs[*limit.input];
    int64_t rows = spec.shape.empty() ? 1 : spec.shape[0];
    int64_t elements = rows ? spec.elements() / rows : 1;
    if (auto error = findIndexError(limit, spec.dtype, inputs[*limit.input],
                                    rows, elements))
      return error;
  }
  return std::nullopt;
}

std::string sinter::describeIndexError(
    const Instance &instance, const std::vector<const void *> &inputs,
    int64_t row,
    const std::function<std::pair<std::string, int64_t>(size_t, int64_t)>
        &placeOf) {
  if (auto error = findIndexError(instance, inputs)) {
    auto [name, number] = placeOf(error->input, error->row);
    return fmt::format("{}: {} in row {}", name, error->text, number);
  }
  // Indices that the entry computes, or takes from a part of an input.
  std::set<size_t> parts;
  for (const IndexLimit &limit : instance.limits)
    if (limit.input && limit.isPart)
      parts.insert(*limit.input);
  std::string text = sinter_status_text(SINTER_INDEX_OUT_OF_RANGE);
  if (inputs.empty())
    return fmt::format("{} (row {})", text, row);
  auto [name, number] = placeOf(parts.empty() ? 0 : *parts.begin(), row);
  return parts.size() == 1 ? fmt::format("{}: {} (row {})", name, text, number)
                           : fmt::format("{} (row {})", text, number);
}
