// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files as a whole: read with gzip undone, written so that a failure never
// costs the old file.
#ifndef SINTER_DATA_FILE_H
#define SINTER_DATA_FILE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {

/// A file read from front to back; gzip is recognised by its content and
/// undone. Errors are thrown as sinter::Error with the file's name.
class InputFile {
public:
  explicit InputFile(const std::string &path);
  ~InputFile();

  /// Reads up to `bytes`; fewer only at the end. A damaged or truncated gzip
  /// file is an error.
  size_t read(void *to, size_t bytes);
  /// Reads exactly `bytes`; `what` names them in the error when the file ends
  /// before.
  void readExactly(void *to, size_t bytes, const std::string &what);
  /// Most bytes the whole content can have, from the file's size and gzip's
  /// largest ratio; guards allocations against absurd headers. Unbounded for
  /// what is not a regular file.
  uint64_t largestContent() const;
  const std::string &path() const { return name; }

private:
  struct Implementation;
  std::unique_ptr<Implementation> file;
  std::string name;
};

/// Throws sinter::Error if `start`, the first four bytes or more of a file, are
/// those of torch.save: says how Python converts it to `expected`,
/// "safetensors" or "NPY".
void checkIsNotOfTorch(const std::string &path, const void *start,
                       const std::string &expected);

/// The whole file as it is, without undoing gzip. Throws sinter::Error.
std::string readFile(const std::string &path);

/// Throws sinter::Error if a file at `path` could not be written for lack of a
/// folder or of rights: to be called before work whose result it will hold.
void checkWritable(const std::string &path);

/// Throws sinter::Error: the folder cannot be made or written, for this errno.
[[noreturn]] void failToMakeFolder(const std::string &path, int code);

/// Throws sinter::Error if the folder at `path` could not be made, with those
/// that it is in, or no file in it. Nothing is left there.
void checkFolderWritable(const std::string &path);

/// New contents of several files, which appear together: as long as anything
/// fails before commit(), all old files stay.
class FileSet {
public:
  FileSet();
  ~FileSet();

  /// Writes the parts joined to a temporary file in the folder of `path` and
  /// syncs it. Throws sinter::Error, as commit does.
  void add(const std::string &path, const std::vector<std::string_view> &parts);
  /// Renames the temporary files over the paths, in the order of add. Symbolic
  /// links are followed; what is not a regular file (a pipe, a device) is
  /// written directly.
  void commit();

private:
  struct Member;
  std::vector<Member> members;
};

/// Replaces `path` by the parts joined, or leaves it as it was and throws
/// sinter::Error: a FileSet of one.
void writeFileAtomically(const std::string &path,
                         const std::vector<std::string_view> &parts);
void writeFileAtomically(const std::string &path, std::string_view bytes);

/// The same for callers without exceptions: false, and the message in `error`.
bool tryWriteFileAtomically(const std::string &path, std::string_view bytes,
                            std::string &error) noexcept;

} // namespace sinter
#endif
