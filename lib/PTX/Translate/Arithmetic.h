// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic that more than one family emits.
#ifndef SINTER_PTX_ARITHMETIC_H
#define SINTER_PTX_ARITHMETIC_H

#include "Emitter.h"

namespace sinter::ptx {

/// The result in the instruction's rounding, with its .ftz, .sat and .relu.
/// `type` is that of one lane.
Value *emitFloat(Emitter &e, Type type, FloatCode code,
                 llvm::ArrayRef<Value *> operands);
/// Operand 1 times operand 2: its low or high half, or all of it.
Value *emitProduct(Emitter &e, Type type);
/// add, sub and mad without a carry.
void emitAddOrSubtract(Emitter &e);
void emitMultiplyAdd(Emitter &e);

} // namespace sinter::ptx
#endif
