// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of train blocks as JSON.
#include "sinter/Dialect/NN/IR/SettingsJson.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <nlohmann/json.hpp>

using namespace mlir;
using nlohmann::json;

static json jsonOf(Attribute attribute) {
  if (auto dictionary = dyn_cast<DictionaryAttr>(attribute)) {
    json object = json::object();
    for (NamedAttribute entry : dictionary)
      object[entry.getName().str()] = jsonOf(entry.getValue());
    return object;
  }
  if (auto array = dyn_cast<ArrayAttr>(attribute)) {
    json values = json::array();
    for (Attribute element : array)
      values.push_back(jsonOf(element));
    return values;
  }
  if (auto flag = dyn_cast<BoolAttr>(attribute))
    return flag.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getInt();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto text = dyn_cast<StringAttr>(attribute))
    return text.str();
  return nullptr;
}

std::string sinter::toJson(Attribute attribute) {
  // Names of files need not be UTF-8.
  return jsonOf(attribute).dump(-1, ' ', false, json::error_handler_t::replace);
}
