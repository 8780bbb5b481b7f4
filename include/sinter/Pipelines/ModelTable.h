// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the module to the tables through which headers, data and training see a
// model.
#ifndef SINTER_PIPELINES_MODELTABLE_H
#define SINTER_PIPELINES_MODELTABLE_H

#include "mlir/IR/BuiltinOps.h"
#include "sinter/Runtime/Model.h"

namespace sinter {

/// Reads states, entries, instances and blocks from a module of any phase from
/// kernels to loops. Fails, with a located error, where two entries would have
/// the same C function.
mlir::FailureOr<Model> buildModelTable(mlir::ModuleOp module);

/// Reads the description that a module of the llvm phase carries; its functions
/// are null. Fails after an error at the module or the description.
mlir::FailureOr<Model> readModelTable(mlir::ModuleOp module);

} // namespace sinter
#endif
