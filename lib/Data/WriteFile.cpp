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
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace sinter;

namespace {
/// Blocks SIGXFSZ and SIGPIPE in this thread, so that a file-size limit or a
/// pipe that nobody reads any more is an error of write and not the end of the
/// process.
class BlockWriteSignals {
public:
  BlockWriteSignals() {
    sigset_t pending;
    sigpending(&pending);
    sigemptyset(&signals);
    sigemptyset(&ours);
    for (int signal : {SIGXFSZ, SIGPIPE}) {
      sigaddset(&signals, signal);
      if (!sigismember(&pending, signal))
        sigaddset(&ours, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals, &before);
  }
  ~BlockWriteSignals() {
    timespec now{};
    while (sigtimedwait(&ours, nullptr, &now) > 0)
      ;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  sigset_t signals, ours, before; ///< ours: not pending before
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

void sinter::failToMakeFolder(const std::string &path, int code) {
  throw Error(fmt::format(
      "{}: expected a folder that can be written, but got an error: {}", path,
      std::strerror(code)));
}

/// "folder/" of "folder/file"; `without` of a file in none.
static std::string folderOf(const std::string &path, const char *without) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? without : path.substr(0, slash + 1);
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

/// How long a pipe waits for somebody who reads it. Who reads in a loop is away
/// for a moment between two files; who left would be waited for in vain.
static constexpr timespec readerPause = {0, 20'000'000};
static constexpr int mostPauses = 150;

static int openDirectly(const std::string &path) {
  for (int pauses = 0;; ++pauses) {
    int descriptor = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    // Only opening does not block.
    if (descriptor >= 0 && ::fcntl(descriptor, F_SETFL, O_WRONLY) == 0)
      return descriptor;
    int code = errno;
    if (descriptor >= 0)
      ::close(descriptor);
    if (code != ENXIO && code != EINTR)
      failToWrite(path, code);
    if (pauses == mostPauses)
      failToWrite(path, EPIPE);
    ::nanosleep(&readerPause, nullptr);
  }
}

static void writeDirectly(const std::string &path,
                          const std::vector<std::string_view> &parts) {
  int descriptor = openDirectly(path);
  int code = writeParts(descriptor, parts);
  if (::close(descriptor) != 0 && !code)
    code = errno;
  if (code)
    failToWrite(path, code);
}

/// The file that a chain of symbolic links ends at, which need not be there, or
/// `path` itself.
static std::string resolveLinks(const std::string &path) {
  std::string target = path;
  char link[PATH_MAX];
  // As many as Linux follows.
  for (int links = 0; links < 40; ++links) {
    ssize_t size = ::readlink(target.c_str(), link, sizeof(link));
    if (size <= 0 || size == ssize_t(sizeof(link)))
      return target;
    std::string next(link, size_t(size));
    target = next[0] == '/' ? next : folderOf(target, "") + next;
  }
  failToWrite(path, ELOOP);
}

/// Whether there is something at `path`; throws unless it could be replaced.
static bool findTarget(const std::string &path, struct stat &status) {
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT)
      failToWrite(path, errno);
    return false;
  }
  if (S_ISDIR(status.st_mode))
    failToWrite(path, EISDIR);
  // Renaming would replace it, but whoever protects a file wants to keep it.
  if (::access(path.c_str(), W_OK) != 0)
    failToWrite(path, errno);
  return true;
}

void sinter::checkWritable(const std::string &path) {
  struct stat status;
  if (findTarget(path, status) && !S_ISREG(status.st_mode))
    return; // a pipe or a device is written where it is
  std::string folder = folderOf(resolveLinks(path), ".");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error(fmt::format(
        "{}: expected a folder that can be written, but got {}", path, folder));
}

void sinter::checkFolderWritable(const std::string &path) {
  std::filesystem::path there = path;
  struct stat status;
  while (!there.empty() && ::stat(there.c_str(), &status) != 0 &&
         errno == ENOENT)
    there = there.parent_path();
  // Rights do not tell whether a file system takes folders.
  std::string probe = (there.empty() ? "." : there) / ".sinter-XXXXXX";
  if (!::mkdtemp(probe.data()))
    failToMakeFolder(path, errno);
  ::rmdir(probe.c_str());
}

/// Locks the temporary file at `path`, as its writer does as long as it lives.
/// False if somebody else has the lock, or if another file is there by then.
static bool lockTemporary(int descriptor, const std::string &path) {
  struct stat locked, there;
  return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 &&
         ::fstat(descriptor, &locked) == 0 &&
         ::lstat(path.c_str(), &there) == 0 && locked.st_ino == there.st_ino &&
         locked.st_dev == there.st_dev;
}

/// Names of temporary files beside `target`: hidden, of one length, and the
/// same whenever that target is written.
static std::string temporaryName(const std::string &target, int number) {
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a
  for (char c : target.substr(folderOf(target, "").size()))
    hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  return fmt::format("{}.sinter-{:016x}-{}.tmp", folderOf(target, ""), hash,
                     number);
}

static constexpr int mostTemporaries = 1000;
static constexpr int likelyTemporaries = 8;

/// Removes the temporary files that killed processes left of this target: those
/// that nobody holds a lock of.
static void sweepBeside(const std::string &target) {
  for (int number = 0; number < mostTemporaries; ++number) {
    const std::string path = temporaryName(target, number);
    int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    // One that was killed may have had a higher number than one that was not.
    if (descriptor < 0 && errno == ENOENT && number >= likelyTemporaries)
      return;
    if (descriptor < 0)
      continue;
    if (lockTemporary(descriptor, path))
      ::unlink(path.c_str());
    ::close(descriptor);
  }
}

/// Creates the temporary file with the permissions that a new file gets.
static void createBeside(const std::string &target, Temporary &temporary) {
  sweepBeside(target);
  for (int number = 0; number < mostTemporaries; ++number) {
    const std::string candidate = temporaryName(target, number);
    int descriptor = ::open(candidate.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST)
      failToWrite(target, errno);
    if (descriptor < 0)
      continue;
    // Another process may have swept it before it was locked.
    if (lockTemporary(descriptor, candidate)) {
      temporary.path = candidate;
      temporary.descriptor = descriptor;
      return;
    }
    ::close(descriptor);
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

/// Writes all parts to the temporary file, which stays open and so locked.
static void fill(Temporary &temporary, const std::string &path,
                 const std::vector<std::string_view> &parts) {
  if (int code = writeParts(temporary.descriptor, parts))
    failToWrite(path, code);
  if (::fsync(temporary.descriptor) != 0 && errno != EINVAL)
    failToWrite(path, errno);
}

void FileSet::add(const std::string &path,
                  const std::vector<std::string_view> &parts) {
  BlockWriteSignals block;
  struct stat status{};
  bool exists = findTarget(path, status);
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
  BlockWriteSignals block;
  for (Member &member : members) {
    if (member.target.empty()) {
      writeDirectly(member.path, {member.bytes});
      continue;
    }
    Temporary &temporary = member.temporary;
    if (::rename(temporary.path.c_str(), member.target.c_str()) != 0)
      failToWrite(member.path, errno);
    temporary.path.clear();
    if (::close(std::exchange(temporary.descriptor, -1)) != 0)
      failToWrite(member.path, errno);
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
