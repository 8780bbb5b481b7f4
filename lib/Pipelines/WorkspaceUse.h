// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which bytes the operands of a schedule are, and whether what is read from the
// workspace is what was written there.
#ifndef SINTER_LIB_PIPELINES_WORKSPACEUSE_H
#define SINTER_LIB_PIPELINES_WORKSPACEUSE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace sinter {

/// A range of bytes of a parameter or a constant of an entry.
struct ByteRange {
  mlir::Value base;
  int64_t begin = 0, end = 0;

  bool overlaps(const ByteRange &other) const {
    return base == other.base && begin < other.end && other.begin < end;
  }
  bool contains(const ByteRange &other) const {
    return base == other.base && begin <= other.begin && other.end <= end;
  }
};

/// Looks through views; those of a loop are in the step `step`.
ByteRange rangeOf(mlir::Value buffer, int64_t step = 0);

/// Checks that each slot of the workspace that is read holds values, none of
/// them overwritten in part: slots that live at the same time do not overlap;
/// and that checks come before launches that write anything else. Every launch
/// must be verified. Fails after an error at the reader.
mlir::LogicalResult verifyWorkspaceUse(mlir::func::FuncOp entry,
                                       mlir::SymbolTable &symbols);

} // namespace sinter
#endif
