// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a module of the LLVM dialect to assembly and object code.
#ifndef SINTER_EXECUTION_OBJECTEMISSION_H
#define SINTER_EXECUTION_OBJECTEMISSION_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Target/TargetMachine.h"
#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
}

namespace sinter {

/// Registers what the translation to LLVM IR needs. To be called on the
/// context's registry before a module is emitted.
void registerLLVMTranslation(mlir::DialectRegistry &registry);

/// Makes object code of a module of the LLVM dialect. The same module and
/// target give the same bytes. `only`, if not null, names the functions wanted:
/// what these do not need is left out. Errors are reported at the module's ops.
mlir::FailureOr<llvm::SmallVector<char, 0>>
emitObject(mlir::ModuleOp module, llvm::TargetMachine &machine,
           const std::vector<std::string> *only = nullptr);

/// The same as assembly text.
mlir::FailureOr<std::string> emitAssembly(mlir::ModuleOp module,
                                          llvm::TargetMachine &machine);

/// Optimises a module for the machine and writes it as object code; what
/// emitObject does after translation to LLVM IR. False if the target cannot.
bool compileToObject(llvm::Module &module, llvm::TargetMachine &machine,
                     llvm::SmallVectorImpl<char> &object);

} // namespace sinter
#endif
