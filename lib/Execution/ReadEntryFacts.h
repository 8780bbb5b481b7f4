// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads facts about entries off the graph phase.
#ifndef SINTER_LIB_EXECUTION_READENTRYFACTS_H
#define SINTER_LIB_EXECUTION_READENTRYFACTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Execution/EntryFacts.h"

namespace sinter {

/// The facts about an entry's function as it is at the end of the graph phase.
EntryFacts readEntryFacts(mlir::func::FuncOp entry);

} // namespace sinter
#endif
