// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The IDX format: two zero bytes, the element type, the rank, big-endian
// extents, big-endian elements.
#include "sinter/Data/Idx.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <algorithm>
#include <fmt/format.h>

using namespace sinter;

static bool dtypeOfCode(uint8_t code, DType &dtype) {
  switch (code) {
  case 0x08:
    dtype = DType::U8;
    return true;
  case 0x09:
    dtype = DType::I8;
    return true;
  case 0x0B:
    dtype = DType::I16;
    return true;
  case 0x0C:
    dtype = DType::I32;
    return true;
  case 0x0D:
    dtype = DType::F32;
    return true;
  case 0x0E:
    dtype = DType::F64;
    return true;
  default:
    return false;
  }
}

static TensorSpec readHeader(InputFile &file) {
  uint8_t magic[4];
  file.readExactly(magic, 4, "an IDX header");
  TensorSpec spec;
  if (magic[0] || magic[1] || !dtypeOfCode(magic[2], spec.dtype))
    throw Error(fmt::format(
        "{}: expected an IDX file (magic 00 00 08 to 0e), but got magic "
        "{:02x} {:02x} {:02x} {:02x}",
        file.path(), magic[0], magic[1], magic[2], magic[3]));
  for (int axis = 0; axis < magic[3]; ++axis) {
    uint8_t word[4];
    file.readExactly(word, 4, "an IDX header");
    spec.shape.push_back(int64_t(word[0]) << 24 | int64_t(word[1]) << 16 |
                         int64_t(word[2]) << 8 | int64_t(word[3]));
  }
  spec.name = file.path();
  uint64_t bytes;
  if (!checkedBytes(spec.dtype, spec.shape, bytes) ||
      bytes > file.largestContent())
    throw Error(fmt::format(
        "{}: expected {} according to its header, but the file is too small "
        "for that",
        file.path(), typeText(spec)));
  return spec;
}

static void swapBytes(Tensor &tensor) {
  size_t size = sizeOf(tensor.spec.dtype);
  char *data = tensor.as<char>();
  for (size_t i = 0; size > 1 && i < tensor.bytes.size(); i += size)
    std::reverse(data + i, data + i + size);
}

Tensor sinter::readIdx(const std::string &path) {
  InputFile file(path);
  Tensor tensor(readHeader(file));
  size_t count = file.read(tensor.bytes.data(), tensor.bytes.size());
  if (count != tensor.bytes.size())
    throw Error(fmt::format("{}: expected {} bytes for {} according to its "
                            "header, but got {}",
                            path, tensor.bytes.size(), typeText(tensor.spec),
                            count));
  // Reading past the end also makes zlib check the sum of the last block.
  char beyond;
  if (file.read(&beyond, 1))
    throw Error(fmt::format("{}: expected {} bytes for {} according to its "
                            "header, but the file holds more",
                            path, tensor.bytes.size(), typeText(tensor.spec)));
  swapBytes(tensor);
  return tensor;
}

TensorSpec sinter::readIdxHeader(const std::string &path) {
  InputFile file(path);
  return readHeader(file);
}
