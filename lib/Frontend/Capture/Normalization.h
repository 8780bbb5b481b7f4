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

/// The operands of a normalization of x [N, C, …], one number per channel each;
/// all but x may be null.
struct NormOperands {
  Tensor x, mean, variance, weight, bias;

  bool checkOneDType(Call &call) const {
    return call.checkOneDType({x, mean, variance, weight, bias});
  }
};

/// Registers the tensors of a layer with running statistics.
void makeRunning(Call &call);
/// Assigns to a buffer of the layer that is called.
void writeBuffer(Call &call, llvm::StringRef name, Tensor value);
/// old + factor * (batch - old), as (1 - factor) * old + factor * batch.
Tensor blend(Graph &g, Tensor old, Tensor batch, Tensor factor);
/// Normalizes by the statistics that are given.
Tensor normalizeBy(Graph &g, const NormOperands &in, double eps);
/// Reads running statistics [C] of a function: both where they count, none
/// where the input's own do, since a function has no buffers to update. False
/// after an error.
bool readStatistics(Call &call, NormOperands &in, bool ofInput);

} // namespace sinter::capturing
#endif
