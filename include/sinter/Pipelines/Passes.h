// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes at the seams between phases: contracts, and the lowering of entries.
#ifndef SINTER_PIPELINES_PASSES_H
#define SINTER_PIPELINES_PASSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace sinter {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "sinter/Pipelines/Passes.h.inc"
} // namespace sinter

#endif
