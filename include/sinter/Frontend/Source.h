// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text of one model file and the mapping from byte offsets to lines and
// columns.

#ifndef SINTER_FRONTEND_SOURCE_H
#define SINTER_FRONTEND_SOURCE_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sinter {

/// Half-open range of byte offsets into a Source.
struct SourceRange {
  uint32_t begin = 0;
  uint32_t end = 0;

  bool empty() const { return begin >= end; }
  /// The smallest range that covers both.
  SourceRange to(SourceRange other) const {
    return {begin < other.begin ? begin : other.begin,
            end > other.end ? end : other.end};
  }
};

/// A position as editors count it: both numbers start at 1, columns are bytes.
struct LineColumn {
  unsigned line = 1;
  unsigned column = 1;
};

/// One model file. Immutable; syntax trees and diagnostics point into its text
/// and must not outlive it.
class Source {
public:
  /// `name` is what diagnostics print before the line.
  Source(std::string name, std::string text);
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;

  /// Reads a file ("-" is the standard input); null and a reason in `error`
  /// if it cannot be read or has 2 GiB or more.
  static std::unique_ptr<Source> fromFile(llvm::StringRef path,
                                          std::string &error);

  llvm::StringRef name() const { return fileName; }
  llvm::StringRef text() const { return contents; }
  llvm::StringRef text(SourceRange range) const {
    return text().slice(range.begin, range.end);
  }

  /// Line and column of a byte offset; offsets past the end are at the end.
  LineColumn position(uint32_t offset) const;
  /// The byte offset of a line and column, clamped to the text.
  uint32_t offset(LineColumn position) const;
  /// The text of a line (from 1) without its line end.
  llvm::StringRef line(unsigned number) const;
  unsigned numLines() const { return lineStarts.size(); }

private:
  std::string fileName;
  std::string contents;
  std::vector<uint32_t> lineStarts;
};

} // namespace sinter

#endif // SINTER_FRONTEND_SOURCE_H
