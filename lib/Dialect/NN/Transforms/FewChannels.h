// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions whose results have fewer channels than a vector has lanes.

#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_FEWCHANNELS_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_FEWCHANNELS_H

#include "sinter/Dialect/NN/IR/Builders.h"

namespace sinter::nn {

/// Builds a convolution's product with the dims [N, G, O, R…] if it is faster
/// so than with channels last: the lanes run along the last of R, or along the
/// last loop of the sum. Null otherwise. `lanes` is how many elements a vector
/// of sums has.
CorrelateOp buildForFewChannels(TensorBuilder &b, CorrelateOp op,
                                int64_t lanes);

} // namespace sinter::nn

#endif // SINTER_LIB_DIALECT_NN_TRANSFORMS_FEWCHANNELS_H
