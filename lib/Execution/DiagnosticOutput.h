// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where diagnostics of passes go: to stderr as those of the front end.
#ifndef SINTER_LIB_EXECUTION_DIAGNOSTICOUTPUT_H
#define SINTER_LIB_EXECUTION_DIAGNOSTICOUTPUT_H

#include "mlir/IR/Diagnostics.h"
#include "sinter/Execution/Compiler.h"
#include "sinter/Frontend/Source.h"

namespace sinter {

/// Prints the diagnostics of one compilation.
struct DiagnosticOutput {
  const Source *source = nullptr;   ///< lines of this text are shown
  std::string file;                 ///< for what has no place
  std::function<void()> afterError; ///< called when an error was printed
  bool reported = false;            ///< an error was printed

  void handle(mlir::Diagnostic &diagnostic);

private:
  void printElsewhere(const mlir::Diagnostic &diagnostic) const;
  void printInSource(const mlir::Diagnostic &diagnostic) const;
};

} // namespace sinter
#endif
