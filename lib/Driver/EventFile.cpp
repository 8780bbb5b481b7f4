// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record is its length (8 bytes, little-endian), the masked checksum of the
// length, the content and its masked checksum
// (https://www.tensorflow.org/tutorials/load_data/tfrecord).
#include "EventFile.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sinter::driver {

static constexpr std::string_view filePrefix = "events.out.tfevents.";

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> values{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
      values[byte] = byte;
      for (int bit = 0; bit < 8; ++bit)
        values[byte] = values[byte] >> 1 ^ (values[byte] & 1 ? 0x82f63b78 : 0);
    }
    return values;
  }();
  uint32_t crc = ~0u;
  for (char byte : bytes)
    crc = crc >> 8 ^ table[(crc ^ uint8_t(byte)) & 0xff];
  return ~crc;
}

/// The lowest bytes of a number, the lowest first.
static std::string littleEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text += char(value >> 8 * i);
  return text;
}

/// A checksum of data that may itself hold checksums, as TensorFlow stores it.
static std::string maskedChecksum(std::string_view bytes) {
  uint32_t crc = crc32c(bytes);
  return littleEndian(uint32_t((crc >> 15 | crc << 17) + 0xa282ead8u), 4);
}

/// TensorBoard reads the files of a folder in the order of their names, which
/// begin with seconds: this is after all that are there.
static int64_t timeForName(const std::string &folder) {
  int64_t time = int64_t(std::time(nullptr));
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.compare(0, filePrefix.size(), filePrefix) != 0)
      continue;
    int64_t other = std::atoll(name.c_str() + filePrefix.size());
    // Ten digits are compared as text.
    if (other < 9999999999)
      time = std::max(time, other + 1);
  }
  return time;
}

EventFile::EventFile(const std::string &folder) {
  char host[256] = "localhost";
  ::gethostname(host, sizeof(host) - 1);
  try {
    std::filesystem::create_directories(folder);
    path = fmt::format("{}/{}{:010}.{}.{}.0", folder, filePrefix,
                       timeForName(folder), host, ::getpid());
  } catch (const std::filesystem::filesystem_error &error) {
    failToMakeFolder(folder, error.code().value());
  }
  descriptor = ::open(path.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    failToMakeFolder(folder, errno);
}

EventFile::~EventFile() { ::close(descriptor); }

void EventFile::add(std::string_view record) {
  std::string length = littleEndian(record.size(), 8);
  pending += length + maskedChecksum(length);
  pending += record;
  pending += maskedChecksum(record);
}

void EventFile::flush() {
  struct stat before{};
  ::fstat(descriptor, &before);
  for (size_t done = 0; done < pending.size();) {
    ssize_t count =
        ::write(descriptor, pending.data() + done, pending.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      int code = errno;
      // Readers stop at half a record.
      [[maybe_unused]] int ignored = ::ftruncate(descriptor, before.st_size);
      throw Error(
          fmt::format("{}: cannot write: {}", path, std::strerror(code)));
    }
    done += size_t(count);
  }
  pending.clear();
}

} // namespace sinter::driver
