// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How large the buffers of functions are, which pointers alone do not say: kept
// as attributes of the llvm phase.
#ifndef SINTER_LIB_PIPELINES_FUNCTIONBUFFERS_H
#define SINTER_LIB_PIPELINES_FUNCTIONBUFFERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Runtime/Model.h"

namespace sinter {

/// Of a function of an entry's shape, which may take more: the entry, the dims
/// of its instance, and the bytes of the state, the inputs, the results and the
/// workspace.
inline constexpr llvm::StringLiteral kBuffersAttribute("sinter.buffers");
/// Of a kernel: the bytes of its operands.
inline constexpr llvm::StringLiteral kOperandsAttribute("sinter.operands");

/// The values of these attributes, of functions on buffers.
mlir::DictionaryAttr buffersOfInstance(mlir::func::FuncOp instance);
mlir::DenseI64ArrayAttr operandsOfKernel(mlir::func::FuncOp kernel);

/// Whether the instances of a module of the llvm phase have the buffers that
/// `model` describes, and use those inside of their bytes where the place is
/// known; kernels are given at least what they expect. Emits errors.
mlir::LogicalResult verifyBuffers(const Model &model, mlir::ModuleOp module);

} // namespace sinter
#endif
