// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tensor in memory: what files hold and what compiled functions take and
// give.
#ifndef SINTER_DATA_TENSOR_H
#define SINTER_DATA_TENSOR_H

#include "sinter/Runtime/AlignedBuffer.h"
#include "sinter/Runtime/Model.h"
#include <map>
#include <string>

namespace sinter {

/// A dense tensor in row-major order that owns its bytes (exactly
/// spec.bytes()).
struct Tensor {
  TensorSpec spec;
  AlignedBuffer bytes;

  Tensor() = default;
  /// Zeros. The shape must have passed checkedBytes if it comes from a file.
  explicit Tensor(TensorSpec spec)
      : spec(std::move(spec)), bytes(this->spec.bytes()) {}

  template <typename T> T *as() { return bytes.as<T>(); }
  template <typename T> const T *as() const { return bytes.as<T>(); }
};

/// Tensors by name, as a safetensors or NPZ file holds them.
using TensorMap = std::map<std::string, Tensor>;

/// A tensor that somebody else owns, to be written.
struct TensorView {
  TensorSpec spec;
  const void *data = nullptr;
};

/// The tensor as a view named `name`. The view is valid while `tensor` is.
TensorView viewOf(const Tensor &tensor, const std::string &name);

/// The type in model text: "f32[64, 10]", "f32" for rank 0.
std::string typeText(const TensorSpec &spec);
/// "[64, 10]", "[]" for rank 0.
std::string shapeText(const std::vector<int64_t> &shape);

/// Bytes of a tensor of this type, or false if an extent is negative or the
/// size does not fit 63 bits.
bool checkedBytes(DType dtype, const std::vector<int64_t> &shape,
                  uint64_t &bytes);

/// Element `index` (in row-major order) as a double. i64 beyond 2^53 is
/// rounded.
double elementAsDouble(DType dtype, const void *data, int64_t index);

/// The values in nested brackets, with six significant digits (f64: eight). As
/// PyTorch prints them, tensors of more than `threshold` elements show the
/// first and last `edge` entries of every axis alone.
std::string valueText(const Tensor &tensor, int64_t threshold = 1000,
                      int64_t edge = 3);

} // namespace sinter
#endif
