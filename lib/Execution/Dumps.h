// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dumps of phases on disk, and what one says of how it is compiled.
#ifndef SINTER_LIB_EXECUTION_DUMPS_H
#define SINTER_LIB_EXECUTION_DUMPS_H

#include "mlir/IR/BuiltinOps.h"
#include "sinter/Execution/Compiler.h"
#include "sinter/Pipelines/Pipelines.h"

namespace sinter {

/// Parses a dump, without verifying it. Null after errors.
mlir::OwningOpRef<mlir::ModuleOp> parseDump(llvm::StringRef file,
                                            mlir::MLIRContext &context);

/// Gives `options` and `features` the settings that `dump` carries, so that it
/// resumes to the same bytes. False after an error at the module where an
/// option on the command line says something else.
bool takeSettings(mlir::ModuleOp dump, CompilerOptions &options,
                  std::string &features);

/// Writes DIRECTORY/NN-PHASE.mlir, or 00-source.sinter, with what `print`
/// prints; makes the folder. False with the reason in `why`.
bool writeDump(llvm::StringRef directory, Phase phase,
               llvm::function_ref<void(llvm::raw_ostream &)> print,
               std::string &why);

} // namespace sinter
#endif
