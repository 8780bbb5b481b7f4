// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes of the CPU code generator.

#ifndef SINTER_CODEGEN_CPU_PASSES_H
#define SINTER_CODEGEN_CPU_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
namespace arith {
class ArithDialect;
} // namespace arith
namespace math {
class MathDialect;
} // namespace math
namespace memref {
class MemRefDialect;
} // namespace memref
namespace scf {
class SCFDialect;
} // namespace scf
namespace vector {
class VectorDialect;
} // namespace vector
} // namespace mlir

namespace sinter {
/// Stack scratch that one kernel may use, in bytes.
constexpr int64_t kMaximumScratchBytes = 16 * 1024;

#define GEN_PASS_DECL
#include "sinter/CodeGen/CPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "sinter/CodeGen/CPU/Passes.h.inc"
} // namespace sinter

#endif // SINTER_CODEGEN_CPU_PASSES_H
