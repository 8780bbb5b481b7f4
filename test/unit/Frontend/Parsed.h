// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short ways to parse text in tests.

#ifndef SINTER_TEST_UNIT_FRONTEND_PARSED_H
#define SINTER_TEST_UNIT_FRONTEND_PARSED_H

#include "sinter/Frontend/Parser.h"
#include "sinter/Frontend/Printer.h"
#include "llvm/Support/raw_ostream.h"

namespace sinter {

/// A text with its tree and its diagnostics.
struct Parsed {
  explicit Parsed(std::string text)
      : source("test.sinter", std::move(text)), diagnostics(source),
        program(parseProgram(source, diagnostics)) {}

  std::string tree() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    dumpTree(*program, os);
    return text;
  }
  std::string printed() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    printProgram(*program, os);
    return text;
  }
  std::string messages() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    diagnostics.print(os);
    return text;
  }
  /// "line:column: message" of every error.
  std::vector<std::string> errors() const {
    std::vector<std::string> list;
    for (const Diagnostic &diagnostic : diagnostics.all()) {
      LineColumn at = source.position(diagnostic.range.begin);
      list.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) +
                     ": " + diagnostic.message);
    }
    return list;
  }

  Source source;
  Diagnostics diagnostics;
  std::unique_ptr<ast::Program> program;
};

/// The tree of an expression, or its first error.
inline std::string exprTree(std::string text) {
  Source source("test.sinter", std::move(text));
  Diagnostics diagnostics(source);
  ast::Program program(source);
  if (ast::Expr *expr = parseExpression(program, diagnostics))
    return dumpTree(*expr);
  return diagnostics.all().front().message;
}

} // namespace sinter

#endif // SINTER_TEST_UNIT_FRONTEND_PARSED_H
