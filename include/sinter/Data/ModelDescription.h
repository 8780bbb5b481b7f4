// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tables of a compiled model as text: what an object carries of itself, and
// what header, inspection and programs are made from.
#ifndef SINTER_DATA_MODELDESCRIPTION_H
#define SINTER_DATA_MODELDESCRIPTION_H

#include "sinter/Runtime/Model.h"
#include <string>
#include <string_view>

namespace sinter {

/// The model without its functions' addresses as JSON on one line. Equal models
/// give equal text.
std::string describeModel(const Model &model);

/// The model that the text describes; its functions are null. Sizes, offsets,
/// shapes and references between the tables are checked: throws sinter::Error.
Model parseModelDescription(std::string_view text);

/// The same for callers without exceptions: nothing, and the message in
/// `error`.
std::optional<Model> tryParseModelDescription(std::string_view text,
                                              std::string &error) noexcept;

/// The name of the constant that holds the description in an object:
/// "mlp_description".
std::string descriptionSymbol(const Model &model);
/// The end of all such names.
inline constexpr std::string_view descriptionSuffix = "_description";

/// `name` as a C identifier: other characters become _, and what would start
/// with a digit or be a word of C or C++ gets another first or last character.
std::string cIdentifier(std::string_view name);

} // namespace sinter
#endif
