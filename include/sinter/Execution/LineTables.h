// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Debug information of the LLVM dialect from the locations of its ops.
#ifndef SINTER_EXECUTION_LINETABLES_H
#define SINTER_EXECUTION_LINETABLES_H

#include "mlir/IR/BuiltinOps.h"

namespace llvm {
class Module;
}

namespace sinter {

/// Gives every function of an LLVM-dialect module that has a place in a file a
/// subprogram of that place, and every op one place within its function: its
/// first, or the function's where it has none. What the translation to LLVM IR
/// then writes are line tables alone; files are named as locations name them.
void attachLineTables(mlir::ModuleOp module, bool isOptimized);

/// To be called after LLVM's passes, which leave no line on what they merge or
/// make: gives each instruction of a function with a subprogram a line, that of
/// its neighbour.
void completeLineTables(llvm::Module &module);

} // namespace sinter
#endif
