// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The code of one instance of an entry.
#ifndef SINTER_LIB_PIPELINES_INSTANCELOWERING_H
#define SINTER_LIB_PIPELINES_INSTANCELOWERING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace sinter {

/// The name of a kernel's runner, `void (void **operands, int64_t begin,
/// int64_t end)`: what a profiler shows.
std::string symbolOfRunner(mlir::func::FuncOp kernel);

/// What a parameter of an entry is: "state", "input", …; empty if not said.
llvm::StringRef roleOf(mlir::func::FuncOp entry, unsigned number);

/// Fills `function`, which has the shape of sinter_entry, with the checks and
/// the schedule of `entry`, which may change its state. Fails after a located
/// error.
mlir::LogicalResult lowerInstance(mlir::func::FuncOp entry, bool writesState,
                                  mlir::LLVM::LLVMFuncOp function);

} // namespace sinter

#endif
