// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NPY and NPZ: what NumPy writes, and what it does not.
#include "sinter/Data/Npy.h"
#include "TestFiles.h"
#include "sinter/Data/File.h"

using namespace sinter;
using namespace sinter::test;

static std::string npy(const std::string &dictionary, const std::string &data,
                       char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  size_t digits = version == 1 ? 2 : 4;
  for (size_t i = 0; i < digits; ++i)
    bytes += char(dictionary.size() >> (8 * i));
  return bytes + dictionary + data;
}

static std::string dictionary(const std::string &descr,
                              const std::string &shape,
                              const std::string &fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran +
         ", 'shape': " + shape + ", }\n";
}

TEST(Npy, ReadsAllTypesAndVersions) {
  TestFolder folder;
  std::pair<const char *, DType> types[] = {
      {"<f8", DType::F64}, {"<f4", DType::F32}, {"<f2", DType::F16},
      {"<i8", DType::I64}, {"<i4", DType::I32}, {"<i2", DType::I16},
      {"|i1", DType::I8},  {"|u1", DType::U8},  {"|b1", DType::Bool}};
  for (auto &[descr, dtype] : types) {
    for (char version : {1, 2, 3}) {
      std::string data(3 * sizeOf(dtype), 0);
      std::string path =
          folder.write("a.npy", npy(dictionary(descr, "(3,)"), data, version));
      Tensor tensor = readNpy(path);
      EXPECT_EQ(tensor.spec.dtype, dtype);
      EXPECT_EQ(tensor.spec.shape, (std::vector<int64_t>{3}));
      EXPECT_EQ(readNpyHeader(path).dtype, dtype);
    }
  }
}

TEST(Npy, TransposesFortranOrder) {
  TestFolder folder;
  // Column-major [[0, 1, 2], [3, 4, 5]].
  std::string data = bytesOf<float>({0, 3, 1, 4, 2, 5});
  Tensor tensor = readNpy(
      folder.write("f.npy", npy(dictionary("<f4", "(2, 3)", "True"), data)));
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(tensor.as<float>()[i], float(i));
}

TEST(Npy, BooleansBecomeZeroOrOne) {
  TestFolder folder;
  Tensor tensor = readNpy(folder.write(
      "b.npy", npy(dictionary("|b1", "(2,)"), std::string({7, 0}))));
  EXPECT_EQ(tensor.as<uint8_t>()[0], 1);
  EXPECT_EQ(tensor.as<uint8_t>()[1], 0);
}

TEST(Npy, WritesWhatItReads) {
  TestFolder folder;
  for (std::vector<int64_t> shape : std::vector<std::vector<int64_t>>{
           {}, {3}, {2, 3}, {0, 4}, {1, 2, 3, 1}}) {
    Tensor tensor(TensorSpec{"", DType::F32, shape});
    for (int64_t i = 0; i < tensor.spec.elements(); ++i)
      tensor.as<float>()[i] = float(i) + 0.5f;
    writeNpy(folder.file("w.npy"), viewOf(tensor, ""));
    Tensor again = readNpy(folder.file("w.npy"));
    EXPECT_EQ(again.spec.shape, shape);
    EXPECT_EQ(std::memcmp(again.bytes.data(), tensor.bytes.data(),
                          tensor.bytes.size()),
              0);
    EXPECT_EQ(
        (readFile(folder.file("w.npy")).size() - tensor.bytes.size()) % 64, 0u);
  }
  Tensor brain(TensorSpec{"", DType::BF16, {2}});
  EXPECT_ERROR(writeNpy(folder.file("w.npy"), viewOf(brain, "")),
               "but got bf16");
}

TEST(Npy, BadFiles) {
  TestFolder folder;
  auto read = [&](const std::string &bytes) {
    readNpy(folder.write("bad.npy", bytes));
  };
  EXPECT_ERROR(read(""), "expected an NPY file, but the magic is wrong");
  EXPECT_ERROR(read("\x93NUMPX12345"), "the magic is wrong");
  EXPECT_ERROR(read(npy("", "", 4)),
               "expected NPY version 1, 2 or 3, but got 4.0");
  EXPECT_ERROR(read("\x93NUMPY\x01"), "the magic is wrong");
  EXPECT_ERROR(read(npy("{", "")), "in the NPY header, but got {");
  EXPECT_ERROR(read(npy("{}", "")),
               "expected the keys descr, fortran_order and shape");
  EXPECT_ERROR(read(npy(dictionary(">f8", "(1,)"), "")), "but got >f8");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(1"), "")), "in the NPY header");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(-1,)"), "")), "expected a shape");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(99999999999999999999,)"), "")),
               "expected extents of 63 bits");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(1,)", "Maybe"), "")),
               "expected True or False");
  EXPECT_ERROR(
      read(npy(dictionary("<f8", "(1099511627776, 1099511627776)"), "")),
      "the file is too small");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(1000000000,)"), "12345678")),
               "the file is too small");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(2,)"), "12345678")),
               "bytes of f64[2], but got 8");
  EXPECT_ERROR(read(npy(dictionary("<f8", "(1,)"), "123456789")),
               "but the file holds more");
  std::string longHeader =
      std::string("\x93NUMPY\x02\x00", 8) + "\xff\xff\xff\xff";
  EXPECT_ERROR(read(longHeader), "but got 4294967295");
  EXPECT_ERROR(read(npy("{'shape': (1,), 'shape': (2,), }", "")),
               "expected one key 'shape'");
  std::string ones;
  for (int i = 0; i < 65; ++i)
    ones += "1,";
  EXPECT_ERROR(read(npy(dictionary("<f8", "(" + ones + ")"), "12345678")),
               "expected at most 64 dims");
  std::string message = errorOf(
      [&] { read(npy(dictionary(std::string(60000, 'A'), "()"), "")); });
  EXPECT_LT(message.size(), 1000u);
}

/// A zip archive of one entry.
static std::string zip(const std::string &name, const std::string &content,
                       bool deflated) {
  auto word = [](uint64_t value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i)
      bytes += char(value >> (8 * i));
    return bytes;
  };
  std::string packed = content;
  if (deflated) {
    packed = gzip(content);
    packed = packed.substr(10, packed.size() -
                                   18); // without gzip's header and trailer
  }
  uLong sum = crc32(0, reinterpret_cast<const Bytef *>(content.data()),
                    uInt(content.size()));
  std::string common = word(20, 2) + word(0, 2) + word(deflated ? 8 : 0, 2) +
                       word(0, 4) + word(sum, 4) + word(packed.size(), 4) +
                       word(content.size(), 4) + word(name.size(), 2) +
                       word(0, 2);
  std::string local = word(0x04034b50, 4) + common + name + packed;
  std::string central = word(0x02014b50, 4) + word(20, 2) + common +
                        word(0, 2) + word(0, 2) + word(0, 2) + word(0, 4) +
                        word(0, 4) + name;
  return local + central + word(0x06054b50, 4) + word(0, 4) + word(1, 2) +
         word(1, 2) + word(central.size(), 4) + word(local.size(), 4) +
         word(0, 2);
}

/// All arrays of an archive.
static TensorMap readAll(const std::string &path) {
  NpzArchive archive(path);
  TensorMap tensors;
  for (const std::string &name : archive.names())
    tensors.emplace(name, archive.read(name));
  return tensors;
}

TEST(Npz, ReadsStoredAndDeflated) {
  TestFolder folder;
  std::string array =
      npy(dictionary("<f4", "(300,)"), bytesOf(std::vector<float>(300, 2.5f)));
  for (bool deflated : {false, true}) {
    NpzArchive archive(folder.write("a.npz", zip("x.npy", array, deflated)));
    ASSERT_EQ(archive.names(), std::vector<std::string>{"x"});
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(archive.header("x").shape, std::vector<int64_t>{300});
      Tensor x = archive.read("x");
      EXPECT_EQ(x.as<float>()[299], 2.5f);
      EXPECT_EQ(x.spec.name, folder.file("a.npz:x"));
    }
    EXPECT_ERROR(archive.read("y"), "a.npz: expected an array 'y', but got x");
  }
  NpzArchive notes(folder.write("notes.npz", zip("notes.txt", array, false)));
  EXPECT_ERROR(notes.header("notes"),
               "expected an array 'notes', but got none");
}

TEST(Npz, InflatesWhatIsAskedFor) {
  TestFolder folder;
  // A header that promises 64 GB, in an archive that could hold them if deflate
  // had made them.
  std::string huge =
      npy(dictionary("<f8", "(8589934592,)"), std::string(1 << 20, 0));
  NpzArchive archive(folder.write("a.npz", zip("x.npy", huge, true)));
  EXPECT_EQ(archive.header("x").shape, std::vector<int64_t>{8589934592});
  EXPECT_ERROR(archive.read("x"), "the file is too small for that");
}

TEST(Npz, BadArchives) {
  TestFolder folder;
  std::string array = npy(dictionary("|u1", "(400,)"), std::string(400, 'x'));
  std::string good = zip("x.npy", array, true);
  EXPECT_ERROR(readAll(folder.write("a.npz", "no zip at all")),
               "expected an NPZ archive");
  EXPECT_ERROR(readAll(folder.file("")), "but got a folder");
  EXPECT_ERROR(readAll(folder.file("none")), "cannot open");
  // No byte of an archive may crash the reader, and none of what it holds may
  // change.
  for (size_t i = 0; i < good.size(); ++i)
    for (int mask : {0x01, 0xff}) {
      std::string bad = good;
      bad[i] ^= char(mask);
      try {
        for (auto &[name, tensor] : readAll(folder.write("b.npz", bad)))
          for (size_t at = 0; at < tensor.bytes.size(); ++at)
            ASSERT_EQ(tensor.as<char>()[at], 'x') << i;
      } catch (const Error &) {
      }
    }
  for (size_t size = 0; size < good.size(); ++size)
    errorOf([&] { readAll(folder.write("b.npz", good.substr(0, size))); });
  // Encrypted, and packed by bzip2, in both headers.
  std::string stored = zip("x.npy", array, false);
  const size_t central = stored.size() - 22 - 46 - 5;
  for (auto [offset, value] : {std::pair<size_t, char>(6, 1), {8, 12}}) {
    std::string other = stored;
    other[offset] = other[central + offset + 2] = value;
    EXPECT_ERROR(readAll(folder.write("d.npz", other)),
                 "expected a stored or deflated entry x.npy");
  }
  // The last element, before the directory of one entry.
  std::string damaged = zip("x.npy", array, false);
  damaged[damaged.size() - 22 - 46 - 5 - 1] ^= 0xff;
  EXPECT_ERROR(readAll(folder.write("c.npz", damaged)),
               "expected an undamaged entry x.npy");
}

TEST(Npz, ReadsWhatItWrites) {
  TestFolder folder;
  Tensor x({"x", DType::F32, {2, 3}}), n({"n", DType::I64, {}}),
      none({"a/none", DType::F64, {0, 4}});
  for (int i = 0; i < 6; ++i)
    x.as<float>()[i] = float(i) / 2;
  n.as<int64_t>()[0] = -7;
  const std::string path = folder.file("out.npz");
  writeNpz(path, {viewOf(x, "x"), viewOf(n, "n"), viewOf(none, "a/none")});
  NpzArchive archive(path);
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"x", "n", "a/none"}));
  Tensor again = archive.read("x");
  EXPECT_EQ(again.spec.shape, x.spec.shape);
  EXPECT_EQ(std::memcmp(again.bytes.data(), x.bytes.data(), x.bytes.size()), 0);
  EXPECT_EQ(archive.read("n").as<int64_t>()[0], -7);
  EXPECT_EQ(archive.read("a/none").spec.shape, none.spec.shape);
  EXPECT_ERROR(writeNpz(path, {viewOf(x, "x"), viewOf(n, "x")}),
               "expected different names of arrays");
  Tensor brain({"b", DType::BF16, {1}});
  EXPECT_ERROR(writeNpz(path, {viewOf(brain, "b")}), "a type that NPY has");
  // A failure leaves the old file.
  EXPECT_EQ(NpzArchive(path).names().size(), 3u);
}
