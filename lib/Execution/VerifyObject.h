// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contract of object code, which the contract of the llvm phase cannot
// know: code generators call functions of their own.
#ifndef SINTER_LIB_EXECUTION_VERIFYOBJECT_H
#define SINTER_LIB_EXECUTION_VERIFYOBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"

namespace sinter {

/// Checks that an object made of `module` needs nothing but memcpy, memset and
/// libm and has no memory of its own that can be written. Fails after an error
/// at the module.
mlir::LogicalResult verifyObject(mlir::ModuleOp module,
                                 llvm::ArrayRef<char> object);

} // namespace sinter
#endif
