// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments of a kernel, as the command line writes them.
#ifndef SINTER_PTX_RUN_ARGUMENT_H
#define SINTER_PTX_RUN_ARGUMENT_H

#include "sinter/Data/Tensor.h"
#include <optional>
#include <string>

namespace sinter::ptxrun {

/// One `--arg`: a scalar, a buffer with values, a buffer that nothing wrote, or
/// the buffer of an earlier argument.
struct Argument {
  enum Kind { Scalar, Buffer, Uninitialised, SameBuffer };
  Kind kind = Buffer;
  Tensor value;
  /// Of SameBuffer: the number of the other argument.
  size_t same = 0;
};

/// The forms that parseArgument takes, for --help.
extern const char *argumentForms;

/// Parses "f32[64,10]:random", "f32[64]:1.5", "f32[64]", "@file.npy", "i32:5"
/// or "=0". Random values are drawn from the argument's number and nothing
/// else. Throws UsageError, and Error for a file.
Argument parseArgument(const std::string &text, size_t number);

} // namespace sinter::ptxrun
#endif
