// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parser makes of PTX text.
#include "sinter/PTX/Parser.h"
#include "gtest/gtest.h"

using namespace sinter::ptx;

static Module parsed(llvm::StringRef text) {
  llvm::Expected<Module> module = parse(text, "test.ptx");
  if (!module) {
    ADD_FAILURE() << llvm::toString(module.takeError());
    return {};
  }
  return std::move(*module);
}

/// The instructions of one function with these statements.
static std::vector<Instruction> body(const std::string &statements) {
  Module module = parsed(".entry k() {" + statements + "}");
  return module.functions.empty() ? std::vector<Instruction>()
                                  : module.functions[0].body;
}

TEST(ParserTest, Directives) {
  Module module = parsed(".version 8.3\n.target sm_90a, debug\n"
                         ".address_size 64\n.file 1 \"a.sinter\"\n"
                         ".section .debug { .b8 1 }\n.entry k() { ret; }");
  EXPECT_EQ(module.version, "8.3");
  EXPECT_EQ(module.target, "sm_90a");
  EXPECT_EQ(module.files[1], "a.sinter");
  ASSERT_EQ(module.functions.size(), 1u);
  EXPECT_TRUE(module.functions[0].isEntry);
}

TEST(ParserTest, Variables) {
  Module module = parsed(
      ".global .align 8 .f32 a[2][2] = {{1.0, 0f40000000}, {3.5, -4.0}};\n"
      ".const .b64 p[2] = {generic(a)+4, 7};\n"
      ".extern .shared .align 16 .b8 dynamic[];\n"
      ".shared .v4 .f32 v;");
  ASSERT_EQ(module.variables.size(), 4u);
  EXPECT_EQ(module.variables[0].size, 16u);
  EXPECT_EQ(module.variables[0].alignment, 8u);
  float values[4];
  memcpy(values, module.variables[0].initialiser.data(), 16);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 2);
  EXPECT_EQ(values[2], 3.5f);
  EXPECT_EQ(values[3], -4);
  ASSERT_EQ(module.variables[1].relocations.size(), 1u);
  EXPECT_EQ(module.variables[1].relocations[0].symbol, "a");
  EXPECT_EQ(module.variables[1].relocations[0].addend, 4);
  EXPECT_TRUE(module.variables[2].isExternal);
  EXPECT_EQ(module.variables[3].size, 16u);
  EXPECT_EQ(module.variables[3].alignment, 16u);
}

TEST(ParserTest, Operands) {
  auto code = body(".reg .pred %p<2>; .reg .b32 %r<4>; .reg .b64 %rd<2>;"
                   ".reg .v4 .b32 %v;"
                   "@!%p1 ld.global.v2.u32 {%r1, _}, [%rd1+-8];"
                   "setp.eq.s32 %r0|%p1, %v.y, 0x10;"
                   "mov.f32 %r2, 0f3F800000; mov.b32 %r2, -3;"
                   "mov.f64 %rd1, 1.25;");
  ASSERT_EQ(code.size(), 5u);
  EXPECT_TRUE(code[0].hasGuard);
  EXPECT_TRUE(code[0].guard.negated);
  EXPECT_EQ(code[0].spelling(), "ld.global.v2.u32");
  ASSERT_EQ(code[0].operands[0].kind, Operand::Vector);
  EXPECT_EQ(code[0].operands[0].elements[1].kind, Operand::Discard);
  EXPECT_EQ(code[0].operands[1].kind, Operand::Address);
  EXPECT_EQ(code[0].operands[1].offset, -8);
  EXPECT_EQ(code[1].operands[0].kind, Operand::Pair);
  EXPECT_EQ(code[1].operands[1].component, 1);
  EXPECT_EQ(code[1].operands[2].bits, 16u);
  EXPECT_EQ(code[2].operands[1].bits, 0x3F800000u);
  EXPECT_EQ(int64_t(code[3].operands[1].bits), -3);
  EXPECT_TRUE(code[4].operands[1].isDecimal);
}

TEST(ParserTest, InnerNamesHideOuterOnes) {
  auto code = body(".reg .b32 x; { .reg .b64 x; mov.b64 x, 1; } mov.b32 x, 1;");
  ASSERT_EQ(code.size(), 2u);
  EXPECT_NE(code[0].operands[0].reference.variable,
            code[1].operands[0].reference.variable);
  EXPECT_NE(code[0].scope, code[1].scope);
}

TEST(ParserTest, ANumberBeyondItsRangeIsNoRegister) {
  auto code = body(".reg .b32 %r<4>; mov.b32 %r4, %r3;");
  ASSERT_EQ(code.size(), 1u);
  EXPECT_EQ(code[0].operands[0].reference.variable, -1);
  EXPECT_EQ(code[0].operands[1].reference.element, 3u);
}

TEST(ParserTest, Calls) {
  Module module =
      parsed(".func (.param .b32 r) f(.param .b32 a);\n"
             ".entry k() { .param .b32 x; .param .b32 y; .reg .b64 %rd<2>;\n"
             "call.uni (y), f, (x); call f, (x);\n"
             "proto: .callprototype (.param .b32 _) _ (.param .b32 _);\n"
             "call (y), %rd1, (x), proto;\n"
             "table: .branchtargets a, b; a: brx.idx %rd1, table; b: ret; }");
  const auto &code = module.functions[1].body;
  ASSERT_EQ(code.size(), 5u);
  EXPECT_EQ(code[0].operands[1].reference.name, "f");
  EXPECT_TRUE(code[1].operands[0].elements.empty() ||
              code[1].operands[1].reference.name == "f");
  EXPECT_GE(code[2].operands[1].reference.variable, 0);
  EXPECT_EQ(module.functions[1].targets.lookup("table").size(), 2u);
  EXPECT_EQ(module.functions[1].labels.size(), 2u);
}

TEST(ParserTest, PlacesInTheSource) {
  Module module =
      parsed(".file 1 \"a.sinter\"\n.entry k() {\n.loc 1 9 2\n"
             ".loc 1 3 4, function_name $s, inlined_at 1 9 2\nret; }");
  EXPECT_EQ(module.sourceText(module.functions[0].body[0].location),
            "a.sinter:3:4, inlined at a.sinter:9:2");
}

TEST(ParserTest, WhatIsNoTokenIsAnError) {
  for (llvm::StringRef text :
       {".", "a .", "/", "/*", "\"", "0", "::", "\x01"}) {
    llvm::Expected<Module> module = parse(text, "test.ptx");
    EXPECT_EQ(bool(module), text == "/*") << text.str();
    llvm::consumeError(module.takeError());
  }
}

TEST(ParserTest, Errors) {
  llvm::Expected<Module> module =
      parse(".entry k() {\n  mov.u32 4\n}", "test.ptx");
  ASSERT_FALSE(bool(module));
  EXPECT_EQ(llvm::toString(module.takeError()),
            "test.ptx:3:1: error: expected ';', but got '}'\n}\n^");
}
