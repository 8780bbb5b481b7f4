// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C++ side of Interfaces.td.
#ifndef SINTER_INTERFACES_INTERFACES_H
#define SINTER_INTERFACES_INTERFACES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace sinter {
/// Declares that gradients stop at an op by its nature; see Interfaces.td.
template <typename ConcreteType>
class NotDifferentiable
    : public mlir::OpTrait::TraitBase<ConcreteType, NotDifferentiable> {};
} // namespace sinter

#include "sinter/Interfaces/OpInterfaces.h.inc"
#include "sinter/Interfaces/TypeInterfaces.h.inc"

#endif
