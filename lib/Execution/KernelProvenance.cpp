// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a kernel comes from and what it becomes, as text for `inspect`.
#include "KernelProvenance.h"
#include "sinter/Execution/Places.h"
#include "sinter/Frontend/Diagnostics.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

func::FuncOp sinter::findKernel(ModuleOp module, StringRef name) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  return function && function->hasAttr("sinter.kernel") ? function : nullptr;
}

std::string sinter::unknownKernel(ModuleOp module, StringRef name) {
  SmallVector<StringRef> names;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr("sinter.kernel"))
      names.push_back(function.getName());
  return ("there is no kernel '" + name +
          "'; known: " + (names.empty() ? "none" : llvm::join(names, ", ")) +
          didYouMean(name, names))
      .str();
}

using OpNames = llvm::SmallSetVector<StringRef, 4>;

void sinter::printPlaces(func::FuncOp kernel, const Source &source,
                         raw_ostream &os) {
  llvm::MapVector<FileLineColLoc, OpNames> places;
  kernel.walk([&](Operation *op) {
    if (op->getName().getDialectNamespace() != "nn")
      return;
    op->getLoc()->walk([&](Location part) {
      if (auto place = dyn_cast<FileLineColLoc>(part))
        places[place].insert(op->getName().getStringRef());
      return WalkResult::advance();
    });
  });
  if (places.empty())
    os << "constants alone\n";
  for (auto &[place, ops] : places) {
    std::string text = llvm::join(ops, ", ");
    if (place.getFilename().strref() != source.name()) {
      os << placeText(place) << ": note: " << text << "\n";
      continue;
    }
    Diagnostics one(source);
    uint32_t offset = source.offset({place.getLine(), place.getColumn()});
    one.warning({offset, offset + 1}, text).severity = Severity::Note;
    one.print(os);
  }
}

namespace {

/// Shortens assembly, line by line.
class AssemblyPrinter {
public:
  AssemblyPrinter(StringRef comment, raw_ostream &os)
      : comment(comment), os(os) {}

  /// `.file 1 "mlp.sinter"`
  void addFile(StringRef operands) {
    auto [number, name] = operands.trim().split(' ');
    files[number] = name.trim().trim('"').str();
  }

  void print(StringRef line) {
    StringRef text = line.trim();
    if (text.consume_front(".loc"))
      return printPlace(text);
    // Labels of debug information and directives are no code.
    bool isDebugLabel =
        text.starts_with(".Ltmp") || text.starts_with(".Lfunc_begin");
    bool isDirective = text.starts_with(".") && !isLabel(text);
    if (!text.empty() && !isDebugLabel && !isDirective)
      os << line << "\n";
  }

private:
  static bool isLabel(StringRef text) {
    return text.take_until([](char c) { return llvm::isSpace(c); })
        .ends_with(":");
  }

  /// `1 9 23 is_stmt 0`: file, line and column.
  void printPlace(StringRef operands) {
    SmallVector<StringRef> parts;
    SplitString(operands, parts);
    if (parts.size() < 3 || parts[1] == "0")
      return;
    std::string place =
        (files.lookup(parts[0]) + ":" + parts[1] + ":" + parts[2]).str();
    if (place != last)
      os << comment << " " << place << "\n";
    last = place;
  }

  StringRef comment;
  raw_ostream &os;
  llvm::StringMap<std::string> files;
  std::string last;
};

} // namespace

std::string sinter::assemblyOf(StringRef function, StringRef assembly,
                               StringRef comment) {
  std::string text;
  llvm::raw_string_ostream os(text);
  AssemblyPrinter printer(comment, os);
  bool isInside = false;
  for (StringRef rest = assembly; !rest.empty();) {
    StringRef line;
    std::tie(line, rest) = rest.split('\n');
    StringRef trimmed = line.trim();
    if (trimmed.consume_front(".file"))
      printer.addFile(trimmed);
    isInside |= line.starts_with((function + ":").str());
    if (line.starts_with(".Lfunc_end"))
      isInside = false;
    if (isInside)
      printer.print(line);
  }
  return text;
}
