// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results of an entry as curves.
#ifndef SINTER_LIB_DRIVER_RESULTCURVES_H
#define SINTER_LIB_DRIVER_RESULTCURVES_H

#include "sinter/Data/Tensor.h"
#include "sinter/Driver/Picture.h"

namespace sinter::driver {

/// Draws every result with one dimension (others of extent 1 do not count) as a
/// curve over its positions, those with as many of them beside each other.
/// Throws Error if there is none.
void drawResults(const Picture &picture, const std::string &title,
                 const std::vector<Tensor> &results);

} // namespace sinter::driver
#endif
