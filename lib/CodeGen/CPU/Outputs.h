// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes of a kernel at a point of its domain.

#ifndef SINTER_LIB_CODEGEN_CPU_OUTPUTS_H
#define SINTER_LIB_CODEGEN_CPU_OUTPUTS_H

#include "Evaluator.h"
#include "Kernel.h"

namespace sinter::cpu {

/// The index of an output at a point of the domain.
Index getOutputIndex(const Kernel &kernel, const KernelOutput &output,
                     const Index &point, const IndexSpace &space);

/// Computes and writes the outputs of rows, or the others, at a point. All are
/// computed before the first is written, since an in-out may be read at its own
/// index.
mlir::LogicalResult emitOutputs(const Kernel &kernel, Evaluator &evaluator,
                                const Index &point, bool ofRows);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_OUTPUTS_H
