// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of records as TensorFlow frames them, each with checksums.
#ifndef SINTER_LIB_DRIVER_EVENTFILE_H
#define SINTER_LIB_DRIVER_EVENTFILE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace sinter::driver {

/// CRC-32C (Castagnoli), as in RFC 3720.
uint32_t crc32c(std::string_view bytes);

/// A file of records that only grows. Records are whole in it: what could not
/// be written goes again.
class EventFile {
public:
  /// Makes the file, and the folder if there is none; by its name it comes
  /// after all event files that are there. Throws sinter::Error.
  explicit EventFile(const std::string &folder);
  ~EventFile();
  EventFile(const EventFile &) = delete;
  EventFile &operator=(const EventFile &) = delete;

  /// Frames a record, which flush() writes.
  void add(std::string_view record);
  /// Writes all records since the last one. Throws sinter::Error.
  void flush();

private:
  std::string path, pending;
  int descriptor = -1;
};

} // namespace sinter::driver
#endif
