// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes the wrong passes known. No LLVM here.
#ifndef SINTER_TEST_LIB_MISTAKES_REGISTER_H
#define SINTER_TEST_LIB_MISTAKES_REGISTER_H

#include <string>
#include <vector>

namespace sinter::mistake {
/// Registers mistake-negate-gradient and mistake-replace-op.
void registerPasses();
/// The names of all ops of the nn dialect that have a gradient, sorted.
std::vector<std::string> differentiableOps();
} // namespace sinter::mistake

#endif
