// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integers of JSON texts. The JSON library converts reals without a check, and
// integers of more than 64 bits are reals to it.
#ifndef SINTER_LIB_DATA_JSONINTEGERS_H
#define SINTER_LIB_DATA_JSONINTEGERS_H

#include "sinter/Data/Error.h"
#include <nlohmann/json.hpp>
#include <vector>

namespace sinter {

/// Throws sinter::Error unless the value is an integer of 64 bits with sign.
inline int64_t integerOf(const nlohmann::json &value) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX))
    throw Error(
        "expected an integer, but got " +
        value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return value.get<int64_t>();
}

inline std::vector<int64_t> integersOf(const nlohmann::json &values) {
  if (!values.is_array())
    throw Error("expected a list of integers");
  std::vector<int64_t> result;
  for (const nlohmann::json &value : values)
    result.push_back(integerOf(value));
  return result;
}

} // namespace sinter
#endif
