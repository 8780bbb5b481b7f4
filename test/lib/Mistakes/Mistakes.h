// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect of mistakes.
#ifndef SINTER_TEST_LIB_MISTAKES_H
#define SINTER_TEST_LIB_MISTAKES_H

#include "sinter/Dialect/NN/IR/NN.h"

#include "MistakesDialect.h.inc"

#define GET_OP_CLASSES
#include "Mistakes.h.inc"

#endif
