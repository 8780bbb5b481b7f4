// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fuzzed front end: any bytes as a model file.
#include "Targets.h"
#include "sinter/Frontend/Parser.h"
#include "sinter/Frontend/Printer.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

namespace sinter::fuzz {

/// The canonical text, or nothing after errors, which are printed.
static std::string canonical(std::string text, bool &good) {
  Source source("fuzz.sinter", std::move(text));
  Diagnostics diagnostics(source);
  auto program = parseProgram(source, diagnostics);
  llvm::raw_null_ostream nowhere;
  diagnostics.print(nowhere, /*colours=*/true);
  dumpTree(*program, nowhere);
  good = !diagnostics.hasErrors();
  std::string printed;
  llvm::raw_string_ostream os(printed);
  if (good)
    printProgram(*program, os);
  return printed;
}

void fuzzSyntax(const uint8_t *data, size_t size) {
  bool good = false, again = false;
  std::string first =
      canonical(std::string(reinterpret_cast<const char *>(data), size), good);
  if (good && (canonical(first, again) != first || !again))
    std::abort(); // the canonical text is one of itself
}

} // namespace sinter::fuzz
