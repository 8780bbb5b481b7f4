// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the families of losses share.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_LOSSES_H
#define SINTER_LIB_FRONTEND_CAPTURE_LOSSES_H

#include "Call.h"

namespace sinter::capturing {

/// Mean, sum or the elements themselves, by the argument `reduction`.
Value reduceLoss(Call &call, Tensor elements);
/// Operands converted to one float type, of which one at least is a float as in
/// PyTorch, checked for broadcasting; empty after an error.
std::vector<Tensor> operandsOf(Call &call,
                               llvm::ArrayRef<llvm::StringRef> names);

} // namespace sinter::capturing
#endif
