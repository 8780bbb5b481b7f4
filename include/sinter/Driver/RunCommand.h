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

/// One --input: a file, or a literal that takes the parameter's dtype.
/// Without a name it is for the first parameter that no other input is for.
struct RunInput {
  std::string name;
  std::vector<int64_t> shape;
  std::string file; ///< read when it is known to fit; empty of a literal
  DType dtype = DType::F32; ///< of the file
  std::string literal;      ///< JSON: a number or nested lists of numbers
};

/// Reads "[NAME=]@FILE.npy", of the file its header, and "[NAME=]LITERAL".
/// Throws UsageError for what is neither, Error for files that cannot be read.
std::vector<RunInput> parseInputs(const std::vector<std::string> &texts);

/// Calls the entry `name` (the only one if empty) on the inputs and prints or
/// writes its results. Throws Error, or UsageError if a name is needed.
void runEntry(ModelSession &session, const std::string &name,
              const std::vector<RunInput> &inputs, const RunOptions &options);

/// Sends data through a run block, the only one if its name is empty, and gives
/// its results: tensors are joined along dim 0, numbers become one per batch.
/// Throws Error.
void runBlock(ModelSession &session, const std::string &dataDirectory,
              const RunOptions &options);
/// Whether the options ask for a run block of the model and not for an entry.
bool wantsBlock(const Model &model, const std::string &entry,
                const RunOptions &options);

/// Prints results, or writes them to a file (ResultFile.h).
void giveResults(const std::vector<Tensor> &results, const std::string &output);

} // namespace sinter::driver
#endif
