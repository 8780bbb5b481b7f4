// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model file compiled and loaded, ready to be called.
#ifndef SINTER_TOOLS_SINTER_SESSION_H
#define SINTER_TOOLS_SINTER_SESSION_H

#include "Commands.h"
#include "sinter/Driver/ModelSession.h"

namespace sinter::driver {

/// Code in memory and the table of its functions.
class LoadedModel {
public:
  /// Throws Reported if the file does not compile.
  explicit LoadedModel(const CompilerOptions &options);

  Compiler &compiler() { return *code; }

protected:
  std::unique_ptr<Compiler> code;
  const Model *loaded = nullptr;
};

/// Runs the compiler up to callable code. The code is a base, so that it is
/// there before the session and goes after it.
class Session : public LoadedModel, public ModelSession {
public:
  /// Throws Reported if the file does not compile.
  Session(const CompilerOptions &options, int threads)
      : LoadedModel(options), ModelSession(*loaded, threads) {}
};

} // namespace sinter::driver
#endif
