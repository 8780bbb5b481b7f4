// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of the pointers that a caller passed. They are loops over tables, so
// that an entry's code does not grow with the number of its buffers, for which
// LLVM would take more than linear time.
#ifndef SINTER_LIB_PIPELINES_BUFFERCHECKS_H
#define SINTER_LIB_PIPELINES_BUFFERCHECKS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sinter {

/// Words of a row: of what is known of a pointer's buffer when compiling, its
/// bytes, the mask of address bits that must be 0, and whether it is written (0
/// or 1); of a buffer that was passed, its first byte, the one after its last,
/// and whether it is written.
inline constexpr int64_t kBufferWords = 3;

/// Functions of a module that are loops over buffers. `pointers` is a struct of
/// pointers, `rows` has a row of what is known for each; buffers without bytes
/// are skipped. Each function is made when it is asked for first.
enum class BufferCheck {
  Null,       ///< i1 (pointers, rows, count): whether one is null
  Misaligned, ///< i1 (pointers, rows, count): whether one is misaligned
  Ranges,     ///< i64 (pointers, rows, count, table): appends to a table of
              ///< buffers that were passed; returns how many
  Overlap,    ///< i1 (table, count): whether a buffer that is written shares a
              ///< byte with another one; sorts the table
};

mlir::LLVM::LLVMFuncOp bufferCheck(mlir::ModuleOp module, BufferCheck check);

} // namespace sinter

#endif
