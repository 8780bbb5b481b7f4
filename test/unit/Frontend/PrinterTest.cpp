// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Printing and parsing again gives the same tree, and printing that the same
// text.

#include "Parsed.h"
#include "llvm/Support/FileSystem.h"
#include <gtest/gtest.h>

using namespace sinter;

static void expectRoundTrip(const std::string &text) {
  Parsed first(text);
  ASSERT_EQ(first.messages(), "");
  Parsed second(first.printed());
  ASSERT_EQ(second.messages(), "") << first.printed();
  EXPECT_EQ(second.tree(), first.tree());
  EXPECT_EQ(second.printed(), first.printed());
}

static std::string canonical(std::string text) {
  Source source("test.sinter", std::move(text));
  Diagnostics diagnostics(source);
  ast::Program program(source);
  ast::Expr *expr = parseExpression(program, diagnostics);
  return expr ? printExpr(*expr) : "";
}

TEST(Printer, KeepsOnlyNeededParentheses) {
  EXPECT_EQ(canonical("((a) + (b*c))"), "a + b * c");
  EXPECT_EQ(canonical("(a+b)*c-(d-e)"), "(a + b) * c - (d - e)");
  EXPECT_EQ(canonical("(-a)**(-b)"), "(-a) ** -b");
  EXPECT_EQ(canonical("(a**b)**c"), "(a ** b) ** c");
  EXPECT_EQ(canonical("(a < b) == c"), "(a < b) == c");
  EXPECT_EQ(canonical("(not a) == b"), "(not a) == b");
  EXPECT_EQ(canonical("not (a == b)"), "not a == b");
  EXPECT_EQ(canonical("(a if b else c) if d else (e)"),
            "(a if b else c) if d else e");
  EXPECT_EQ(canonical("(1).exp() + (a + b).c[(d)]"),
            "(1).exp() + (a + b).c[d]");
  EXPECT_EQ(canonical("f(a, b=(1,), )[::, ...]"), "f(a, b=(1,))[:, ...]");
}

TEST(Printer, EscapesStrings) {
  EXPECT_EQ(canonical(R"("é\n\"\\\1")"), R"("é\n\"\\\x01")");
  EXPECT_EQ(canonical(R"("\xffé")"), R"("\xff\xc3\xa9")");
}

TEST(Printer, PointsOfNumbersDoNotTouchRanges) {
  expectRoundTrip("fn f() { for i in 1. .. .5 {} }");
}

TEST(Printer, LongCallsAreBroken) {
  std::string arguments;
  for (int i = 0; i < 12; ++i)
    arguments += "Linear(" + std::to_string(100 + i) + ", 10), ";
  Parsed parsed("module M = Sequential(" + arguments + ") : f32 -> f32");
  EXPECT_EQ(parsed.printed().substr(0, 42),
            "module M = Sequential(\n  Linear(100, 10),\n");
  expectRoundTrip(parsed.printed());
}

TEST(Printer, EveryForm) {
  expectRoundTrip(
      "dim N, T = 3; const c = [1, 2.5e3, -1] ; fn f() -> ((f32, i64[N])) {}\n"
      "module M(a, b: f32[N] = none) { parameter p: f32[2, N] = zeros(2)\n"
      "buffer q: u8; s = Linear(1, 2); fn g(x) -> (a: f32, (f32, bool)) {\n"
      "if training { x = 1 } else if c { } else { if d {} ; y = 2 }\n"
      "z, (_, w) = for i in 0..N { yield x, k = i; if a { yield 1 } }\n"
      "return } }\nmodule E {}\nmodule V = M(1)\n"
      "run M as R {}\ntrain M(1, b=2) { carry h: f32 = 1, epochs = 5 }");
}

TEST(Printer, EveryProgram) {
  std::error_code error;
  unsigned programs = 0;
  for (llvm::sys::fs::directory_iterator file(SINTER_TEST_PROGRAMS, error), end;
       file != end && !error; file.increment(error)) {
    std::string reason;
    auto source = Source::fromFile(file->path(), reason);
    ASSERT_TRUE(source) << reason;
    SCOPED_TRACE(file->path());
    expectRoundTrip(source->text().str());
    ++programs;
  }
  EXPECT_EQ(programs, 9u);
}
