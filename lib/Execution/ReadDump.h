// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a dump says of how it is compiled.
#ifndef SINTER_LIB_EXECUTION_READDUMP_H
#define SINTER_LIB_EXECUTION_READDUMP_H

#include "mlir/IR/BuiltinOps.h"
#include "sinter/Execution/Compiler.h"

namespace sinter {

/// Gives `options` and `features` the settings that `dump` carries, so that it
/// resumes to the same bytes. False after an error at the module where an
/// option on the command line says something else.
bool takeSettings(mlir::ModuleOp dump, CompilerOptions &options,
                  std::string &features);

} // namespace sinter
#endif
