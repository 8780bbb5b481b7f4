// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter inspect --json`.
#ifndef SINTER_TOOLS_SINTER_INSPECTJSON_H
#define SINTER_TOOLS_SINTER_INSPECTJSON_H

#include "sinter/Execution/Compiler.h"

namespace sinter::driver {

/// Prints the description of a model (Data/ModelDescription.h) with these of
/// its entries and, of a model file (`compiler` is not null), the memory and
/// the kernels of each instance.
void printInspection(const Model &model, const std::vector<Entry> &entries,
                     const Compiler *compiler);

} // namespace sinter::driver
#endif
