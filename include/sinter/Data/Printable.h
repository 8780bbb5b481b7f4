// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text that a terminal only shows, whatever it quotes.
#ifndef SINTER_DATA_PRINTABLE_H
#define SINTER_DATA_PRINTABLE_H

#include <string>
#include <string_view>

namespace sinter {

/// `text` with ? for what a terminal would obey or could not show: control
/// characters but line ends and tabs, marks that turn the direction of text,
/// bytes that are not UTF-8. All messages go through it, since names of files,
/// tensors and models may hold anything.
std::string printable(std::string_view text);

} // namespace sinter
#endif
