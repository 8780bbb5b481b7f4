// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel function of the linalg phase: its domain, its tiles and its outputs.

#ifndef SINTER_LIB_CODEGEN_CPU_KERNEL_H
#define SINTER_LIB_CODEGEN_CPU_KERNEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sinter::cpu {

/// A tensor of the body and the buffer it is written to.
struct KernelOutput {
  mlir::Value tensor;
  mlir::Value buffer; ///< memref of the tensor's shape
  mlir::Location loc;
  bool isRow; ///< one element per row instead of one per point of the domain
  bool
      keepsReducedDims; ///< a row of the domain's rank, 1 at reduced dimensions
  mlir::AffineMap layout =
      {}; ///< from the domain to the buffer; null: identity
};

struct Kernel {
  mutable mlir::func::FuncOp function; // MLIR accessors are not const.
  llvm::SmallVector<int64_t> domain;
  llvm::SmallVector<int64_t> tileSizes;
  llvm::SmallVector<bool> isReduced; ///< per dimension of the domain
  llvm::SmallVector<KernelOutput> outputs;
  mlir::Value begin, end; ///< the tiles of this call

  /// Reads the attributes and the body of a kernel; emits an error if they
  /// break the contract of the linalg phase.
  static mlir::FailureOr<Kernel> create(mlir::func::FuncOp function);

  /// Tiles along each dimension; a reduced one has a single tile even if empty.
  llvm::SmallVector<int64_t> getTileCounts() const;
  int64_t getRank() const { return domain.size(); }
  bool hasReducedDims() const { return llvm::is_contained(isReduced, true); }
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_KERNEL_H
