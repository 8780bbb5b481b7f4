// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CIFAR-10 as a folder and as an archive, whole and damaged.
#include "sinter/Data/Cifar10.h"
#include "TestFiles.h"
#include "sinter/Data/Dataset.h"

using namespace sinter;
using namespace sinter::test;

/// A record whose planes count up from `first`, each by its own step.
static std::string record(int label, int first) {
  std::string bytes(1, char(label));
  for (int channel = 0; channel < 3; ++channel)
    for (int pixel = 0; pixel < 1024; ++pixel)
      bytes += char(first + (channel + 1) * pixel);
  return bytes;
}

/// A header of ustar and the content, filled up to blocks of 512 bytes.
static std::string entry(const std::string &name, const std::string &content,
                         char type = '0', const std::string &size = "") {
  std::string header(512, 0);
  auto put = [&](size_t at, const std::string &text) {
    header.replace(at, text.size(), text);
  };
  char octal[16];
  std::snprintf(octal, sizeof(octal), "%011lo", (unsigned long)content.size());
  put(0, name.substr(0, 100));
  put(100, "0000644");
  put(124, size.empty() ? octal : size);
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(257, std::string("ustar\0", 6) + "00");
  unsigned sum = 0;
  for (unsigned char byte : header)
    sum += byte;
  std::snprintf(octal, sizeof(octal), "%06o", sum);
  put(148, std::string(octal) + std::string("\0 ", 2));
  return header + content + std::string((512 - content.size() % 512) % 512, 0);
}

static const std::string end(1024, 0);

static std::string archiveOfTest(const std::string &content) {
  return entry("cifar-10-batches-bin/", "", '5') +
         entry("cifar-10-batches-bin/readme.html", "hello") +
         entry("cifar-10-batches-bin/test_batch.bin", content) + end;
}

TEST(Cifar10, FolderAndArchivesHoldTheSame) {
  TestFolder folder;
  std::string content = record(3, 0) + record(9, 7);
  folder.write("test_batch.bin", content);
  for (const std::string &path :
       {folder.file(""), folder.write("a.tar", archiveOfTest(content)),
        folder.write("a.tar.gz", gzip(archiveOfTest(content)))}) {
    std::vector<Tensor> fields = readCifar10(path, false);
    ASSERT_EQ(fields.size(), 2u);
    EXPECT_EQ(typeText(fields[0].spec), "u8[2, 32, 32, 3]");
    EXPECT_EQ(typeText(fields[1].spec), "u8[2]");
    EXPECT_EQ(fields[1].as<uint8_t>()[0], 3);
    EXPECT_EQ(fields[1].as<uint8_t>()[1], 9);
    // Row, line, column, channel.
    auto pixel = [&](int row, int y, int x, int channel) {
      return int(
          fields[0].as<uint8_t>()[((row * 32 + y) * 32 + x) * 3 + channel]);
    };
    EXPECT_EQ(pixel(0, 0, 1, 0), 1);
    EXPECT_EQ(pixel(0, 0, 1, 2), 3);
    EXPECT_EQ(pixel(1, 2, 5, 1), (7 + 2 * 69) % 256);
    std::vector<TensorSpec> types = readCifar10Types(path, false);
    EXPECT_EQ(types[0].shape, fields[0].spec.shape);
    EXPECT_EQ(types[1].shape, fields[1].spec.shape);
  }
}

TEST(Cifar10, RowsAreCountedAgainInAFileThatChanged) {
  TestFolder folder;
  auto rows = [&] { return readCifar10Types(folder.file(""), false)[1].shape; };
  folder.write("test_batch.bin", record(1, 0));
  EXPECT_EQ(rows(), std::vector<int64_t>{1});
  EXPECT_EQ(rows(), std::vector<int64_t>{1});
  folder.write("test_batch.bin", record(1, 0) + record(2, 0));
  EXPECT_EQ(rows(), std::vector<int64_t>{2});
  folder.write("test_batch.bin", record(1, 0) + "x");
  for (int time = 0; time < 2; ++time)
    EXPECT_ERROR(rows(), "expected records of 3073 bytes");
}

TEST(Cifar10, BatchesComeInTheOrderOfTheirNumbers) {
  TestFolder folder;
  std::string archive;
  for (int number : {3, 1, 5, 2, 4})
    archive += entry("b/data_batch_" + std::to_string(number) + ".bin",
                     record(number, 0));
  Dataset data = Dataset::open(
      parseDataSource(
          R"({"kind":"cifar10","files":["a.tar"],"train":true,"limit":4,
              "transforms":[{"kind":"to_tensor"}]})"),
      (folder.write("a.tar", archive + end), folder.file("")));
  EXPECT_EQ(data.rows(), 4);
  EXPECT_EQ(typeText(data.batch(0, 2)), "f32[2, 3, 32, 32]");
  EXPECT_EQ(typeText(data.batch(1, 2)), "i64[2]");
  std::vector<float> images(2 * 3072);
  int64_t labels[2], rows[2] = {3, 1};
  data.gather(rows, 2, {images.data(), labels});
  EXPECT_EQ(labels[0], 4);
  EXPECT_EQ(labels[1], 2);
  EXPECT_EQ(images[1024 + 5], 10 / 255.0f);
}

TEST(Cifar10, FilesThatAreMissing) {
  TestFolder folder;
  EXPECT_ERROR(readCifar10(folder.file("none.tar.gz"), true),
               "none.tar.gz: cannot open: No such file");
  EXPECT_ERROR(readCifar10(folder.file(""), false),
               "test_batch.bin: cannot open: No such file");
  EXPECT_ERROR(
      readCifar10(folder.write("a.tar", archiveOfTest(record(1, 0))), true),
      "a.tar: expected data_batch_1.bin in the archive, but there is "
      "none");
  folder.write("data_batch_1", "a pickle");
  EXPECT_ERROR(readCifar10(folder.file(""), true),
               "expected CIFAR-10's binary version, a folder with "
               "data_batch_1.bin or cifar-10-binary.tar.gz, but got its Python "
               "version");
  EXPECT_ERROR(
      readCifar10(folder.write("p.tar", entry("c/test_batch", "x") + end),
                  false),
      "but got its Python version");
}

TEST(Cifar10, ContentsThatDoNotFit) {
  TestFolder folder;
  auto problem = [&](const std::string &content) {
    folder.write("test_batch.bin", content);
    return errorOf([&] { readCifar10Types(folder.file(""), false); });
  };
  EXPECT_NE(
      problem(record(1, 0) + "x")
          .find("test_batch.bin: expected records of 3073 bytes (a label and 3 "
                "* 32 * 32 bytes), but got 3074 bytes"),
      std::string::npos);
  EXPECT_NE(problem("").find("but got 0 bytes"), std::string::npos);
  EXPECT_NE(
      problem(record(1, 0) + record(10, 0))
          .find("test_batch.bin: expected a label below 10, but got 10 in "
                "record 1"),
      std::string::npos);
}

TEST(Cifar10, DamagedArchives) {
  TestFolder folder;
  auto problem = [&](const std::string &content) {
    return errorOf(
        [&] { readCifar10(folder.write("a.tar.gz", content), false); });
  };
  auto expect = [&](const std::string &content, const std::string &text) {
    std::string message = problem(content);
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  std::string good = archiveOfTest(record(1, 0));
  std::string packed = gzip(good);
  expect("hello world", "a.tar.gz: expected a");
  expect("", "a.tar.gz: expected");
  expect(good.substr(0, 2000), "a.tar.gz: expected a whole tar archive, but it "
                               "is damaged");
  expect(packed.substr(0, packed.size() / 2),
         "a.tar.gz: expected a whole gzip file, but it is truncated");
  std::string wrongSum = packed;
  wrongSum[wrongSum.size() - 5] ^= 1;
  expect(wrongSum, "a.tar.gz: expected a valid gzip file, but it is damaged");
  expect(entry("test_batch.bin", record(1, 0)) +
             entry("../../test_batch.bin", record(2, 0)) + end,
         "expected one test_batch.bin in the archive, but got two");
  expect(
      entry("test_batch.bin", "", '0', "77777777777") + end,
      "a.tar.gz: expected 8589934591 bytes of test_batch.bin in the archive, "
      "but it is too small for that");
  // A link of that name is no file.
  expect(entry("test_batch.bin", "", '2') + end, "but there is none");
}
