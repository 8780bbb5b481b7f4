// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NPY, NumPy's file of one array (versions 1.0 to 3.0), and NPZ, a zip archive
// of them.
#ifndef SINTER_DATA_NPY_H
#define SINTER_DATA_NPY_H

#include "sinter/Data/Tensor.h"

namespace sinter {

/// Reads an NPY file: little-endian f8 f4 f2 i8 i4 i2 i1 u1 b1. An array in
/// Fortran order is transposed to row-major. Throws sinter::Error.
Tensor readNpy(const std::string &path);

/// Element type and shape from the header alone.
TensorSpec readNpyHeader(const std::string &path);

/// Writes NPY 1.0 atomically. bf16 has no NPY type and is an error.
void writeNpy(const std::string &path, const TensorView &tensor);

/// Reads all arrays of an NPZ archive (stored or deflated entries), by name
/// without ".npy". Throws sinter::Error.
TensorMap readNpz(const std::string &path);

/// The arrays of these names, in this order, each with the file in its own
/// name. Throws sinter::Error.
std::vector<Tensor> readNpz(const std::string &path,
                            const std::vector<std::string> &names);

/// Parses NPY bytes; `name` stands for the file in errors.
Tensor parseNpy(const std::string &name, const std::string &bytes);

} // namespace sinter
#endif
