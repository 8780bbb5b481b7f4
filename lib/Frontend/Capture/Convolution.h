// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What plain and transposed convolutions share.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_CONVOLUTION_H
#define SINTER_LIB_FRONTEND_CAPTURE_CONVOLUTION_H

#include "Windows.h"

namespace sinter::capturing {

/// Whether channels, bias and dtypes fit; an error otherwise. A weight is
/// [outputs, inputs / groups, K…], or that of a transposed convolution [inputs,
/// outputs / groups, K…].
bool checkOperands(Call &call, const SpatialInput &x, Tensor weight,
                   Tensor bias, bool isTransposed, int64_t groups);
/// Whether a weight has the rank of a convolution and countable taps; an error
/// otherwise.
bool checkWeight(Call &call, Tensor weight, int64_t spatial);

/// Registers a weight of `rows` and `columns` channels, and a bias, as PyTorch
/// starts them: uniform within 1 / sqrt(columns · taps).
void addWeights(Call &call, int64_t rows, int64_t columns, int64_t outputs,
                llvm::ArrayRef<int64_t> taps);
/// Whether groups divide the channels of a layer that is made; an error
/// otherwise.
bool checkMaking(Call &call, int64_t inputs, int64_t outputs, int64_t groups);

} // namespace sinter::capturing
#endif
