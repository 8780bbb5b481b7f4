// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types of tensors: those of Runtime/DType.h as MLIR's.
#ifndef SINTER_DIALECT_NN_IR_ELEMENTTYPES_H
#define SINTER_DIALECT_NN_IR_ELEMENTTYPES_H

#include "mlir/IR/Types.h"
#include "sinter/Runtime/DType.h"

namespace sinter {

/// The MLIR type of that element type: i1 of bools, ui8 of u8, else of the same
/// name.
mlir::Type elementTypeOf(DType dtype, mlir::MLIRContext *context);
/// The other way; nothing for types that no value of a model has.
std::optional<DType> dtypeOf(mlir::Type type);

} // namespace sinter
#endif
