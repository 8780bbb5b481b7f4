// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Work and memory of entries and of the kernels that they launch.
#ifndef SINTER_EXECUTION_KERNELREPORT_H
#define SINTER_EXECUTION_KERNELREPORT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Execution/Compiler.h"

namespace sinter {

/// The kernels of an entry function of the kernels phase, in the order of its
/// launches. A product counts 2·M·N·K, every other op one per element that it
/// computes or reduces.
std::vector<KernelInfo> reportKernels(mlir::func::FuncOp entry,
                                      const mlir::SymbolTable &symbols);

/// The memory of an entry function of the kernels phase.
MemoryInfo reportMemory(mlir::func::FuncOp entry);

} // namespace sinter
#endif
