// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes of tensors that fit.
#include "Graph.h"
#include "llvm/Support/MathExtras.h"

namespace sinter::capturing {

std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  // Below 2^48 elements every byte offset fits in 64 bits.
  for (int64_t extent : shape)
    if (extent < 0 || llvm::MulOverflow(count, extent, count) ||
        count > (int64_t(1) << 48))
      return std::nullopt;
  return count;
}

} // namespace sinter::capturing
