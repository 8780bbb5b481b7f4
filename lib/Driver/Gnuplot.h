// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs gnuplot.
#ifndef SINTER_LIB_DRIVER_GNUPLOT_H
#define SINTER_LIB_DRIVER_GNUPLOT_H

#include <string>

namespace sinter::driver {

/// What gnuplot writes to its standard output for a script. Throws Error if
/// there is no gnuplot in PATH, or with what it says if it fails.
std::string runGnuplot(const std::string &script);

} // namespace sinter::driver
#endif
