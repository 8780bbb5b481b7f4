// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel functions of a module while memory is planned: on tensors before,
// on buffers after.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_KERNELLIBRARY_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_KERNELLIBRARY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include <map>
#include <set>

namespace sinter::nn {

/// An input of a kernel and an output that lies in the same buffer.
using InOut = std::pair<unsigned, unsigned>;

class KernelLibrary {
public:
  explicit KernelLibrary(mlir::ModuleOp module) : symbols(module) {}

  /// The kernel that a call in tensor form runs.
  mlir::func::FuncOp kernelOf(mlir::func::CallOp call) const {
    return symbols.lookup<mlir::func::FuncOp>(call.getCallee());
  }

  /// Kernels in tensor form that copy a tensor, and that give one of zeros.
  mlir::func::FuncOp copyKernel(mlir::RankedTensorType type,
                                mlir::Location location);
  mlir::func::FuncOp zeroKernel(mlir::RankedTensorType type,
                                mlir::Location location);

  /// Whether an input may share the buffer of an output: each of its elements
  /// is read only where that of the output is computed.
  static bool canShareBuffer(mlir::func::FuncOp kernel, InOut pair);

  /// `kernel` as a function of buffers: inputs, in-outs, outputs, tile range.
  /// Gets into the module by replaceTensorForms, under the name that it has
  /// now.
  mlir::func::FuncOp onBuffers(mlir::func::FuncOp kernel,
                               llvm::ArrayRef<InOut> inOuts);

  /// Puts the kernels on buffers into the module in place of those on tensors.
  void replaceTensorForms();

private:
  mlir::func::FuncOp create(
      llvm::StringRef name, mlir::FunctionType type, mlir::Location location,
      llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Block &)> body);

  mlir::SymbolTable symbols;
  std::map<std::string, mlir::func::FuncOp> created;
  std::map<std::pair<mlir::Operation *, std::vector<InOut>>, mlir::func::FuncOp>
      lowered;
  llvm::SmallVector<mlir::func::FuncOp> inOrder;
  std::set<std::string> names;
};

} // namespace sinter::nn

#endif
