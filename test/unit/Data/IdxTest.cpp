// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// IDX files, plain and compressed, whole and damaged.
#include "sinter/Data/Idx.h"
#include "TestFiles.h"

using namespace sinter;
using namespace sinter::test;

TEST(Idx, ReadsPlainAndCompressed) {
  TestFolder folder;
  std::string bytes = idx({2, 3}, "abcdef");
  for (const std::string &path :
       {folder.write("plain", bytes), folder.write("packed.gz", gzip(bytes))}) {
    Tensor tensor = readIdx(path);
    EXPECT_EQ(tensor.spec.dtype, DType::U8);
    EXPECT_EQ(tensor.spec.shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(std::string(tensor.as<char>(), 6), "abcdef");
    EXPECT_EQ(readIdxHeader(path).shape, tensor.spec.shape);
  }
}

TEST(Idx, SwapsBigEndianElements) {
  TestFolder folder;
  std::string header({0, 0, 0x0B, 1, 0, 0, 0, 2});
  Tensor tensor =
      readIdx(folder.write("i16", header + std::string({1, 2, -1, -2})));
  EXPECT_EQ(tensor.spec.dtype, DType::I16);
  EXPECT_EQ(tensor.as<int16_t>()[0], 0x0102);
  EXPECT_EQ(tensor.as<int16_t>()[1], -2);
}

TEST(Idx, RankZeroAndEmpty) {
  TestFolder folder;
  EXPECT_EQ(readIdx(folder.write("scalar", idx({}, "x"))).spec.elements(), 1);
  EXPECT_EQ(
      readIdx(folder.write("empty", idx({0, 28, 28}, ""))).spec.elements(), 0);
}

TEST(Idx, MissingFileAndFolder) {
  TestFolder folder;
  EXPECT_ERROR(readIdx(folder.file("none.gz")),
               "none.gz: cannot open: No such file");
  EXPECT_ERROR(readIdx(folder.file("")), "expected a file, but got a folder");
}

TEST(Idx, WrongMagic) {
  TestFolder folder;
  EXPECT_ERROR(readIdx(folder.write("text", "hello world")),
               "but got magic 68 65 6c 6c");
  EXPECT_ERROR(readIdx(folder.write("type", std::string({0, 0, 7, 0}))),
               "but got magic 00 00 07 00");
  EXPECT_ERROR(readIdx(folder.write("short", std::string({0, 0}))),
               "expected 4 bytes of an IDX header, but got 2");
  EXPECT_ERROR(readIdx(folder.write("nothing", "")),
               "expected 4 bytes of an IDX header, but got 0");
}

TEST(Idx, SizesThatDoNotFit) {
  TestFolder folder;
  EXPECT_ERROR(readIdx(folder.write("less.gz", gzip(idx({2, 3}, "abcde")))),
               "expected 6 bytes");
  EXPECT_ERROR(readIdx(folder.write("less", idx({2, 300}, "abcde"))),
               "the file is too small");
  EXPECT_ERROR(readIdx(folder.write("more", idx({2, 3}, "abcdefg"))),
               "but the file holds more");
  EXPECT_ERROR(readIdx(folder.write("more.gz", gzip(idx({2, 3}, "abcdefg")))),
               "but the file holds more");
  EXPECT_ERROR(readIdx(folder.write("header", idx({2, 3}, "").substr(0, 9))),
               "expected 4 bytes of an IDX header, but got 1");
}

TEST(Idx, AbsurdSizesAllocateNothing) {
  TestFolder folder;
  const uint32_t huge = 0xffffffff;
  for (const std::string &bytes :
       {idx({huge, huge, huge}, "a"), idx({huge, 4}, "a")}) {
    EXPECT_ERROR(readIdx(folder.write("huge", bytes)), "the file is too small");
    EXPECT_ERROR(readIdx(folder.write("huge.gz", gzip(bytes))),
                 "the file is too small");
  }
}

TEST(Idx, TruncatedAndCorruptGzip) {
  TestFolder folder;
  std::string values(5000, 0);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = char(i * i % 251);
  std::string packed = gzip(idx({5000}, values));
  for (size_t length :
       {packed.size() / 2, packed.size() - 1, packed.size() - 8})
    EXPECT_ERROR(readIdx(folder.write("cut.gz", packed.substr(0, length))),
                 "cut.gz: expected");
  std::string flipped = packed;
  flipped[packed.size() / 2] ^= 0x55;
  EXPECT_ERROR(readIdx(folder.write("flip.gz", flipped)),
               "flip.gz: expected a valid gzip file, but it is damaged");
  std::string sum = packed;
  sum[packed.size() - 7] ^= 1;
  EXPECT_ERROR(readIdx(folder.write("sum.gz", sum)), "damaged");
}
