// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// torchvision's transforms as maps of stored values, computed as PyTorch
// computes them. Images of bytes stay bytes in memory: the whole chain becomes
// one table of 256 values.
#ifndef SINTER_DATA_TRANSFORMS_H
#define SINTER_DATA_TRANSFORMS_H

#include "sinter/Data/DataSource.h"
#include <array>

namespace sinter {

/// A field of a dataset after its transforms: stored rows and how to read them.
struct TransformedRows {
  Tensor stored;  ///< [rows, …], of bytes if there are tables
  TensorSpec row; ///< type of one row as batches have it
  std::vector<std::array<float, 256>>
      table; ///< empty: rows are copied. One for all, or one per channel
};

/// Applies `transforms` to `tensor` ([rows, …]). ToTensor takes [N, H, W] or
/// [N, H, W, C] and gives [C, H, W] rows of f32, divided by 255 if they were
/// u8; Normalize takes f32 rows [C, …]. Throws sinter::Error that begins with
/// `file`.
TransformedRows applyTransforms(Tensor tensor,
                                const std::vector<Transform> &transforms,
                                const std::string &file);

} // namespace sinter
#endif
