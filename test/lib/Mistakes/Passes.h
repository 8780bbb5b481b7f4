// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that do something wrong.
#ifndef SINTER_TEST_LIB_MISTAKES_PASSES_H
#define SINTER_TEST_LIB_MISTAKES_PASSES_H

#include "mlir/Pass/Pass.h"

namespace sinter::mistake {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "Passes.h.inc"
} // namespace sinter::mistake

#endif
