// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file that results are written to, in the format that its name ends in.
#ifndef SINTER_DRIVER_RESULTFILE_H
#define SINTER_DRIVER_RESULTFILE_H

#include "sinter/Data/Tensor.h"
#include <string>
#include <vector>

namespace sinter::driver {

/// Empty if `file` ends in .npy, .npz, .safetensors, .csv or .json; else what
/// is wrong with it.
std::string checkResultName(const std::string &file);

/// Throws Error if results of these types cannot be written to `file`, or
/// nothing can: to be called before the work. An NPY file has one array, a CSV
/// file columns of one length, NPY and NPZ files no bf16.
void checkResultTypes(const std::string &file,
                      const std::vector<TensorSpec> &results);

/// Writes the results by their names, atomically. In CSV files a result of rank
/// 0 or 1 is a column and one of rank 2 as many as it has; numbers have the
/// digits that tell them from all others. JSON has null where a number is not
/// finite. Throws Error.
void writeResults(const std::string &file, const std::vector<Tensor> &results);

} // namespace sinter::driver
#endif
