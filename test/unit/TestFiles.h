// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of a test: a folder that goes away with it, gzip, the text of an error.
#ifndef SINTER_TEST_UNIT_TESTFILES_H
#define SINTER_TEST_UNIT_TESTFILES_H

#include "sinter/Data/Error.h"
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace sinter::test {

/// A folder that is removed at the end.
class TestFolder {
public:
  TestFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sinter-test-XXXXXX")
            .string();
    path = ::mkdtemp(pattern.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string file(const std::string &name) const { return path + "/" + name; }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
    return file(name);
  }
  /// Names of all files, hidden ones included.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (auto &entry : std::filesystem::directory_iterator(path))
      result.push_back(entry.path().filename());
    return result;
  }

private:
  std::string path;
};

inline std::string gzip(const std::string &bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, bytes.size()) + 64, 0);
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef *>(result.data());
  stream.avail_out = uInt(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

/// An IDX file of bytes.
inline std::string idx(const std::vector<uint32_t> &shape,
                       const std::string &values) {
  std::string bytes = {0, 0, 8, char(shape.size())};
  for (uint32_t extent : shape)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes += char(extent >> shift);
  return bytes + values;
}

/// The message of the Error that `call` throws; "" if it throws none.
template <typename Call> std::string errorOf(Call call) {
  try {
    call();
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

/// The bytes of values, as files have them.
template <typename T> std::string bytesOf(const std::vector<T> &values) {
  return std::string(reinterpret_cast<const char *>(values.data()),
                     values.size() * sizeof(T));
}

} // namespace sinter::test

#define EXPECT_ERROR(expression, part)                                         \
  EXPECT_NE(sinter::test::errorOf([&] { (void)(expression); }).find(part),     \
            std::string::npos)                                                 \
      << sinter::test::errorOf([&] { (void)(expression); })

#endif
