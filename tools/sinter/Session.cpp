// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a model file to a callable model.
#include "Session.h"

namespace sinter::driver {

LoadedModel::LoadedModel(const CompilerOptions &options)
    : code(Compiler::create(options)) {
  loaded = code ? code->load() : nullptr;
  if (!loaded)
    throw Reported();
}

} // namespace sinter::driver
