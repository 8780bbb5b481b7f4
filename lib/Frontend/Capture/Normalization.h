// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What normalizations share.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_NORMALIZATION_H
#define SINTER_LIB_FRONTEND_CAPTURE_NORMALIZATION_H

#include "Call.h"

namespace sinter::capturing {

/// (x - mean) / sqrt(variance + eps) over `dims`, in two passes.
Tensor normalize(Graph &g, Tensor x, llvm::ArrayRef<int64_t> dims, double eps);
/// x · weight + bias, either of which may be null.
Tensor scaleAndShift(Graph &g, Tensor x, Tensor weight, Tensor bias);
/// A vector of channels, shaped to multiply [N, C, d…]; null stays null.
Tensor alongChannels(Graph &g, Tensor vector, int64_t rank);
/// Registers the tensors of an affine layer, one number per channel each.
void addScaleAndShift(Call &call, int64_t channels);
/// The argument of that name, one number for each of the channels of x [N, C,
/// …]; null if it is none, or after an error.
Tensor perChannel(Call &call, llvm::StringRef name, Tensor x);

} // namespace sinter::capturing
#endif
