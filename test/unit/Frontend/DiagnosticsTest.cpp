// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines and columns, snippets with carets, and suggestions.

#include "sinter/Frontend/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace sinter;

static std::string print(const Diagnostics &diagnostics) {
  std::string text;
  llvm::raw_string_ostream os(text);
  diagnostics.print(os);
  return text;
}

TEST(Source, PositionsAndOffsetsAreInverse) {
  Source source("a", "ab\n\ncd\r\n");
  for (uint32_t offset : {0u, 1u, 2u, 3u, 4u, 5u})
    EXPECT_EQ(source.offset(source.position(offset)), offset);
  EXPECT_EQ(source.position(4).line, 3u);
  EXPECT_EQ(source.position(4).column, 1u);
  EXPECT_EQ(source.line(3), "cd");
  EXPECT_EQ(source.line(4), "");
  EXPECT_EQ(source.line(5), "");
  EXPECT_EQ(source.position(1000).line, 4u);
  EXPECT_EQ(source.offset({99, 99}), 8u);
}

TEST(Diagnostics, CaretRangeNoteAndFixIt) {
  Source source("m.sinter", "dim N\nx = foo(N)\n");
  Diagnostics diagnostics(source);
  diagnostics.error({10, 13}, "unknown name 'foo'")
      .fixIt({10, 13}, "for")
      .note({4, 5}, "declared here");
  diagnostics.warning({6, 7}, "unused");
  EXPECT_EQ(diagnostics.numErrors(), 1u);
  EXPECT_EQ(print(diagnostics), "m.sinter:2:5: error: unknown name 'foo'\n"
                                "x = foo(N)\n"
                                "    ^~~\n"
                                "    for\n"
                                "m.sinter:1:5: note: declared here\n"
                                "dim N\n"
                                "    ^\n"
                                "m.sinter:2:1: warning: unused\n"
                                "x = foo(N)\n"
                                "^\n");
}

TEST(Diagnostics, ShowsTwentyErrors) {
  Source source("m", "x\n");
  Diagnostics diagnostics(source);
  for (int i = 0; i < 20; ++i)
    diagnostics.error({0, 1}, "number " + llvm::Twine(i));
  EXPECT_EQ(print(diagnostics).find("too many"), std::string::npos);
  for (int i = 0; i < 3; ++i)
    diagnostics.error({0, 1}, "further");
  diagnostics.warning({0, 1}, "later");
  std::string text = print(diagnostics);
  EXPECT_NE(text.find("number 19"), std::string::npos);
  EXPECT_EQ(text.find("further"), std::string::npos);
  EXPECT_EQ(text.substr(text.find("m: too many")),
            "m: too many errors: 3 more are not shown\n");
}

TEST(Diagnostics, CaretsStandUnderWideCharactersAndTabs) {
  Source source("m", "\té漢\x01\xff x");
  Diagnostics diagnostics(source);
  diagnostics.error({9, 10}, "here");
  EXPECT_EQ(print(diagnostics), "m:1:10: error: here\n"
                                "        é漢?? x\n"
                                "              ^\n");
}

TEST(Diagnostics, RangesOverLinesEndWithTheFirst) {
  Source source("m", "ab cd\nef");
  Diagnostics diagnostics(source);
  diagnostics.error({3, 8}, "here");
  EXPECT_EQ(print(diagnostics), "m:1:4: error: here\nab cd\n   ^~\n");
}

TEST(Diagnostics, RangesPastTheEnd) {
  Source source("m", "ab");
  Diagnostics diagnostics(source);
  diagnostics.error({100, 200}, "here");
  EXPECT_EQ(print(diagnostics), "m:1:3: error: here\nab\n  ^\n");
}

TEST(Diagnostics, Suggestions) {
  llvm::StringRef names[] = {"Linear", "ReLU", "Softmax", "N", "T"};
  EXPECT_EQ(closestName("Liner", names), "Linear");
  EXPECT_EQ(closestName("relu", names), "ReLU");
  EXPECT_EQ(closestName("Linea", {"linear", "Linear"}), "Linear");
  EXPECT_EQ(closestName("SDG", {"Adam", "SGD"}), "SGD");
  EXPECT_EQ(closestName("reluu", {"relu6", "ReLU", "relu"}), "relu");
  EXPECT_EQ(closestName("lenth", {"len", "length"}), "length");
  EXPECT_EQ(closestName("n", names), "N");
  EXPECT_EQ(closestName("M", names), "");
  EXPECT_EQ(closestName("Convolution", names), "");
  EXPECT_EQ(didYouMean("softmx", names), "; did you mean 'Softmax'?");
  EXPECT_EQ(didYouMean("xyz", names), "");
}
