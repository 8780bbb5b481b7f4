// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NPZ: a zip archive of NPY files, read and written through minizip.
#include "NpyFormat.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Npy.h"
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <minizip/unzip.h>
#include <minizip/zip.h>
#include <set>

using namespace sinter;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// One array in the archive.
struct ZipEntry {
  std::string name; ///< without ".npy"
  unz64_file_pos place{};
  uint64_t largest = 0;    ///< bytes that it can have at most
  bool isReadable = false; ///< stored or deflated, not encrypted
};
} // namespace

struct NpzArchive::Implementation {
  std::string path;
  unzFile file = nullptr;
  std::vector<ZipEntry> entries;

  ~Implementation() {
    if (file)
      unzClose(file);
  }
  [[noreturn]] void fail(const std::string &expected) const {
    throw Error(fmt::format(
        "{}: expected {}, but the archive has something else", path, expected));
  }
  void readDirectory(uint64_t fileSize);
  /// Goes to an array and hands its bytes to `body`.
  template <typename Body>
  auto withEntry(const std::string &name, const Body &body);
};

static constexpr std::string_view suffix = ".npy";

/// Of an entry: without the key its bytes are noise, which minizip gives.
static constexpr uLong encryptedFlag = 1;

/// Deflate never expands by more than this.
static constexpr uint64_t largestRatio = 1032;

void NpzArchive::Implementation::readDirectory(uint64_t fileSize) {
  std::set<std::string> known;
  int code = unzGoToFirstFile(file);
  for (; code == UNZ_OK; code = unzGoToNextFile(file)) {
    unz_file_info64 info{};
    code = unzGetCurrentFileInfo64(file, &info, nullptr, 0, nullptr, 0, nullptr,
                                   0);
    std::string name(info.size_filename + 1, 0);
    if (code == UNZ_OK)
      code = unzGetCurrentFileInfo64(file, nullptr, name.data(), name.size(),
                                     nullptr, 0, nullptr, 0);
    ZipEntry entry;
    if (code != UNZ_OK || unzGetFilePos64(file, &entry.place) != UNZ_OK)
      break;
    name.pop_back();
    if (name.size() < suffix.size() ||
        name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0)
      continue;
    if (!known.insert(name).second)
      throw Error(fmt::format("{}: expected different names, but got {} twice",
                              path, name));
    entry.name = name.substr(0, name.size() - suffix.size());
    entry.isReadable =
        (info.flag & encryptedFlag) == 0 &&
        (info.compression_method == 0 || info.compression_method == Z_DEFLATED);
    entry.largest =
        std::min<uint64_t>(info.compressed_size, fileSize) * largestRatio;
    entries.push_back(std::move(entry));
  }
  if (code != UNZ_END_OF_LIST_OF_FILE)
    fail("a zip directory of whole entries");
}

template <typename Body>
auto NpzArchive::Implementation::withEntry(const std::string &name,
                                           const Body &body) {
  auto entry = std::find_if(
      entries.begin(), entries.end(),
      [&](const ZipEntry &candidate) { return candidate.name == name; });
  if (entry == entries.end()) {
    std::vector<std::string> known;
    for (const ZipEntry &candidate : entries)
      known.push_back(candidate.name);
    throw Error(fmt::format(
        "{}: expected an array '{}', but got {}", path, name,
        known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }
  if (!entry->isReadable || unzGoToFilePos64(file, &entry->place) != UNZ_OK ||
      unzOpenCurrentFile(file) != UNZ_OK)
    fail(fmt::format("a stored or deflated entry {}{}", name, suffix));
  struct Closer {
    unzFile file;
    ~Closer() { unzCloseCurrentFile(file); }
  } closer{file};
  auto read = [&](void *to, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
      int count = unzReadCurrentFile(
          file, static_cast<char *>(to) + done,
          unsigned(std::min<size_t>(bytes - done, 1u << 30)));
      if (count < 0)
        fail(fmt::format("an undamaged entry {}{}", name, suffix));
      if (count == 0)
        break;
      done += size_t(count);
    }
    return done;
  };
  return body(read, path + ":" + name, entry->largest);
}

NpzArchive::NpzArchive(const std::string &path)
    : archive(std::make_unique<Implementation>()) {
  const uint64_t fileSize = InputFile(path).largestContent();
  archive->path = path;
  archive->file = unzOpen64(path.c_str());
  if (!archive->file)
    archive->fail("an NPZ archive (zip)");
  archive->readDirectory(fileSize);
}

NpzArchive::~NpzArchive() = default;

std::vector<std::string> NpzArchive::names() const {
  std::vector<std::string> names;
  for (const ZipEntry &entry : archive->entries)
    names.push_back(entry.name);
  return names;
}

TensorSpec NpzArchive::header(const std::string &name) {
  return archive->withEntry(
      name, [](const ReadFunction &read, const std::string &file, uint64_t) {
        return readNpySpec(read, file);
      });
}

Tensor NpzArchive::read(const std::string &name) {
  return archive->withEntry(
      name,
      [&](const ReadFunction &read, const std::string &file, uint64_t largest) {
        Tensor tensor = readNpyArray(read, file, largest);
        // Closing compares the checksum of what was read to its end.
        if (unzCloseCurrentFile(archive->file) == UNZ_CRCERROR)
          archive->fail(fmt::format("an undamaged entry {}{}", name, suffix));
        return tensor;
      });
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {
/// A file in memory as minizip sees files: archives are written whole or not at
/// all, so they wait here.
struct MemoryFile {
  std::string bytes;
  size_t at = 0;

  static MemoryFile &of(void *stream) {
    return *static_cast<MemoryFile *>(stream);
  }
  static void *open(void *file, const void *, int) { return file; }
  static uLong read(void *, void *, void *, uLong) { return 0; }
  static uLong write(void *, void *stream, const void *from, uLong size) {
    MemoryFile &file = of(stream);
    file.bytes.resize(std::max(file.bytes.size(), file.at + size));
    file.bytes.replace(file.at, size, static_cast<const char *>(from), size);
    file.at += size;
    return size;
  }
  static ZPOS64_T tell(void *, void *stream) { return of(stream).at; }
  static long seek(void *, void *stream, ZPOS64_T offset, int origin) {
    MemoryFile &file = of(stream);
    file.at = offset + (origin == ZLIB_FILEFUNC_SEEK_CUR   ? file.at
                        : origin == ZLIB_FILEFUNC_SEEK_END ? file.bytes.size()
                                                           : 0);
    return 0;
  }
  static int close(void *, void *) { return 0; }
  static int error(void *, void *) { return 0; }

  zlib_filefunc64_def functions() {
    return {open, read, write, tell, seek, close, error, this};
  }
};
} // namespace

/// Adds one array, stored, with the date that NumPy gives its entries.
static bool addEntry(zipFile archive, const std::string &name,
                     std::initializer_list<std::string_view> parts) {
  zip_fileinfo info{};
  info.tmz_date.tm_mday = 1;
  info.tmz_date.tm_year = 1980;
  uint64_t bytes = 0;
  for (std::string_view part : parts)
    bytes += part.size();
  if (zipOpenNewFileInZip64(archive, (name + std::string(suffix)).c_str(),
                            &info, nullptr, 0, nullptr, 0, nullptr,
                            /*method=*/0, /*level=*/0,
                            /*zip64=*/bytes > UINT32_MAX) != ZIP_OK)
    return false;
  for (std::string_view part : parts)
    for (size_t at = 0; at < part.size();) {
      unsigned count = unsigned(std::min<size_t>(part.size() - at, 1u << 30));
      if (zipWriteInFileInZip(archive, part.data() + at, count) != ZIP_OK)
        return false;
      at += count;
    }
  return zipCloseFileInZip(archive) == ZIP_OK;
}

void sinter::writeNpz(const std::string &path,
                      const std::vector<TensorView> &tensors) {
  MemoryFile file;
  zlib_filefunc64_def functions = file.functions();
  zipFile archive =
      zipOpen2_64(path.c_str(), APPEND_STATUS_CREATE, nullptr, &functions);
  if (!archive)
    throw std::bad_alloc();
  struct Closer {
    zipFile archive;
    ~Closer() {
      if (archive)
        zipClose(archive, nullptr);
    }
  } closer{archive};
  std::set<std::string> names;
  for (const TensorView &tensor : tensors) {
    const std::string &name = tensor.spec.name;
    // Zip keeps the length of a name in 16 bits, and names end at a NUL.
    if (name.size() + suffix.size() > UINT16_MAX ||
        name.find('\0') != std::string::npos || !names.insert(name).second)
      throw Error(fmt::format("{}: expected different names of arrays that a "
                              "zip archive can hold, but got '{}'",
                              path, name));
    std::string_view elements(static_cast<const char *>(tensor.data),
                              tensor.spec.bytes());
    if (!addEntry(archive, name, {npyHeader(path, tensor.spec), elements}))
      throw std::bad_alloc();
  }
  closer.archive = nullptr;
  if (zipClose(archive, nullptr) != ZIP_OK)
    throw std::bad_alloc();
  writeFileAtomically(path, file.bytes);
}
