// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a kernel's domain is cut into tiles.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_TILESIZES_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_TILESIZES_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

struct TileSizes {
  llvm::SmallVector<int64_t> sizes; ///< one per dimension of the domain; whole
                                    ///< extents of reduced dimensions
  int64_t tiles = 1;
};

/// Tiles of a kernel, from its shapes alone: the same for any number of
/// threads.
TileSizes chooseTileSizes(KernelOp kernel, bool singleTile);

/// Rough number of scalar operations of a kernel.
int64_t estimateWork(KernelOp kernel);

} // namespace sinter::nn

#endif
