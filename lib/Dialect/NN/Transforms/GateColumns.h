// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products whose columns are several gates side by side: one kernel computes a
// unit's gates together and combines them in registers.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_GATECOLUMNS_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_GATECOLUMNS_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// The columns of a product as gates of equal width.
struct GateColumns {
  int64_t gates, width;
};

/// Whether `slice` takes one of several equal pieces of the last dimension.
bool isGate(SliceOp slice);

/// The gates of `product`: it is read by slices of its last dimension alone,
/// each one gate, and elementwise ops combine them; nothing otherwise.
std::optional<GateColumns> getGateColumns(MatmulOp product);

/// The gates of the product that `slice` reads a gate of.
std::optional<GateColumns> getGateColumns(SliceOp slice);

/// Whether `concat` puts tensors of one type side by side and nothing reads
/// its result at the index where it is computed: a kernel over one part's shape
/// computes an element of every part at once.
bool isOfEqualParts(ConcatOp concat);

} // namespace sinter::nn

#endif
