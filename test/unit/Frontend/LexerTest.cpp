// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens: numbers beside ranges, strings with escapes, and bytes that are no
// text.

#include "sinter/Frontend/Lexer.h"
#include "Parsed.h"
#include <gtest/gtest.h>

using namespace sinter;

namespace {

struct Lexed {
  explicit Lexed(std::string text)
      : source("test.sinter", std::move(text)), diagnostics(source),
        program(source), tokens(Lexer(program, diagnostics).lexAll()) {}

  std::vector<std::string> texts() const {
    std::vector<std::string> list;
    for (const Token &token : tokens)
      if (token.kind != TokenKind::EndOfFile)
        list.push_back(token.text.str());
    return list;
  }
  std::string message() const {
    return diagnostics.all().empty() ? "" : diagnostics.all().front().message;
  }

  Source source;
  Diagnostics diagnostics;
  ast::Program program;
  std::vector<Token> tokens;
};

using Texts = std::vector<std::string>;

} // namespace

TEST(Lexer, NumbersEndBeforeRangesAndMembers) {
  EXPECT_EQ(Lexed("0..n").texts(), (Texts{"0", "..", "n"}));
  EXPECT_EQ(Lexed("1.exp").texts(), (Texts{"1", ".", "exp"}));
  EXPECT_EQ(Lexed("1. 2.5 .5 1e-3 1.e5 x.y").texts(),
            (Texts{"1.", "2.5", ".5", "1e-3", "1.e5", "x", ".", "y"}));
}

TEST(Lexer, ValuesOfNumbers) {
  Lexed lexed("12 0.5 2e3 9223372036854775807");
  ASSERT_EQ(lexed.tokens.size(), 5u);
  EXPECT_TRUE(lexed.tokens[0].isInteger);
  EXPECT_EQ(lexed.tokens[0].integer, 12);
  EXPECT_EQ(lexed.tokens[0].value, 12.0);
  EXPECT_FALSE(lexed.tokens[1].isInteger);
  EXPECT_EQ(lexed.tokens[1].value, 0.5);
  EXPECT_FALSE(lexed.tokens[2].isInteger);
  EXPECT_EQ(lexed.tokens[2].value, 2000.0);
  EXPECT_EQ(lexed.tokens[3].integer, INT64_MAX);
}

TEST(Lexer, NumbersOutOfRange) {
  EXPECT_EQ(Lexed("9223372036854775808").message(),
            "expected an integer of at most 64 bits, but got one of 19 digits");
  EXPECT_EQ(Lexed("1e999").message(),
            "expected a number in the range of f64, but got '1e999'");
  EXPECT_EQ(Lexed("0x1F").message(),
            "expected a decimal number, but got '0x1F'");
}

TEST(Lexer, StringsResolveEscapes) {
  Lexed lexed(R"("a\n\t\"\\\x41\101\0" "é")");
  ASSERT_EQ(lexed.message(), "");
  EXPECT_EQ(lexed.tokens[0].text, llvm::StringRef("a\n\t\"\\AA\0", 8));
  EXPECT_EQ(lexed.tokens[1].text, "é");
}

TEST(Lexer, BadStringsAreStringsAfterAnError) {
  EXPECT_EQ(Lexed("\"abc").message(),
            "expected '\"' at the end of the string, but got the end of the "
            "line");
  EXPECT_EQ(Lexed(R"("\q")").message(), "expected an escape of C such as '\\n' "
                                        "or '\\x41', but got '\\q'");
  Lexed quoted("'abc' x");
  EXPECT_EQ(quoted.message(),
            "expected a string in double quotes, but got a single quote");
  EXPECT_EQ(quoted.texts(), (Texts{"abc", "x"}));
  EXPECT_EQ(quoted.diagnostics.all()[0].fixIts[0].replacement, "\"abc\"");
}

TEST(Lexer, ForeignOperatorsAreReplaced) {
  Lexed lexed("a && !b");
  EXPECT_EQ(lexed.diagnostics.numErrors(), 2u);
  EXPECT_EQ(lexed.tokens[1].kind, TokenKind::And);
  EXPECT_EQ(lexed.tokens[2].kind, TokenKind::Not);
}

TEST(Lexer, AnyBytesAreReportedAndSkipped) {
  EXPECT_EQ(Lexed("a $$$ b").diagnostics.numErrors(), 1u);
  EXPECT_EQ(Lexed("é").message(), "unexpected character 'é'");
  EXPECT_EQ(Lexed("\xe2\x80\xae").message(), "unexpected character U+202E");
  EXPECT_EQ(Lexed("\xff").message(),
            "expected UTF-8 text, but got the byte 0xff");
  EXPECT_EQ(Lexed(std::string("\0", 1)).message(),
            "unexpected control character 0x0");
}

TEST(Lexer, CommentsByteOrderMarkAndCarriageReturns) {
  Lexed lexed("\xef\xbb\xbf"
              "a # é \xff $\r\nb");
  EXPECT_EQ(lexed.message(), "");
  EXPECT_EQ(lexed.texts(), (Texts{"a", "\n", "b"}));
}
