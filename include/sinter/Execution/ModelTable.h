// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the module to the tables through which data and training see a model.
#ifndef SINTER_EXECUTION_MODELTABLE_H
#define SINTER_EXECUTION_MODELTABLE_H

#include "mlir/IR/BuiltinOps.h"
#include "sinter/Runtime/Model.h"

namespace sinter {

/// The element type as the runtime names it; nothing for types that no value of
/// a model has.
std::optional<DType> dtypeOf(mlir::Type type);

/// Reads states, entries, instances and blocks from a module of any phase from
/// graph to kernels. Functions are null and workspaces 0 until code is loaded.
Model buildModelTable(mlir::ModuleOp module);

} // namespace sinter
#endif
