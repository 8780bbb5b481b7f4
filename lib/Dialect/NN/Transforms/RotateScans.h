// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves the product at the end of a scan's step to the start of the next one.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_ROTATESCANS_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_ROTATESCANS_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// A step that ends in `c' = f(g · W, …)`, with W the same in all steps and f
/// elementwise, carries g and what else f reads instead of c, and starts with
/// `c = f(g · W, …)`: what it makes of c, elementwise, is then computed on the
/// product while that is in registers. In the first step g is zero, so that c
/// is its init. Returns whether `scan` was replaced.
bool rotateProduct(ScanOp scan);

} // namespace sinter::nn

#endif
