// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a model may ask of the compiler: more is an error that names the limit.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_LIMITS_H
#define SINTER_LIB_FRONTEND_CAPTURE_LIMITS_H

#include <cstdint>

namespace sinter::capturing {

/// Calls of fns, and modules in modules, inside of each other.
constexpr unsigned maxCallDepth = 64;
/// Expressions and blocks inside of each other, through calls: what evaluation
/// by recursion may take of the stack.
constexpr unsigned maxNesting = 1000;
/// Statements, repetitions of loops, calls of modules and parts of tensors that
/// are made while compiling.
constexpr uint64_t maxStatements = 1 << 20;
/// Steps of a loop that runs while compiling.
constexpr int64_t maxUnrolledSteps = 4096;
/// Steps of a loop in compiled code.
constexpr int64_t maxLoopSteps = int64_t(1) << 40;
/// Values in a tuple or list, those in nested ones included, and how deep these
/// nest.
constexpr uint64_t maxItems = 1 << 20;
constexpr unsigned maxSequenceDepth = 64;
/// Modules, and their parameters and buffers, of one model.
constexpr int64_t maxModules = 1 << 16;

} // namespace sinter::capturing
#endif
