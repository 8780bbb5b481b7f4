// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes over the nn dialect, from graph to kernels, and their registration.
#ifndef SINTER_DIALECT_NN_TRANSFORMS_PASSES_H
#define SINTER_DIALECT_NN_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/Pass.h"
#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

#endif
