// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `run`: calls an entry on tensors from files or literals.
#ifndef SINTER_DRIVER_RUNCOMMAND_H
#define SINTER_DRIVER_RUNCOMMAND_H

#include "sinter/Driver/CommandLine.h"
#include "sinter/Driver/ModelSession.h"
#include <memory>

namespace sinter::driver {

/// One --input: a tensor, or a literal that takes the parameter's dtype.
/// Without a name it is for the first parameter that no other input is for.
struct RunInput {
  std::string name;
  std::vector<int64_t> shape;
  Tensor tensor;       ///< unless there is a literal
  std::string literal; ///< JSON: a number or nested lists of numbers
};

/// Reads "[NAME=]@FILE.npy" and "[NAME=]LITERAL". Throws UsageError for what is
/// neither, Error for files that cannot be read.
std::vector<RunInput> parseInputs(const std::vector<std::string> &texts);

/// Calls the entry `name` (the only one if empty) on the inputs and prints or
/// writes its results. Throws Error, or UsageError if a name is needed.
void runEntry(ModelSession &session, const std::string &name,
              std::vector<RunInput> inputs, const RunOptions &options);

} // namespace sinter::driver
#endif
