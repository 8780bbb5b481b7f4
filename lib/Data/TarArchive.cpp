// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tar archives through libarchive; gzip is undone before it sees them.
#include "TarArchive.h"
#include "sinter/Data/Error.h"
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <new>

using namespace sinter;

static constexpr size_t blockBytes = 1 << 16;

long TarArchive::readBlock(struct ::archive *, void *self, const void **block) {
  auto *archive = static_cast<TarArchive *>(self);
  *block = archive->buffer.data();
  try {
    return long(
        archive->file.read(archive->buffer.data(), archive->buffer.size()));
  } catch (...) {
    archive->failure = std::current_exception();
    return -1;
  }
}

TarArchive::TarArchive(const std::string &path)
    : file(path), buffer(blockBytes), reader(archive_read_new()) {
  if (!reader)
    throw std::bad_alloc();
  archive_read_support_format_tar(reader);
  if (archive_read_open(reader, this, nullptr, readBlock, nullptr) ==
      ARCHIVE_OK)
    return;
  // The destructor does not run.
  archive_read_free(reader);
  if (failure)
    std::rethrow_exception(failure);
  throw Error(fmt::format("{}: expected a tar archive, but it is none", path));
}

TarArchive::~TarArchive() { archive_read_free(reader); }

void TarArchive::fail() {
  if (failure)
    std::rethrow_exception(failure);
  const char *text = archive_error_string(reader);
  throw Error(
      fmt::format("{}: expected a whole tar archive, but it is damaged ({})",
                  file.path(), text ? text : "unknown error"));
}

bool TarArchive::next() {
  while (true) {
    archive_entry *entry = nullptr;
    int code = archive_read_next_header(reader, &entry);
    if (code == ARCHIVE_EOF)
      break;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
      fail();
    const char *name = archive_entry_pathname(entry);
    if (!name || archive_entry_filetype(entry) != AE_IFREG)
      continue;
    entryName = name;
    entrySize = uint64_t(archive_entry_size(entry));
    // A sparse file can be of any size.
    if (entrySize > file.largestContent())
      throw Error(fmt::format("{}: expected {} bytes of {} in the archive, but "
                              "it is too small for that",
                              file.path(), entrySize, entryName));
    return true;
  }
  // Reading to the end makes zlib check the sum of the last block.
  while (file.read(buffer.data(), buffer.size()))
    ;
  return false;
}

size_t TarArchive::read(void *to, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    la_ssize_t count =
        archive_read_data(reader, static_cast<char *>(to) + done, bytes - done);
    if (count < 0)
      fail();
    if (count == 0)
      break;
    done += size_t(count);
  }
  return done;
}
