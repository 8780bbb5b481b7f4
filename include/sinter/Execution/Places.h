// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places in files, as locations name them.
#ifndef SINTER_EXECUTION_PLACES_H
#define SINTER_EXECUTION_PLACES_H

#include "mlir/IR/Location.h"
#include <string>

namespace sinter {

/// The first place in a file that a location names; null if there is none.
mlir::FileLineColLoc placeOf(mlir::Location location);

/// "file:line:column" of a place.
std::string placeText(mlir::FileLineColLoc place);

} // namespace sinter
#endif
