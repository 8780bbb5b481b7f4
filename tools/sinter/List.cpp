// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter list`: what the language has.
#include "Commands.h"
#include "sinter/Frontend/Capture/Reference.h"
#include "sinter/Frontend/Diagnostics.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/GlobPattern.h"
#include <fmt/format.h>

namespace sinter::driver {

/// Whether an item is asked for: by a part of its name or PyTorch's, or a
/// pattern with '*' of the whole name; upper case and lower case are the same.
static bool matches(const ReferenceItem &item, llvm::StringRef pattern) {
  std::string wanted = pattern.lower();
  for (const std::string &text : {item.signature, item.pytorch}) {
    llvm::StringRef name = llvm::StringRef(text).split('(').first;
    if (wanted.find('*') == std::string::npos) {
      if (name.lower().find(wanted) != std::string::npos)
        return true;
      continue;
    }
    auto glob = llvm::GlobPattern::create(wanted);
    if (!glob)
      throw UsageError("list: expected a name or a pattern such as '*softmax', "
                       "but got '" +
                       pattern.str() +
                       "': " + llvm::toString(glob.takeError()));
    if (glob->match(name.lower()) ||
        glob->match(name.rsplit('.').second.lower()))
      return true;
  }
  return false;
}

/// The section with those of its items that the pattern asks for.
static ReferenceSection select(const ReferenceSection &section,
                               const std::string &pattern) {
  ReferenceSection chosen{section.title, {}};
  for (const ReferenceItem &item : section.items)
    if (pattern.empty() || matches(item, pattern))
      chosen.items.push_back(item);
  return chosen;
}

static void printItem(const ReferenceItem &item, bool whole) {
  constexpr size_t column = 44;
  if (item.signature.size() + 2 < column)
    fmt::print("  {:<{}}{}\n", item.signature, column - 2, item.summary);
  else
    fmt::print("  {}\n{:{}}{}\n", item.signature, "", column, item.summary);
  if (!whole)
    return;
  if (!item.pytorch.empty())
    fmt::print("{:{}}in PyTorch {}\n", "", column, item.pytorch);
  if (!item.absent.empty())
    fmt::print("{:{}}not there: {}\n", "", column, item.absent);
}

/// Text for a cell of a Markdown table.
static std::string cell(const std::string &text, bool isCode) {
  std::string escaped;
  for (char c : text)
    escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return isCode && !escaped.empty() ? "`" + escaped + "`" : escaped;
}

static void printMarkdown(const std::vector<ReferenceSection> &sections) {
  fmt::print(
      "# Reference\n\n"
      "Everything that the language has. `sinter list` prints it, `sinter list "
      "PATTERN` what matches, and\n`sinter list --markdown` wrote this file "
      "from the tables that the compiler uses.\n\n"
      "Parameters have PyTorch's names, positions and defaults. `F` is "
      "`torch.nn.functional`, `nn` is `torch.nn`,\n`optim` is `torch.optim`. "
      "Every function is a method of its first parameter as well. What no "
      "function has:\n`out`, `device`, `layout`, `memory_format`, "
      "`pin_memory` and `generator`, since values are pure and memory is\nthe "
      "compiler's; `inplace=true` has no effect.\n");
  for (const ReferenceSection &section : sections) {
    fmt::print("\n## {}\n\n| | Meaning | PyTorch | Not there |\n"
               "|---|---|---|---|\n",
               section.title);
    for (const ReferenceItem &item : section.items)
      fmt::print("| {} | {} | {} | {} |\n", cell(item.signature, true),
                 cell(item.summary, false), cell(item.pytorch, true),
                 cell(item.absent, false));
  }
}

int list(const ListOptions &options) {
  std::vector<ReferenceSection> sections = languageReference();
  if (options.markdown) {
    printMarkdown(sections);
    return Done;
  }
  bool any = false;
  std::vector<std::string> names;
  for (const ReferenceSection &section : sections) {
    ReferenceSection chosen = select(section, options.pattern);
    for (const ReferenceItem &item : section.items)
      names.push_back(item.name());
    if (chosen.items.empty())
      continue;
    fmt::print("{}{}\n", any ? "\n" : "", chosen.title);
    any = true;
    for (const ReferenceItem &item : chosen.items)
      printItem(item, !options.pattern.empty());
  }
  if (any)
    return Done;
  std::vector<llvm::StringRef> candidates(names.begin(), names.end());
  throw Error("the language has no '" + options.pattern + "'" +
              didYouMean(options.pattern, candidates));
}

} // namespace sinter::driver
