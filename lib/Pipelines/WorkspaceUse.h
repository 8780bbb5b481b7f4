// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether what a schedule reads from the workspace is what was written there.
#ifndef SINTER_LIB_PIPELINES_WORKSPACEUSE_H
#define SINTER_LIB_PIPELINES_WORKSPACEUSE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace sinter {

/// Checks that each slot of the workspace that is read holds values, none of
/// them overwritten in part: slots that live at the same time do not overlap;
/// and that checks come before launches that write anything else. Every launch
/// must be verified. Fails after an error at the reader.
mlir::LogicalResult verifyWorkspaceUse(mlir::func::FuncOp entry,
                                       mlir::SymbolTable &symbols);

} // namespace sinter
#endif
