// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing files so that the old content survives every failure.
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace sinter;

namespace {
/// Blocks SIGXFSZ in this thread, so that a file-size limit is an error of
/// write and not the end of the process.
class BlockFileSizeSignal {
public:
  BlockFileSizeSignal() {
    sigset_t pending;
    sigpending(&pending);
    wasPending = sigismember(&pending, SIGXFSZ);
    sigemptyset(&signals);
    sigaddset(&signals, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
  }
  ~BlockFileSizeSignal() {
    timespec now{};
    if (!wasPending)
      sigtimedwait(&signals, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  sigset_t signals, before;
  bool wasPending = false;
};

/// A new file beside the target, removed again unless it is renamed.
struct Temporary {
  std::string path;
  int descriptor = -1;

  Temporary() = default;
  Temporary(Temporary &&other) noexcept
      : path(std::exchange(other.path, "")),
        descriptor(std::exchange(other.descriptor, -1)) {}
  ~Temporary() {
    if (descriptor >= 0)
      ::close(descriptor);
    if (!path.empty())
      ::unlink(path.c_str());
  }
};
} // namespace

[[noreturn]] static void failToWrite(const std::string &path, int code) {
  throw Error(fmt::format("{}: cannot write: {}", path, std::strerror(code)));
}

/// "folder/" of "folder/file"; `without` of a file in none.
static std::string folderOf(const std::string &path, const char *without) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? without : path.substr(0, slash + 1);
}

void sinter::checkWritable(const std::string &path) {
  struct stat status;
  bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    failToWrite(path, EISDIR);
  if (exists && !S_ISREG(status.st_mode))
    return; // a pipe or a device is written where it is
  std::string folder = folderOf(path, ".");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error(fmt::format(
        "{}: expected a folder that can be written, but got {}", path, folder));
}

/// Returns 0 or an errno.
static int writeParts(int descriptor,
                      const std::vector<std::string_view> &parts) {
  for (std::string_view part : parts) {
    while (!part.empty()) {
      ssize_t count = ::write(descriptor, part.data(), part.size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return errno;
      part.remove_prefix(size_t(count));
    }
  }
  return 0;
}

static void writeDirectly(const std::string &path,
                          const std::vector<std::string_view> &parts) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0)
    failToWrite(path, errno);
  int code = writeParts(descriptor, parts);
  if (::close(descriptor) != 0 && !code)
    code = errno;
  if (code)
    failToWrite(path, code);
}

/// The file that a chain of symbolic links ends at, or `path` itself.
static std::string resolveLinks(const std::string &path) {
  std::unique_ptr<char, void (*)(void *)> resolved(
      ::realpath(path.c_str(), nullptr), std::free);
  return resolved ? resolved.get() : path;
}

/// Creates the temporary file with the permissions that a new file gets.
static void createBeside(const std::string &target, Temporary &temporary) {
  const std::string folder = folderOf(target, "");
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string candidate =
        fmt::format("{}.sinter-{}-{}.tmp", folder, ::getpid(), attempt);
    int descriptor = ::open(candidate.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      temporary.path = candidate;
      temporary.descriptor = descriptor;
      return;
    }
    if (errno != EEXIST)
      failToWrite(target, errno);
  }
  failToWrite(target, EEXIST);
}

/// Makes the renaming itself durable. Not every file system can; that is no
/// error.
static void syncFolderOf(const std::string &path) {
  int descriptor =
      ::open(folderOf(path, ".").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// One file: a temporary one to be renamed to `target`, or bytes to be written
/// to what cannot be replaced.
struct FileSet::Member {
  std::string path, target, bytes;
  Temporary temporary;
};

FileSet::FileSet() = default;
FileSet::~FileSet() = default;

/// Writes all parts to the temporary file and closes it.
static void fill(Temporary &temporary, const std::string &path,
                 const std::vector<std::string_view> &parts) {
  if (int code = writeParts(temporary.descriptor, parts))
    failToWrite(path, code);
  if (::fsync(temporary.descriptor) != 0 && errno != EINVAL)
    failToWrite(path, errno);
  int descriptor = std::exchange(temporary.descriptor, -1);
  if (::close(descriptor) != 0)
    failToWrite(path, errno);
}

void FileSet::add(const std::string &path,
                  const std::vector<std::string_view> &parts) {
  BlockFileSizeSignal block;
  struct stat status{};
  bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    failToWrite(path, EISDIR);
  Member &member = members.emplace_back();
  member.path = path;
  if (exists && !S_ISREG(status.st_mode)) {
    for (std::string_view part : parts)
      member.bytes += part;
    return;
  }
  member.target = resolveLinks(path);
  createBeside(member.target, member.temporary);
  if (exists)
    ::fchmod(member.temporary.descriptor, status.st_mode & 07777);
  fill(member.temporary, path, parts);
}

void FileSet::commit() {
  BlockFileSizeSignal block;
  for (Member &member : members) {
    if (member.target.empty()) {
      writeDirectly(member.path, {member.bytes});
      continue;
    }
    Temporary &temporary = member.temporary;
    if (::rename(temporary.path.c_str(), member.target.c_str()) != 0)
      failToWrite(member.path, errno);
    temporary.path.clear();
    syncFolderOf(member.target);
  }
  members.clear();
}

void sinter::writeFileAtomically(const std::string &path,
                                 const std::vector<std::string_view> &parts) {
  FileSet files;
  files.add(path, parts);
  files.commit();
}

void sinter::writeFileAtomically(const std::string &path,
                                 std::string_view bytes) {
  writeFileAtomically(path, std::vector<std::string_view>{bytes});
}

bool sinter::tryWriteFileAtomically(const std::string &path,
                                    std::string_view bytes,
                                    std::string &error) noexcept {
  try {
    writeFileAtomically(path, bytes);
    return true;
  } catch (const std::exception &exception) {
    error = exception.what();
    return false;
  }
}
