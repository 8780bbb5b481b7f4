// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of what the caller of an entry passed.
#ifndef SINTER_LIB_PIPELINES_ARGUMENTCHECKS_H
#define SINTER_LIB_PIPELINES_ARGUMENTCHECKS_H

#include "EntryBuilder.h"

namespace sinter {

/// Appends to `code`, the code of `function`, what returns the status of null,
/// misaligned and overlapping pointers of `entry`, which may change its state.
void checkArguments(EntryBuilder &code, mlir::func::FuncOp entry,
                    bool writesState, mlir::LLVM::LLVMFuncOp function);

} // namespace sinter

#endif
