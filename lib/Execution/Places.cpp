// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places in files, as locations name them.
#include "sinter/Execution/Places.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

FileLineColLoc sinter::placeOf(Location location) {
  FileLineColLoc found;
  location->walk([&](Location part) {
    found = dyn_cast<FileLineColLoc>(part);
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

std::string sinter::placeText(FileLineColLoc place) {
  std::string text;
  llvm::raw_string_ostream(text)
      << place.getFilename().strref() << ":" << std::max(place.getLine(), 1u)
      << ":" << std::max(place.getColumn(), 1u);
  return text;
}
