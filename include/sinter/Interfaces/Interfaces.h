// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C++ side of Interfaces.td.
#ifndef SINTER_INTERFACES_INTERFACES_H
#define SINTER_INTERFACES_INTERFACES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace sinter {
/// Declares that gradients stop at an op by its nature; see Interfaces.td.
template <typename ConcreteType>
class NotDifferentiable
    : public mlir::OpTrait::TraitBase<ConcreteType, NotDifferentiable> {};

/// The reverse-mode engine, as ops with bodies call it: builds the gradients of
/// `outputs`, whose own gradients are `seeds` (null where nothing flows), by
/// `wrt`, all of one block; null where no path leads.
using DifferentiateValues =
    llvm::function_ref<llvm::FailureOr<llvm::SmallVector<mlir::Value>>(
        mlir::OpBuilder &builder, mlir::ValueRange outputs,
        llvm::ArrayRef<mlir::Value> seeds, mlir::ValueRange wrt)>;
} // namespace sinter

#include "sinter/Interfaces/OpInterfaces.h.inc"
#include "sinter/Interfaces/TypeInterfaces.h.inc"

#endif
