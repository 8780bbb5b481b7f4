// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors, warnings and notes about a model file, in clang's manner: collected
// in order, printed with the source line, a caret and fix-it hints.

#ifndef SINTER_FRONTEND_DIAGNOSTICS_H
#define SINTER_FRONTEND_DIAGNOSTICS_H

#include "sinter/Frontend/Source.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Twine.h"
#include <deque>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace sinter {

enum class Severity { Error, Warning, Note };

/// Text that would replace a range; an empty range is an insertion.
struct FixIt {
  SourceRange range;
  std::string replacement;
};

/// One message with its range, its notes at other places and its fix-it hints.
struct Diagnostic {
  Severity severity = Severity::Error;
  SourceRange range;
  std::string message;
  std::vector<FixIt> fixIts;
  std::vector<Diagnostic> notes;

  /// Adds a note at another place. Returns the diagnostic itself, for chaining.
  Diagnostic &note(SourceRange at, const llvm::Twine &text);
  /// Adds a hint. Returns the diagnostic itself, for chaining.
  Diagnostic &fixIt(SourceRange at, const llvm::Twine &replacement);
};

/// Collects the diagnostics of one source. References returned by `error` and
/// `warning` stay valid.
class Diagnostics {
public:
  explicit Diagnostics(const Source &source) : source(source) {}

  /// `message` is lower case without a full stop: the rule, then what was
  /// found.
  Diagnostic &error(SourceRange range, const llvm::Twine &message);
  Diagnostic &warning(SourceRange range, const llvm::Twine &message);

  /// A state to return to: what is reported after it is forgotten.
  struct Mark {
    size_t count;
    unsigned errors;
  };
  Mark mark() const { return {diagnostics.size(), errors}; }
  void rollBack(Mark mark) {
    diagnostics.resize(mark.count);
    errors = mark.errors;
  }

  unsigned numErrors() const { return errors; }
  bool hasErrors() const { return errors != 0; }
  const std::deque<Diagnostic> &all() const { return diagnostics; }
  const Source &getSource() const { return source; }

  /// Prints in the order of reporting, up to 20 errors, with colours if
  /// `colours`.
  void print(llvm::raw_ostream &os, bool colours = false) const;
  /// Prints to the standard error, with colours if it is a terminal.
  void printToStderr() const;

private:
  Diagnostic &add(Severity severity, SourceRange range,
                  const llvm::Twine &message);

  const Source &source;
  std::deque<Diagnostic> diagnostics;
  unsigned errors = 0;
};

/// The candidate that `name` most likely meant to be, or an empty string if
/// none is close: at most a third of its characters differ, letter case aside.
llvm::StringRef closestName(llvm::StringRef name,
                            llvm::ArrayRef<llvm::StringRef> candidates);

/// "; did you mean 'x'?" for the closest candidate, or an empty string: the
/// end of a message about an unknown name.
std::string didYouMean(llvm::StringRef name,
                       llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace sinter

#endif // SINTER_FRONTEND_DIAGNOSTICS_H
