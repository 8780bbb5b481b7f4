// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Activations of straight pieces; those of bounds keep integers.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_PIECEWISELINEAR_H
#define SINTER_LIB_FRONTEND_CAPTURE_PIECEWISELINEAR_H

#include "Call.h"

namespace sinter::capturing {

Value hardtanh(Call &call);
Value relu6(Call &call);
Value hardsigmoid(Call &call);
Value hardswish(Call &call);
Value hardshrink(Call &call);
Value softshrink(Call &call);
Value threshold(Call &call);

} // namespace sinter::capturing
#endif
