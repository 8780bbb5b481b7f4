// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The NPY format on a stream of bytes: a file of its own or an entry of an
// archive.
#ifndef SINTER_LIB_DATA_NPYFORMAT_H
#define SINTER_LIB_DATA_NPYFORMAT_H

#include "sinter/Data/Tensor.h"
#include <functional>

namespace sinter {

/// Where the bytes come from: reads up to so many, fewer only at the end.
using ReadFunction = std::function<size_t(void *, size_t)>;

/// Element type and shape from the header; `name` stands for the file, also in
/// errors.
TensorSpec readNpySpec(const ReadFunction &read, const std::string &name);

/// The whole array, row-major. A header that asks for more than `largest` bytes
/// is an error before anything is allocated.
Tensor readNpyArray(const ReadFunction &read, const std::string &name,
                    uint64_t largest);

/// What stands before the elements: NPY 1.0, padded so that they begin at a
/// multiple of 64. Throws sinter::Error for types that NPY does not have.
std::string npyHeader(const std::string &name, const TensorSpec &spec);

} // namespace sinter
#endif
