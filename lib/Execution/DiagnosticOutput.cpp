// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Diagnostics of passes in the manner of the front end.

#include "DiagnosticOutput.h"
#include "sinter/Data/Printable.h"
#include "sinter/Execution/Places.h"
#include "sinter/Frontend/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// Prints what stands in no source text that we have: a dump, or the model that
/// a dump was made of.
void sinter::DiagnosticOutput::printElsewhere(
    const mlir::Diagnostic &diagnostic) const {
  auto print = [&](const mlir::Diagnostic &one, llvm::StringRef kind) {
    FileLineColLoc place = placeOf(one.getLocation());
    // A dump may have lost its locations; its beginning is a place, too.
    llvm::errs() << printable(place ? placeText(place) : file + ":1:1") << ": "
                 << kind << ": " << printable(one.str()) << "\n";
  };
  bool isWarning = diagnostic.getSeverity() == DiagnosticSeverity::Warning;
  print(diagnostic, isWarning ? "warning" : "error");
  for (const mlir::Diagnostic &note : diagnostic.getNotes())
    print(note, "note");
}

void sinter::DiagnosticOutput::printInSource(
    const mlir::Diagnostic &diagnostic) const {
  auto rangeOf = [&](FileLineColLoc at) {
    uint32_t offset = source->offset({at.getLine(), at.getColumn()});
    return SourceRange{offset, offset + 1};
  };
  FileLineColLoc place = placeOf(diagnostic.getLocation());
  Diagnostics one(*source);
  auto &message = diagnostic.getSeverity() == DiagnosticSeverity::Warning
                      ? one.warning(rangeOf(place), diagnostic.str())
                      : one.error(rangeOf(place), diagnostic.str());
  for (const mlir::Diagnostic &note : diagnostic.getNotes()) {
    FileLineColLoc at = placeOf(note.getLocation());
    message.note(rangeOf(at ? at : place), note.str());
  }
  one.printToStderr();
}

void sinter::DiagnosticOutput::handle(mlir::Diagnostic &diagnostic) {
  FileLineColLoc place = placeOf(diagnostic.getLocation());
  if (diagnostic.getSeverity() == DiagnosticSeverity::Remark) {
    remarks.push_back({place ? placeText(place) : "", diagnostic.str()});
    return;
  }
  if (place && source && place.getFilename().strref() == source->name())
    printInSource(diagnostic);
  else
    printElsewhere(diagnostic);
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return;
  reported = true;
  if (afterError)
    afterError();
}
