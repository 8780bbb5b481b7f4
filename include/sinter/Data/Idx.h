// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IDX, the format of MNIST and its successors, plain or compressed by gzip.
#ifndef SINTER_DATA_IDX_H
#define SINTER_DATA_IDX_H

#include "sinter/Data/Tensor.h"

namespace sinter {

/// Reads a whole IDX file. Throws sinter::Error if it is missing, damaged, or
/// its header does not fit its size.
Tensor readIdx(const std::string &path);

/// Element type and shape from the header alone.
TensorSpec readIdxHeader(const std::string &path);

} // namespace sinter
#endif
