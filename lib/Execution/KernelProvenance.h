// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a kernel comes from and what it becomes, as text for `inspect`.
#ifndef SINTER_EXECUTION_KERNELPROVENANCE_H
#define SINTER_EXECUTION_KERNELPROVENANCE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Frontend/Source.h"

namespace sinter {

/// The kernel of that name in a module of the phases from kernels to loops;
/// null if there is none.
mlir::func::FuncOp findKernel(mlir::ModuleOp module, llvm::StringRef name);

/// Says that there is no kernel of that name: the closest one and all of them.
std::string unknownKernel(mlir::ModuleOp module, llvm::StringRef name);

/// Prints each place that the kernel's nn ops come from, with the ops and, for
/// places in `source`, the line and a caret.
void printPlaces(mlir::func::FuncOp kernel, const Source &source,
                 llvm::raw_ostream &os);

/// The body of a function in the text of an assembly file with line tables.
/// Of the directives only the places are left, as comments behind `comment`.
std::string assemblyOf(llvm::StringRef function, llvm::StringRef assembly,
                       llvm::StringRef comment);

} // namespace sinter
#endif
