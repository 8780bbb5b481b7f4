// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a caller passed must not share bytes with what is written.
#ifndef SINTER_LIB_PIPELINES_OVERLAPCHECK_H
#define SINTER_LIB_PIPELINES_OVERLAPCHECK_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sinter {

/// Words of one buffer in the table that the function takes: its first byte,
/// the one after its last, and whether it is written (0 or 1).
inline constexpr int64_t kOverlapWords = 3;

/// The function `i1 sinter.overlap(ptr table, i64 buffers)` of the module, made
/// when it is asked for first: whether a buffer that is written shares a byte
/// with another one. It sorts the table in place.
mlir::LLVM::LLVMFuncOp overlapFunction(mlir::ModuleOp module);

} // namespace sinter

#endif
