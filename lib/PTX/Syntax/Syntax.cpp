// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of types and places.
#include "sinter/PTX/Syntax.h"
#include "llvm/ADT/StringSwitch.h"

using namespace sinter::ptx;

Type Type::named(llvm::StringRef name) {
  return llvm::StringSwitch<Type>(name)
      .Case("pred", {Predicate, 1})
      .Case("u8", {Unsigned, 8})
      .Case("u16", {Unsigned, 16})
      .Case("u32", {Unsigned, 32})
      .Case("u64", {Unsigned, 64})
      .Case("s8", {Signed, 8})
      .Case("s16", {Signed, 16})
      .Case("s32", {Signed, 32})
      .Case("s64", {Signed, 64})
      .Case("b8", {Bits, 8})
      .Case("b16", {Bits, 16})
      .Case("b32", {Bits, 32})
      .Case("b64", {Bits, 64})
      .Case("b128", {Bits, 128})
      .Case("f16", {Float, 16})
      .Case("f32", {Float, 32})
      .Case("f64", {Float, 64})
      .Case("bf16", {BFloat, 16})
      .Case("tf32", {TF32, 32})
      .Case("e4m3", {E4M3, 8})
      .Case("e5m2", {E5M2, 8})
      .Case("u16x2", {Unsigned, 16, 2})
      .Case("s16x2", {Signed, 16, 2})
      .Case("f16x2", {Float, 16, 2})
      .Case("f32x2", {Float, 32, 2})
      .Case("bf16x2", {BFloat, 16, 2})
      .Case("e4m3x2", {E4M3, 8, 2})
      .Case("e5m2x2", {E5M2, 8, 2})
      .Default({});
}

std::string Instruction::spelling() const {
  std::string text = opcode;
  for (const std::string &modifier : modifiers)
    text += "." + modifier;
  return text;
}

const Function *Module::function(llvm::StringRef name) const {
  for (const Function &function : functions)
    if (function.name == name)
      return &function;
  return nullptr;
}

std::string Module::sourceText(unsigned location) const {
  std::string text;
  for (; location; location = locations[location].inlinedAt) {
    const SourceLocation &place = locations[location];
    auto file = files.find(place.file);
    if (!place.line || file == files.end())
      continue;
    if (!text.empty())
      text += ", inlined at ";
    text += file->second + ":" + std::to_string(place.line) + ":" +
            std::to_string(place.column);
  }
  return text;
}
