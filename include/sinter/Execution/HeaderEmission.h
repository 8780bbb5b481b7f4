// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C header of a compiled model, from its tables alone.
#ifndef SINTER_EXECUTION_HEADEREMISSION_H
#define SINTER_EXECUTION_HEADEREMISSION_H

#include "sinter/Runtime/Model.h"

namespace sinter {

/// A header in C99, also for C++: the types of Runtime/ABI.h, and for each
/// state block a struct and a table, for each entry a function with structs of
/// its arguments and results. Depends on the model's description alone.
std::string emitHeader(const Model &model);

} // namespace sinter
#endif
