// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NPY: a magic string, a version, a Python dictionary as text, then the
// elements.
#include "sinter/Data/Npy.h"
#include "NpyFormat.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <algorithm>
#include <fmt/format.h>

using namespace sinter;

/// NumPy's own limit.
static constexpr size_t mostDims = 64;

namespace {
/// What the dictionary of an NPY file says.
struct Header {
  TensorSpec spec;
  bool fortranOrder = false;
};

/// Parses the dictionary, a literal of Python with three keys in any order.
class HeaderParser {
public:
  HeaderParser(const std::string &file, const std::string &text)
      : file(file), text(text) {}

  Header parse() {
    Header header;
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      std::string key = quoted();
      expect(':');
      size_t number = key == "descr"           ? 0
                      : key == "fortran_order" ? 1
                      : key == "shape"         ? 2
                                               : 3;
      if (number == 3)
        fail(fmt::format("no key '{}'", excerpt(key)));
      if (seen[number])
        fail(fmt::format("one key '{}'", key));
      seen[number] = true;
      if (number == 0)
        header.spec.dtype = dtypeOf(quoted());
      else if (number == 1)
        header.fortranOrder = boolean();
      else
        header.spec.shape = tuple();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!seen[0] || !seen[1] || !seen[2])
      fail("the keys descr, fortran_order and shape");
    return header;
  }

private:
  [[noreturn]] void fail(const std::string &expected) const {
    throw Error(fmt::format(
        "{}: expected {} in the NPY header, but got {}", file, expected,
        excerpt(text.substr(0, text.find_last_not_of(" \n") + 1))));
  }
  /// The beginning of a text, for errors.
  static std::string excerpt(const std::string &text) {
    return text.size() > 200 ? text.substr(0, 200) + "..." : text;
  }
  void skipSpace() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n'))
      ++at;
  }
  bool accept(char c) {
    skipSpace();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      fail(fmt::format("'{}'", c));
  }
  std::string quoted() {
    skipSpace();
    char quote = at < text.size() ? text[at] : 0;
    size_t end = quote == '\'' || quote == '"' ? text.find(quote, at + 1)
                                               : std::string::npos;
    if (end == std::string::npos)
      fail("a string");
    std::string value = text.substr(at + 1, end - at - 1);
    at = end + 1;
    return value;
  }
  bool boolean() {
    skipSpace();
    bool value = text.compare(at, 4, "True") == 0;
    if (!value && text.compare(at, 5, "False") != 0)
      fail("True or False");
    at += value ? 4 : 5;
    return value;
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> values;
    expect('(');
    while (!accept(')')) {
      skipSpace();
      size_t digits = at;
      int64_t value = 0;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[at] - '0', &value))
          fail("extents of 63 bits");
      if (at == digits)
        fail("a shape");
      values.push_back(value);
      if (values.size() > mostDims)
        fail(fmt::format("at most {} dims", mostDims));
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return values;
  }
  DType dtypeOf(const std::string &descr) const {
    if (std::optional<DType> dtype = findDType([&](const DTypeInfo &info) {
          return info.numpy && descr == info.numpy;
        }))
      return *dtype;
    throw Error(fmt::format("{}: expected an array of <f8, <f4, <f2, <i8, <i4, "
                            "<i2, |i1, |u1 or |b1, but got {}",
                            file, excerpt(descr)));
  }

  const std::string &file, &text;
  size_t at = 0;
};
} // namespace

static void readExactly(const ReadFunction &read, void *to, size_t bytes,
                        const std::string &file, const std::string &what) {
  size_t count = read(to, bytes);
  if (count != bytes)
    throw Error(fmt::format("{}: expected {} bytes of {}, but got {}", file,
                            bytes, what, count));
}

static Header readHeader(const ReadFunction &read, const std::string &file) {
  uint8_t start[8], size[4] = {};
  size_t count = read(start, sizeof(start));
  if (count == sizeof(start))
    checkIsNotOfTorch(file, start, "NPY");
  if (count != sizeof(start) || std::memcmp(start, "\x93NUMPY", 6) != 0)
    throw Error(
        fmt::format("{}: expected an NPY file, but the magic is wrong", file));
  if (start[6] < 1 || start[6] > 3)
    throw Error(fmt::format("{}: expected NPY version 1, 2 or 3, but got {}.{}",
                            file, start[6], start[7]));
  readExactly(read, size, start[6] == 1 ? 2 : 4, file, "an NPY header");
  uint32_t length = uint32_t(size[0]) | uint32_t(size[1]) << 8 |
                    uint32_t(size[2]) << 16 | uint32_t(size[3]) << 24;
  if (length > (1u << 20))
    throw Error(fmt::format(
        "{}: expected an NPY header of at most 1048576 bytes, but got {}", file,
        length));
  std::string text(length, 0);
  readExactly(read, text.data(), length, file, "an NPY header");
  Header header = HeaderParser(file, text).parse();
  header.spec.name = file;
  return header;
}

TensorSpec sinter::readNpySpec(const ReadFunction &read,
                               const std::string &file) {
  return readHeader(read, file).spec;
}

/// From column-major to row-major order.
static Tensor transposed(const Tensor &tensor) {
  TensorSpec spec = tensor.spec;
  Tensor result(spec);
  size_t size = sizeOf(spec.dtype), rank = spec.shape.size();
  std::vector<int64_t> position(rank), stride(rank);
  int64_t product = 1;
  for (size_t axis = 0; axis < rank; ++axis) {
    stride[axis] = product;
    product *= spec.shape[axis];
  }
  for (int64_t i = 0, n = spec.elements(); i < n; ++i) {
    int64_t source = 0;
    for (size_t axis = 0; axis < rank; ++axis)
      source += position[axis] * stride[axis];
    std::memcpy(result.as<char>() + i * size, tensor.as<char>() + source * size,
                size);
    for (size_t axis = rank;
         axis-- > 0 && ++position[axis] == spec.shape[axis];)
      position[axis] = 0;
  }
  return result;
}

Tensor sinter::readNpyArray(const ReadFunction &read, const std::string &file,
                            uint64_t largest) {
  Header header = readHeader(read, file);
  uint64_t bytes;
  if (!checkedBytes(header.spec.dtype, header.spec.shape, bytes) ||
      bytes > largest)
    throw Error(fmt::format("{}: expected {} according to its header, but the "
                            "file is too small for that",
                            file, typeText(header.spec)));
  Tensor tensor(header.spec);
  readExactly(read, tensor.bytes.data(), bytes, file, typeText(header.spec));
  char beyond;
  if (read(&beyond, 1))
    throw Error(fmt::format("{}: expected {} bytes of {}, but the file holds "
                            "more",
                            file, bytes, typeText(header.spec)));
  if (header.spec.dtype == DType::Bool)
    std::transform(tensor.as<uint8_t>(), tensor.as<uint8_t>() + bytes,
                   tensor.as<uint8_t>(),
                   [](uint8_t value) { return value != 0; });
  return header.fortranOrder ? transposed(tensor) : std::move(tensor);
}

Tensor sinter::readNpy(const std::string &path) {
  InputFile file(path);
  auto read = [&](void *to, size_t bytes) { return file.read(to, bytes); };
  return readNpyArray(read, path, file.largestContent());
}

TensorSpec sinter::readNpyHeader(const std::string &path) {
  InputFile file(path);
  auto read = [&](void *to, size_t bytes) { return file.read(to, bytes); };
  return readNpySpec(read, path);
}

std::string sinter::npyHeader(const std::string &name, const TensorSpec &spec) {
  const char *descr = infoOf(spec.dtype).numpy;
  if (!descr)
    throw Error(fmt::format("{}: expected a type that NPY has, but got {}",
                            name, nameOf(spec.dtype)));
  std::string shape = "(";
  for (size_t axis = 0; axis < spec.shape.size(); ++axis)
    shape += fmt::format(axis ? " {}," : "{},", spec.shape[axis]);
  if (spec.shape.size() > 1)
    shape.pop_back();
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}), }}",
                  descr, shape);
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  if (text.size() > 0xffff)
    throw Error(fmt::format("{}: expected a shape that fits an NPY header, but "
                            "got rank {}",
                            name, spec.shape.size()));
  std::string start("\x93NUMPY\x01\x00", 8);
  start += char(text.size() & 255);
  start += char(text.size() >> 8);
  return start + text;
}

void sinter::writeNpy(const std::string &path, const TensorView &tensor) {
  const std::string header = npyHeader(path, tensor.spec);
  writeFileAtomically(
      path, {header, std::string_view(static_cast<const char *>(tensor.data),
                                      tensor.spec.bytes())});
}
