// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// safetensors: round trips and every check of the header.
#include "sinter/Data/Safetensors.h"
#include "TestFiles.h"
#include "sinter/Data/File.h"

using namespace sinter;
using namespace sinter::test;

static std::string file(const std::string &header, const std::string &data) {
  return bytesOf<uint64_t>({header.size()}) + header + data;
}

TEST(Safetensors, WritesWhatItReads) {
  TestFolder folder;
  float weights[6] = {1, 2, 3, 4, 5, 6};
  int64_t step = -7;
  uint8_t mask[3] = {1, 0, 1};
  std::string path = folder.file("a.safetensors");
  writeSafetensors(path, {{{"w", DType::F32, {2, 3}}, weights},
                          {{"step", DType::I64, {}}, &step},
                          {{"mask", DType::Bool, {3}}, mask},
                          {{"none", DType::F16, {0, 5}}, nullptr}});
  TensorMap tensors = readSafetensors(path);
  ASSERT_EQ(tensors.size(), 4u);
  EXPECT_EQ(typeText(tensors.at("w").spec), "f32[2, 3]");
  EXPECT_EQ(std::memcmp(tensors.at("w").bytes.data(), weights, sizeof(weights)),
            0);
  EXPECT_EQ(*tensors.at("step").as<int64_t>(), -7);
  EXPECT_EQ(tensors.at("mask").as<uint8_t>()[2], 1);
  EXPECT_EQ(tensors.at("none").spec.elements(), 0);
  EXPECT_EQ(readSafetensorsHeader(path).at("mask").dtype, DType::Bool);
  EXPECT_ERROR(writeSafetensors(path, {{{"a", DType::U8, {}}, mask},
                                       {{"a", DType::U8, {}}, mask}}),
               "but got 'a' twice");
}

TEST(Safetensors, AcceptsMetadataAndPadding) {
  TestFolder folder;
  TensorMap tensors = readSafetensors(folder.write(
      "a",
      file(
          R"({"__metadata__":{"format":"pt"},"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   )",
          "ab")));
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors.at("x").as<char>()[1], 'b');
}

static std::string oneTensor(const std::string &dtype, const std::string &shape,
                             const std::string &offsets) {
  return R"({"x":{"dtype":")" + dtype + R"(","shape":)" + shape +
         R"(,"data_offsets":)" + offsets + "}}";
}

TEST(Safetensors, BadHeaders) {
  TestFolder folder;
  auto read = [&](const std::string &bytes) {
    readSafetensors(folder.write("bad", bytes));
  };
  EXPECT_ERROR(read("abc"),
               "expected 8 bytes of a safetensors header, but got 3");
  EXPECT_ERROR(read(bytesOf<uint64_t>({~uint64_t(0)})),
               "header would have 18446744073709551615 bytes");
  EXPECT_ERROR(read(bytesOf<uint64_t>({100}) + "{}"),
               "header would have 100 bytes");
  EXPECT_ERROR(read(file("[]", "")), "expected a JSON object");
  EXPECT_ERROR(read(file("{\"x\":", "")), "expected a JSON object");
  EXPECT_ERROR(read(file(R"({"x":1})", "")),
               "expected dtype, shape and data_offsets, but got 1");
  EXPECT_ERROR(read(file(oneTensor("F8", "[1]", "[0,1]"), "a")),
               "expected dtype F64");
  EXPECT_ERROR(read(file(oneTensor("U8", "[-1]", "[0,1]"), "a")),
               "expected shape as a list of sizes");
  EXPECT_ERROR(read(file(oneTensor("U8", "[1.5]", "[0,1]"), "a")),
               "expected shape as a list of sizes");
  EXPECT_ERROR(read(file(oneTensor("U8", "3", "[0,1]"), "a")),
               "expected shape as a list of sizes, but got 3");
  EXPECT_ERROR(read(file(oneTensor("U8", "[1]", "[0]"), "a")),
               "expected offsets of 1 bytes for u8[1], but got [0]");
  EXPECT_ERROR(read(file(oneTensor("U8", "[1]", "[1,0]"), "a")),
               "expected offsets of 1 bytes");
  EXPECT_ERROR(read(file(oneTensor("F32", "[1]", "[0,3]"), "abc")),
               "expected offsets of 4 bytes");
  EXPECT_ERROR(
      read(file(oneTensor("F32", "[4294967296,4294967296]", "[0,0]"), "")),
      "expected a size of 63 bits");
  EXPECT_ERROR(read(file(oneTensor("U8", "[2]", "[0,2]"), "a")),
               "expected 2 bytes of tensor 'x', but got 1");
  EXPECT_ERROR(
      read(file(oneTensor("U8", "[1000000000]", "[0,1000000000]"), "a")),
      "the file is too small");
  EXPECT_ERROR(read(file(oneTensor("U8", "[1]", "[0,1]"), "ab")),
               "expected the end of the file");
  EXPECT_ERROR(read(file(oneTensor("U8", "[1]", "[1,2]"), "ab")),
               "expected tensor 'x' at offset 0, but got 1 (a gap)");
}

TEST(Safetensors, OverlapsAndDuplicates) {
  TestFolder folder;
  auto read = [&](const std::string &bytes) {
    readSafetensors(folder.write("bad", bytes));
  };
  std::string a = R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})";
  std::string b = R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]})";
  EXPECT_ERROR(read(file("{" + a + "," + b + "}", "abc")),
               "expected tensor 'b' at offset 2, but got 1 (an overlap)");
  EXPECT_ERROR(read(file("{" + a + "," + a + "}", "ab")),
               "but got 'a' more than once");
  EXPECT_ERROR(
      read(file(
          R"({"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
          "ab")),
      "but got 'dtype' more than once");
}

TEST(Safetensors, NamesOfAnyBytes) {
  TestFolder folder;
  auto read = [&](const std::string &bytes) {
    readSafetensors(folder.write("bad", bytes));
  };
  // A NUL does not end a message.
  EXPECT_ERROR(
      read(file(
          R"({"a\u0000b":{"dtype":"U9","shape":[1],"data_offsets":[0,1]}})",
          "a")),
      "tensor 'a?b': expected dtype");
  EXPECT_ERROR(read(file("\xef\xbb\xbf{}", "")),
               "expected a JSON object as safetensors header");
}

TEST(Safetensors, DeepNestingIsNoCrash) {
  TestFolder folder;
  std::string deep =
      R"({"x":)" + std::string(200000, '[') + std::string(200000, ']') + "}";
  EXPECT_NE(
      errorOf([&] { readSafetensors(folder.write("deep", file(deep, ""))); }),
      "");
}
