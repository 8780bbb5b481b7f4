// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The graph phases as pictures, in Graphviz's language.
#ifndef SINTER_LIB_EXECUTION_DOTEMISSION_H
#define SINTER_LIB_EXECUTION_DOTEMISSION_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace sinter {

/// Draws the entries of a module of the phases graph, grad or fused: a box for
/// each entry, kernel and loop over time, ops with their lines in the model,
/// edges with types; kernels with the floating-point operations of a launch.
void printDot(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace sinter
#endif
