// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// safetensors: named tensors behind a JSON header, the format of weights and
// checkpoints.
#ifndef SINTER_DATA_SAFETENSORS_H
#define SINTER_DATA_SAFETENSORS_H

#include "sinter/Data/File.h"
#include "sinter/Data/Tensor.h"
#include <functional>
#include <set>

namespace sinter {

/// The types of tensors by their names.
using SpecMap = std::map<std::string, TensorSpec>;
/// Gives the names of the tensors that are wanted of a file with these; may
/// throw.
using TensorChoice = std::function<std::set<std::string>(const SpecMap &)>;

/// Reads the tensors that `choose` gives from the header, or all; what else the
/// file holds is passed over. Sizes, offsets, overlaps, gaps, dtypes and
/// duplicate keys are checked; throws sinter::Error.
TensorMap readSafetensors(const std::string &path,
                          const TensorChoice &choose = {});

/// Types of all tensors, from the header alone, with the same checks.
SpecMap readSafetensorsHeader(const std::string &path);

/// Writes the tensors in the order given, atomically. Names must differ. Throws
/// sinter::Error.
void writeSafetensors(const std::string &path,
                      const std::vector<TensorView> &tensors);
/// The same as one file of several.
void addSafetensors(FileSet &files, const std::string &path,
                    const std::vector<TensorView> &tensors);

} // namespace sinter
#endif
