// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The spellings of operators, in the order of their enums.

#include "sinter/Frontend/AST.h"

using namespace sinter;
using llvm::StringRef;

static constexpr StringRef unarySpellings[] = {"-", "+", "not"};
static constexpr StringRef binarySpellings[] = {
    "or", "and", "==", "!=", "<=", ">=", "<", ">",
    "+",  "-",   "*",  "//", "/",  "%",  "@", "**"};

StringRef ast::spelling(UnaryOp op) {
  return unarySpellings[static_cast<unsigned>(op)];
}

StringRef ast::spelling(BinaryOp op) {
  return binarySpellings[static_cast<unsigned>(op)];
}
