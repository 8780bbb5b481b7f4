// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The spellings of dtypes and operators, in the order of their enums.

#include "sinter/Frontend/AST.h"

using namespace sinter;
using llvm::StringRef;

static constexpr StringRef dtypeSpellings[] = {
    "f64", "f32", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "bool"};
static constexpr StringRef unarySpellings[] = {"-", "+", "not"};
static constexpr StringRef binarySpellings[] = {
    "or", "and", "==", "!=", "<=", ">=", "<", ">",
    "+",  "-",   "*",  "//", "/",  "%",  "@", "**"};

StringRef ast::spelling(DType dtype) {
  return dtypeSpellings[static_cast<unsigned>(dtype)];
}

std::optional<ast::DType> ast::parseDType(StringRef spelling) {
  unsigned index = 0;
  for (StringRef candidate : dtypeSpellings) {
    if (candidate == spelling)
      return static_cast<DType>(index);
    ++index;
  }
  return std::nullopt;
}

StringRef ast::spelling(UnaryOp op) {
  return unarySpellings[static_cast<unsigned>(op)];
}

StringRef ast::spelling(BinaryOp op) {
  return binarySpellings[static_cast<unsigned>(op)];
}
