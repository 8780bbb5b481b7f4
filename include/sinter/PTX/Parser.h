// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From PTX text to its data.
#ifndef SINTER_PTX_PARSER_H
#define SINTER_PTX_PARSER_H

#include "sinter/PTX/Syntax.h"
#include "llvm/Support/Error.h"

namespace sinter::ptx {

/// Parses PTX text, whose file is called `name`. The error is the first one:
/// "name:line:column: error: expected …, but got …" and the line itself.
llvm::Expected<Module> parse(llvm::StringRef text, llvm::StringRef name);

/// "name:line:column: error: message" with the line of `text` and a caret.
std::string diagnostic(llvm::StringRef text, llvm::StringRef name,
                       Position position, const llvm::Twine &message);

} // namespace sinter::ptx
#endif
