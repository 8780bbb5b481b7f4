// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that only change the shape of a tensor: an index of the result is one of
// the source.

#ifndef SINTER_LIB_CODEGEN_CPU_VIEWS_H
#define SINTER_LIB_CODEGEN_CPU_VIEWS_H

#include "IndexSpace.h"

#include "mlir/IR/Operation.h"

namespace sinter::cpu {

struct ViewSource {
  mlir::Value tensor;
  Index index;
};

/// Whether `op` is a slice or a reshape.
bool isView(mlir::Operation *op);

/// Where a view has the element that its result has at `index`; an error if the
/// view is not static.
mlir::FailureOr<ViewSource>
getViewSource(mlir::Operation *op, llvm::ArrayRef<mlir::AffineExpr> index,
              const IndexSpace &space);

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_VIEWS_H
