// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions and pooling share: numbers per spatial dim, inputs without
// a batch.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_WINDOWS_H
#define SINTER_LIB_FRONTEND_CAPTURE_WINDOWS_H

#include "Call.h"

namespace sinter::capturing {

/// How many spatial dims a function or layer has by its name: 2 of "conv2d".
int64_t spatialRank(llvm::StringRef name);

/// An argument that is one number for all spatial dims or one for each, none
/// below `lowest`. After an error zeros.
Shape perSpatialDim(Call &call, llvm::StringRef name, int64_t spatial,
                    int64_t lowest);

/// An input [N, C, S…]; one without a batch gets one of extent 1.
struct SpatialInput {
  Tensor tensor;
  bool isBatched = true;

  /// A result without the batch that the input did not have.
  Tensor result(Graph &graph, Tensor value) const {
    return isBatched ? value : graph.squeeze(value, 0);
  }
};

/// The argument 'input' as [N, C, S…]; null after an error.
SpatialInput spatialInput(Call &call, Tensor input, int64_t spatial);

} // namespace sinter::capturing
#endif
