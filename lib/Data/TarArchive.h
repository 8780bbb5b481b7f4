// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tar archives, plain or compressed by gzip, read through libarchive.
#ifndef SINTER_LIB_DATA_TARARCHIVE_H
#define SINTER_LIB_DATA_TARARCHIVE_H

#include "sinter/Data/File.h"
#include <exception>

struct archive;

namespace sinter {

/// An archive that is read from front to back. Nothing is extracted: names are
/// only compared. All functions throw sinter::Error.
class TarArchive {
public:
  explicit TarArchive(const std::string &path);
  ~TarArchive();
  TarArchive(const TarArchive &) = delete;
  TarArchive &operator=(const TarArchive &) = delete;

  /// Goes to the next regular file; false at the end, where it is also known
  /// that a compressed file is undamaged.
  bool next();
  /// The file's name in the archive and its bytes, which are no more than the
  /// archive can hold.
  const std::string &name() const { return entryName; }
  uint64_t size() const { return entrySize; }
  /// Reads up to `bytes` of the file; fewer only at its end.
  size_t read(void *to, size_t bytes);

private:
  [[noreturn]] void fail();
  static long readBlock(struct ::archive *, void *self, const void **block);

  InputFile file;
  std::vector<char> buffer;
  struct ::archive *reader = nullptr;
  std::exception_ptr failure; ///< of the file, kept while C code runs
  std::string entryName;
  uint64_t entrySize = 0;
};

} // namespace sinter
#endif
