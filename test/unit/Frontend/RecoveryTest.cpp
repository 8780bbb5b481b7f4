// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All errors of a file are found, each once, and no input is too hostile.

#include "Parsed.h"
#include <gtest/gtest.h>

using namespace sinter;
using Errors = std::vector<std::string>;

static std::string repeat(const std::string &text, unsigned count) {
  std::string all;
  for (unsigned i = 0; i < count; ++i)
    all += text;
  return all;
}

TEST(Recovery, GoesOnAtTheNextStatement) {
  Parsed parsed("fn f() {\n  a = 1 +* 2\n  b = 3 4\n  c = g(1 2)\n  d = 5\n}\n"
                "const e = ]\nconst f = 6\n");
  EXPECT_EQ(parsed.errors(),
            (Errors{"2:10: expected an expression, but got '*'",
                    "3:9: expected a new line or ';' after the statement, but "
                    "got '4'",
                    "4:11: expected ',' or ')', but got '2'",
                    "7:11: expected an expression, but got ']'"}));
  EXPECT_EQ(parsed.program->items.size(), 2u);
}

TEST(Recovery, UnclosedBracketsEndWithTheirLine) {
  EXPECT_EQ(
      Parsed("module M {\n  a = f(1\n  b = f(2\n}\nconst c = x y").errors(),
      (Errors{"3:3: expected ',' or ')', but got 'b'",
              "4:1: expected ',' or ')', but got '}'",
              "5:13: expected 'dim', 'const', 'fn', 'module', 'train' or "
              "'run', but got 'y'"}));
}

TEST(Recovery, ForgottenBracesAreFoundAtTheNextItem) {
  Parsed parsed("module M {\n  fn f() {\n    a = 1\n  fn g() {}\n}\n"
                "module K {\n  b = 1\ndim N\n");
  EXPECT_EQ(parsed.errors(), (Errors{"4:3: expected '}', but got 'fn'",
                                     "8:1: expected '}', but got 'dim'"}));
  EXPECT_EQ(parsed.diagnostics.all()[0].notes.size(), 1u);
}

TEST(Recovery, BlocksAfterBadHeadersAreParsed) {
  EXPECT_EQ(
      Parsed("fn f(x: float) {\n  if x > { a = }\n  for i of 3 { b = ) }\n}")
          .errors(),
      (Errors{"1:9: expected a type such as f32[N, 10], but got 'float'",
              "2:10: expected an expression, but got '{'",
              "2:16: expected an expression, but got '}'",
              "3:9: expected 'in' after the loop variable, but got 'of'",
              "3:20: expected an expression, but got ')'"}));
}

TEST(Recovery, ErrorsOfTheLexerAreReportedOnce) {
  EXPECT_EQ(
      Parsed("const a = 1 $ 2\nconst b = 'x'").errors(),
      (Errors{"1:13: unexpected character '$'",
              "2:11: expected a string in double quotes, but got a single "
              "quote"}));
}

TEST(Recovery, StatementsThatDoNothing) {
  Parsed parsed("fn f(x) {\n  x.relu_()\n  g(x)\n  yield x\n  x + 1 = 2\n}");
  EXPECT_EQ(parsed.errors(),
            (Errors{"2:3: expected a statement, but got an expression whose "
                    "value is not used",
                    "3:3: expected a statement, but got an expression whose "
                    "value is not used",
                    "4:3: expected 'yield' only inside a 'for', but got it "
                    "outside of one",
                    "5:3: expected a name or names in front of '=', but got an "
                    "expression"}));
  const std::vector<FixIt> &fixIts = parsed.diagnostics.all()[0].fixIts;
  ASSERT_EQ(fixIts.size(), 2u);
  EXPECT_EQ(fixIts[0].replacement, "x = ");
  EXPECT_EQ(parsed.source.text(fixIts[1].range), "_");
}

TEST(Recovery, MisspelledItems) {
  EXPECT_EQ(
      Parsed("modul M {\n a = 1\n}\ndim T = 0\n}\n").errors(),
      (Errors{"1:1: expected 'dim', 'const', 'fn', 'module', 'train' or "
              "'run', but got 'modul'; did you mean 'module'?",
              "4:9: expected a positive integer as the default of the dim "
              "'T', but got '0'",
              "5:1: expected an item, but got a '}' without a '{'"}));
}

class DeepInput
    : public testing::TestWithParam<std::pair<const char *, const char *>> {};

TEST_P(DeepInput, IsOneError) {
  auto [begin, part] = GetParam();
  Parsed parsed(begin + repeat(part, 20000));
  ASSERT_EQ(parsed.diagnostics.numErrors(), 1u);
  EXPECT_EQ(parsed.diagnostics.all()[0].message,
            "expected at most 400 levels of nesting, but got more");
}

INSTANTIATE_TEST_SUITE_P(
    Nesting, DeepInput,
    testing::Values(
        std::pair("const a = ", "("), std::pair("const a = ", "[f("),
        std::pair("const a = ", "-"), std::pair("const a = ", "not "),
        std::pair("const a = ", "2 ** "), std::pair("const a = 1", "+1"),
        std::pair("const a = x", ".y"), std::pair("const a = x", "()[0]"),
        std::pair("const a = ", "1 if 1 else "), std::pair("fn f(x: ", "("),
        std::pair("fn f() {", "if a {"),
        std::pair("fn f() { if a {}", " else if a {}"),
        std::pair("fn f() {", "for i in 0..1 {")));

TEST(Recovery, DeepButLegalInputIsParsed) {
  std::string text = "const a = " + repeat("(-", 150) + "1" + repeat(")", 150);
  EXPECT_EQ(Parsed(text).messages(), "");
}
