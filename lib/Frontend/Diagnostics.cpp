// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Collects and prints diagnostics in clang's manner. Text of the file is
// untrusted: control characters and bytes that are no UTF-8 are shown as '?' so
// that carets stay under their columns.

#include "sinter/Frontend/Diagnostics.h"
#include "sinter/Data/Printable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <tuple>

using namespace sinter;
using llvm::raw_ostream;
using llvm::StringRef;
using llvm::Twine;

Diagnostic &Diagnostic::note(SourceRange at, const Twine &text) {
  Diagnostic note;
  note.severity = Severity::Note;
  note.range = at;
  note.message = text.str();
  notes.push_back(std::move(note));
  return *this;
}

Diagnostic &Diagnostic::fixIt(SourceRange at, const Twine &replacement) {
  fixIts.push_back({at, replacement.str()});
  return *this;
}

Diagnostic &Diagnostics::error(SourceRange range, const Twine &message) {
  ++errors;
  return add(Severity::Error, range, message);
}

Diagnostic &Diagnostics::warning(SourceRange range, const Twine &message) {
  return add(Severity::Warning, range, message);
}

Diagnostic &Diagnostics::add(Severity severity, SourceRange range,
                             const Twine &message) {
  Diagnostic &diagnostic = diagnostics.emplace_back();
  diagnostic.severity = severity;
  diagnostic.range = range;
  diagnostic.message = message.str();
  return diagnostic;
}

namespace {

/// A source line as it is shown, with the screen column of every byte.
struct ShownLine {
  std::string text;
  std::vector<unsigned> columns; ///< Has one more element than the line.

  explicit ShownLine(StringRef line);
  /// The screen column of a byte of the line, which may be past its end.
  unsigned column(size_t byte) const {
    return columns[std::min(byte, columns.size() - 1)];
  }
};

/// Prints one diagnostic with its snippet and notes.
class SnippetPrinter {
public:
  SnippetPrinter(const Source &source, raw_ostream &os, bool colours)
      : source(source), os(os), colours(colours) {}

  void print(const Diagnostic &diagnostic);

private:
  void printHeader(const Diagnostic &diagnostic);
  void printUnderline(const Diagnostic &diagnostic, const ShownLine &shown,
                      LineColumn at);
  void printHints(const Diagnostic &diagnostic, const ShownLine &shown,
                  unsigned line);
  void setColour(raw_ostream::Colors colour, bool bold = true) {
    if (colours)
      os.changeColor(colour, bold);
  }
  void resetColour() {
    if (colours)
      os.resetColor();
  }

  const Source &source;
  raw_ostream &os;
  bool colours;
};

} // namespace

ShownLine::ShownLine(StringRef line) {
  constexpr unsigned tabStop = 8;
  unsigned column = 0;
  for (size_t i = 0; i < line.size();) {
    unsigned char byte = line[i];
    size_t length = 1;
    unsigned width = 1;
    if (byte == '\t') {
      width = tabStop - column % tabStop;
      text.append(width, ' ');
    } else if (byte < 0x80) {
      text.push_back(llvm::isPrint(byte) ? char(byte) : '?');
    } else {
      StringRef rest = line.drop_front(i);
      length = llvm::getNumBytesForUTF8(byte);
      auto *begin = reinterpret_cast<const llvm::UTF8 *>(rest.begin());
      auto *end = reinterpret_cast<const llvm::UTF8 *>(rest.end());
      StringRef character = rest.take_front(length);
      int shown = llvm::isLegalUTF8Sequence(begin, end)
                      ? llvm::sys::unicode::columnWidthUTF8(character)
                      : -1;
      length = shown < 0 ? 1 : length;
      width = shown < 0 ? 1 : shown;
      text += shown < 0 ? "?" : character.str();
    }
    columns.insert(columns.end(), length, column);
    column += width;
    i += length;
  }
  columns.push_back(column);
}

void SnippetPrinter::print(const Diagnostic &diagnostic) {
  printHeader(diagnostic);
  LineColumn at = source.position(diagnostic.range.begin);
  // A generated line of a megabyte says nothing and floods the terminal.
  constexpr size_t longestLine = 1000;
  if (source.line(at.line).size() <= longestLine) {
    ShownLine shown(source.line(at.line));
    os << shown.text << '\n';
    printUnderline(diagnostic, shown, at);
    printHints(diagnostic, shown, at.line);
  }
  for (const Diagnostic &note : diagnostic.notes)
    print(note);
}

void SnippetPrinter::printHeader(const Diagnostic &diagnostic) {
  LineColumn at = source.position(diagnostic.range.begin);
  setColour(raw_ostream::SAVEDCOLOR);
  os << printable(source.name()) << ':' << at.line << ':' << at.column << ": ";
  switch (diagnostic.severity) {
  case Severity::Error:
    setColour(raw_ostream::RED);
    os << "error: ";
    break;
  case Severity::Warning:
    setColour(raw_ostream::MAGENTA);
    os << "warning: ";
    break;
  case Severity::Note:
    setColour(raw_ostream::CYAN);
    os << "note: ";
    break;
  }
  resetColour();
  setColour(raw_ostream::SAVEDCOLOR);
  os << printable(diagnostic.message) << '\n';
  resetColour();
}

void SnippetPrinter::printUnderline(const Diagnostic &diagnostic,
                                    const ShownLine &shown, LineColumn at) {
  unsigned begin = shown.column(at.column - 1);
  LineColumn last = source.position(diagnostic.range.end);
  unsigned end = last.line > at.line ? shown.columns.back()
                                     : shown.column(last.column - 1);
  std::string marks(begin, ' ');
  marks += '^';
  if (end > begin + 1)
    marks.append(end - begin - 1, '~');
  setColour(raw_ostream::GREEN);
  os << marks;
  resetColour();
  os << '\n';
}

void SnippetPrinter::printHints(const Diagnostic &diagnostic,
                                const ShownLine &shown, unsigned line) {
  std::string hints;
  for (const FixIt &fixIt : diagnostic.fixIts) {
    LineColumn at = source.position(fixIt.range.begin);
    if (at.line != line || fixIt.replacement.empty())
      continue;
    unsigned column = shown.column(at.column - 1);
    if (!hints.empty() && column <= hints.size())
      column = hints.size() + 1;
    hints.resize(column, ' ');
    hints += printable(fixIt.replacement);
  }
  if (hints.empty())
    return;
  setColour(raw_ostream::GREEN, /*bold=*/false);
  os << hints;
  resetColour();
  os << '\n';
}

/// As clang's: what follows so many errors is rarely news.
static constexpr unsigned errorLimit = 20;

void Diagnostics::print(raw_ostream &os, bool colours) const {
  SnippetPrinter printer(source, os, colours);
  unsigned shown = 0;
  for (const Diagnostic &diagnostic : diagnostics) {
    bool isError = diagnostic.severity == Severity::Error;
    if (isError && shown == errorLimit) {
      os << printable(source.name()) << ": too many errors: " << errors - shown
         << " more are not shown\n";
      return;
    }
    shown += isError;
    printer.print(diagnostic);
  }
}

void Diagnostics::printToStderr() const {
  print(llvm::errs(), llvm::errs().is_displayed());
}

/// Edits from one name to another; two neighbours that changed places are one.
static unsigned editsBetween(StringRef from, StringRef to) {
  size_t first = 0;
  while (first < from.size() && first < to.size() && from[first] == to[first])
    ++first;
  bool swapped = from.size() == to.size() && first + 1 < from.size() &&
                 from[first] == to[first + 1] && from[first + 1] == to[first] &&
                 from.drop_front(first + 2) == to.drop_front(first + 2);
  return swapped ? 1 : from.edit_distance(to);
}

StringRef sinter::closestName(StringRef name,
                              llvm::ArrayRef<StringRef> candidates) {
  StringRef best;
  std::string lower = name.lower();
  // Letter case counts less than a letter: relu is closest to ReLU.
  // Of names that are one edit away a letter too much or too few is likelier
  // than a wrong one ('reluu' is relu and not relu6); of others the one of
  // about that length is meant.
  std::tuple<unsigned, unsigned, unsigned> closest(
      std::max<size_t>(1, (name.size() + 1) / 3) + 1, 0, 0);
  for (StringRef candidate : candidates) {
    if (candidate.empty() || candidate == name)
      continue;
    std::string other = candidate.lower();
    unsigned edits = editsBetween(lower, other);
    if (edits > std::get<0>(closest))
      continue;
    unsigned likeliness =
        edits == 1
            ? StringRef(lower).edit_distance(other, /*AllowReplacements=*/false)
            : unsigned(std::abs(int(lower.size()) - int(other.size())));
    std::tuple<unsigned, unsigned, unsigned> distance(
        edits, likeliness, editsBetween(name, candidate));
    // Among equals the alphabet decides, whatever the order of the tables.
    if (distance > closest || (distance == closest && candidate >= best))
      continue;
    best = candidate;
    closest = distance;
  }
  // One letter alone has every other letter at distance 1.
  return name.size() == 1 && std::get<0>(closest) > 0 ? StringRef() : best;
}

std::string sinter::didYouMean(StringRef name,
                               llvm::ArrayRef<StringRef> candidates) {
  StringRef closest = closestName(name, candidates);
  return closest.empty() ? std::string()
                         : ("; did you mean '" + closest + "'?").str();
}
