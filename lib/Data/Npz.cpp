// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NPZ: a zip archive of NPY files. Only what NumPy writes of zip: stored and
// deflated entries of one file.
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Npy.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

using namespace sinter;

namespace {
/// One entry of the central directory.
struct ZipEntry {
  std::string name;
  uint32_t method = 0, checksum = 0;
  uint64_t packed = 0, unpacked = 0, header = 0;
};

/// Reads the directory and the entries of an archive in memory.
class ZipReader {
public:
  explicit ZipReader(const std::string &path)
      : path(path), bytes(readFile(path)) {}

  std::vector<ZipEntry> entries() const {
    size_t end = findEnd();
    uint64_t count = word(end + 10, 2), at = word(end + 16, 4);
    if (count == 0xffff || at == 0xffffffff)
      fail("an archive of less than 4 GB and 65535 entries");
    std::vector<ZipEntry> result;
    for (uint64_t i = 0; i < count; ++i) {
      if (word(at, 4) != 0x02014b50)
        fail("an entry of the zip directory");
      ZipEntry entry;
      entry.method = uint32_t(word(at + 10, 2));
      entry.checksum = uint32_t(word(at + 16, 4));
      entry.packed = word(at + 20, 4);
      entry.unpacked = word(at + 24, 4);
      entry.header = word(at + 42, 4);
      uint64_t nameSize = word(at + 28, 2);
      entry.name = std::string(slice(at + 46, nameSize));
      at += 46 + nameSize + word(at + 30, 2) + word(at + 32, 2);
      result.push_back(std::move(entry));
    }
    return result;
  }

  std::string content(const ZipEntry &entry) const {
    if (word(entry.header, 4) != 0x04034b50)
      fail("a zip entry at the place that the directory names");
    uint64_t start = entry.header + 30 + word(entry.header + 26, 2) +
                     word(entry.header + 28, 2);
    std::string_view packed = slice(start, entry.packed);
    std::string result;
    if (entry.method == 0)
      result = std::string(packed);
    else if (entry.method == Z_DEFLATED)
      result = inflateEntry(packed, entry);
    else
      fail(fmt::format("stored or deflated entries (not method {})",
                       entry.method));
    uLong sum = crc32_z(0, reinterpret_cast<const Bytef *>(result.data()),
                        result.size());
    if (result.size() != entry.unpacked || sum != entry.checksum)
      fail("an undamaged entry " + entry.name);
    return result;
  }

private:
  [[noreturn]] void fail(const std::string &expected) const {
    throw Error(fmt::format(
        "{}: expected {}, but the archive has something else", path, expected));
  }

  std::string_view slice(uint64_t at, uint64_t size) const {
    if (at > bytes.size() || size > bytes.size() - at)
      throw Error(fmt::format(
          "{}: expected a whole NPZ archive, but it is truncated", path));
    return std::string_view(bytes).substr(at, size);
  }

  uint64_t word(uint64_t at, int size) const {
    std::string_view text = slice(at, size);
    uint64_t value = 0;
    for (int i = size; i-- > 0;)
      value = value << 8 | uint8_t(text[i]);
    return value;
  }

  /// The end record is the last thing in the file but for a comment.
  size_t findEnd() const {
    size_t at = bytes.rfind("PK\x05\x06");
    if (at == std::string::npos || bytes.size() - at < 22)
      fail("an NPZ archive (zip)");
    return at;
  }

  std::string inflateEntry(std::string_view packed,
                           const ZipEntry &entry) const {
    if (entry.unpacked / 1032 > packed.size())
      fail("an entry of a possible size");
    std::string result(entry.unpacked, 0);
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      throw std::bad_alloc();
    stream.next_in =
        reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
    stream.avail_in = uInt(packed.size());
    stream.next_out = reinterpret_cast<Bytef *>(result.data());
    stream.avail_out = uInt(result.size());
    int code = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (code != Z_STREAM_END || stream.avail_out)
      fail("an undamaged entry " + entry.name);
    return result;
  }

  std::string path, bytes;
};
} // namespace

TensorMap sinter::readNpz(const std::string &path) {
  ZipReader archive(path);
  TensorMap tensors;
  for (const ZipEntry &entry : archive.entries()) {
    std::string name = entry.name;
    size_t stem = name.size() < 4 ? std::string::npos : name.size() - 4;
    if (stem == std::string::npos || name.substr(stem) != ".npy")
      throw Error(
          fmt::format("{}: expected entries NAME.npy, but got {}", path, name));
    Tensor tensor = parseNpy(path + ":" + name, archive.content(entry));
    tensor.spec.name = name.substr(0, stem);
    if (!tensors.emplace(tensor.spec.name, std::move(tensor)).second)
      throw Error(fmt::format("{}: expected different names, but got {} twice",
                              path, name));
  }
  return tensors;
}

std::vector<Tensor> sinter::readNpz(const std::string &path,
                                    const std::vector<std::string> &names) {
  TensorMap tensors = readNpz(path);
  std::vector<std::string> known;
  for (auto &[name, tensor] : tensors)
    known.push_back(name);
  std::vector<Tensor> chosen;
  for (const std::string &name : names) {
    auto found = tensors.find(name);
    if (found == tensors.end())
      throw Error(fmt::format("{}: expected an array '{}', but got {}", path,
                              name, fmt::join(known, ", ")));
    chosen.push_back(found->second);
    chosen.back().spec.name = path + ":" + name;
  }
  return chosen;
}
