// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading files, with gzip undone by zlib.
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace sinter;

struct InputFile::Implementation {
  gzFile stream = nullptr;
  uint64_t largest = std::numeric_limits<uint64_t>::max();

  ~Implementation() {
    if (stream)
      gzclose(stream);
  }
};

/// Deflate never expands by more than this.
static constexpr uint64_t largestRatio = 1032;

InputFile::InputFile(const std::string &path)
    : file(std::make_unique<Implementation>()), name(path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw Error(fmt::format("{}: cannot open: {}", path, std::strerror(errno)));
  struct stat status{};
  if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    throw Error(fmt::format("{}: expected a file, but got a folder", path));
  }
  if (S_ISREG(status.st_mode)) {
    unsigned char magic[2] = {};
    bool gzip = pread(descriptor, magic, 2, 0) == 2 && magic[0] == 0x1f &&
                magic[1] == 0x8b;
    file->largest = uint64_t(status.st_size) * (gzip ? largestRatio : 1);
  }
  file->stream = gzdopen(descriptor, "rb");
  if (!file->stream) {
    ::close(descriptor);
    throw Error(fmt::format("{}: cannot open: out of memory", path));
  }
  gzbuffer(file->stream, 1 << 18);
}

InputFile::~InputFile() = default;

size_t InputFile::read(void *to, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    unsigned request = unsigned(std::min<size_t>(bytes - done, 1u << 30));
    int count = gzread(file->stream, static_cast<char *>(to) + done, request);
    int code = Z_OK;
    const char *text = gzerror(file->stream, &code);
    if (code == Z_ERRNO)
      throw Error(
          fmt::format("{}: cannot read: {}", name, std::strerror(errno)));
    if (code == Z_BUF_ERROR)
      throw Error(fmt::format(
          "{}: expected a whole gzip file, but it is truncated", name));
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
      throw Error(
          fmt::format("{}: expected a valid gzip file, but it is damaged ({})",
                      name, text ? text : "unknown error"));
    if (count == 0)
      break;
    done += size_t(count);
  }
  return done;
}

void InputFile::readExactly(void *to, size_t bytes, const std::string &what) {
  size_t count = read(to, bytes);
  if (count != bytes)
    throw Error(fmt::format("{}: expected {} bytes of {}, but got {}", name,
                            bytes, what, count));
}

uint64_t InputFile::largestContent() const { return file->largest; }

void sinter::checkIsNotOfTorch(const std::string &path, const void *start,
                               const std::string &expected) {
  // A zip archive, or the number that torch.save pickled before.
  bool isZip = std::memcmp(start, "PK\3\4", 4) == 0;
  const size_t dot = path.rfind('.');
  const std::string stem = path.substr(0, dot);
  const std::string ending = dot == std::string::npos ? "" : path.substr(dot);
  if ((!isZip && std::memcmp(start, "\x80\2\x8a\x0a", 4) != 0) ||
      ending == ".npz")
    return;
  const std::string load =
      fmt::format("torch.load(\"{}\", weights_only=True)", path);
  throw Error(fmt::format(
      "{}: expected {} file, but got one of torch.save; these two lines of "
      "Python convert it:\n{}",
      path, expected == "NPY" ? "an NPY" : "a " + expected,
      expected == "NPY"
          ? fmt::format(
                "import numpy, torch\nnumpy.save(\"{}.npy\", {}.numpy())", stem,
                load)
          : fmt::format("import torch, safetensors.torch\n"
                        "safetensors.torch.save_file({}, \"{}.safetensors\")",
                        load, stem)));
}

std::string sinter::readFile(const std::string &path) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rbe"),
                                              std::fclose);
  if (!file)
    throw Error(fmt::format("{}: cannot open: {}", path, std::strerror(errno)));
  std::string content;
  char chunk[1 << 16];
  while (size_t count = std::fread(chunk, 1, sizeof(chunk), file.get()))
    content.append(chunk, count);
  if (std::ferror(file.get()))
    throw Error(fmt::format("{}: cannot read: {}", path, std::strerror(errno)));
  return content;
}
