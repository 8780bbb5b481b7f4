// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Schedules of the learning rate, as the training loop reads them.
#include "Tables.h"
#include "TrainBlock.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;

namespace sinter::capturing {

/// One argument as an attribute; null if it is not `what` is expected.
static Attribute argumentOf(Builder &builder, llvm::StringRef key,
                            const Value &value, llvm::StringRef &what) {
  auto *integer = value.as<int64_t>();
  if (key == "step_size" || key == "t_max") {
    what = "a positive integer";
    return integer && *integer > 0 ? builder.getI64IntegerAttr(*integer)
                                   : Attribute();
  }
  if (key == "milestones") {
    what = "a list of integers";
    auto *list = value.as<Sequence>();
    llvm::SmallVector<Attribute> steps;
    if (list)
      for (const Value &item : *list->items)
        if (auto *step = item.as<int64_t>())
          steps.push_back(builder.getI64IntegerAttr(*step));
    return list && steps.size() == list->items->size()
               ? builder.getArrayAttr(steps)
               : Attribute();
  }
  what = "a finite number";
  bool isNumber =
      value.isNumber() && !value.is<bool>() && std::isfinite(value.toDouble());
  return isNumber ? builder.getF64FloatAttr(value.toDouble()) : Attribute();
}

std::optional<DictionaryAttr> readSchedule(Session &session,
                                           const Object &schedule) {
  Builder builder(&session.context);
  NamedAttrList entries;
  entries.set("kind", builder.getStringAttr(schedule.kind->signature.name));
  bool failed = false;
  for (auto &[name, value] : *schedule.options) {
    std::string key = llvm::StringRef(name).lower();
    llvm::StringRef what;
    if (Attribute attribute = argumentOf(builder, key, value, what)) {
      entries.set(key, attribute);
      continue;
    }
    session.error(schedule.rangeOf(name), "expected " + what + " as '" + name +
                                              "' of " +
                                              schedule.kind->signature.name +
                                              ", but got " + value.describe());
    failed = true;
  }
  if (failed)
    return std::nullopt;
  return entries.getDictionary(&session.context);
}

} // namespace sinter::capturing
