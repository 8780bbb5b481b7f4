// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NPY, NumPy's file of one array (versions 1.0 to 3.0), and NPZ, a zip archive
// of them.
#ifndef SINTER_DATA_NPY_H
#define SINTER_DATA_NPY_H

#include "sinter/Data/Tensor.h"
#include <memory>

namespace sinter {

/// Reads an NPY file: little-endian f8 f4 f2 i8 i4 i2 i1 u1 b1. An array in
/// Fortran order is transposed to row-major. Throws sinter::Error.
Tensor readNpy(const std::string &path);

/// Element type and shape from the header alone.
TensorSpec readNpyHeader(const std::string &path);

/// Writes NPY 1.0 atomically. bf16 has no NPY type and is an error.
void writeNpy(const std::string &path, const TensorView &tensor);

/// An NPZ archive that is open: its directory is known, and an array is
/// inflated when it is asked for. Names are those of the entries without
/// ".npy"; other entries are no arrays. All functions throw sinter::Error.
class NpzArchive {
public:
  explicit NpzArchive(const std::string &path);
  ~NpzArchive();

  /// In the order of the archive.
  std::vector<std::string> names() const;
  /// Element type and shape of an array, from its header alone. Its own name
  /// has the file before it: "FILE:NAME".
  TensorSpec header(const std::string &name);
  /// The array, whose checksum is compared.
  Tensor read(const std::string &name);

private:
  struct Implementation;
  std::unique_ptr<Implementation> archive;
};

/// Writes arrays by their names, stored as they are, atomically. Throws
/// sinter::Error.
void writeNpz(const std::string &path, const std::vector<TensorView> &tensors);

} // namespace sinter
#endif
