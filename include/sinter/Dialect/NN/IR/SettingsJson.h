// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of train blocks as JSON, the form in which data and training read
// them.
#ifndef SINTER_DIALECT_NN_IR_SETTINGSJSON_H
#define SINTER_DIALECT_NN_IR_SETTINGSJSON_H

#include "mlir/IR/Attributes.h"
#include <string>

namespace sinter {

/// The JSON text of a tree of dictionaries, arrays, numbers, flags and strings;
/// other attributes become null.
std::string toJson(mlir::Attribute attribute);

} // namespace sinter
#endif
