// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens of PTX.
#ifndef SINTER_PTX_LEXER_H
#define SINTER_PTX_LEXER_H

#include "sinter/PTX/Syntax.h"

namespace sinter::ptx {

/// A word holds its dots: "ld.global.f32", "%tid.x", ".reg".
struct Token {
  enum Kind : uint8_t { Word, Number, String, Punctuation, End };
  Kind kind;
  llvm::StringRef text;
  Position position;
};

/// All tokens of `text`, the last of kind End. They refer to `text`. What is no
/// token of PTX is punctuation, which the parser refuses.
std::vector<Token> tokenize(llvm::StringRef text);

} // namespace sinter::ptx
#endif
