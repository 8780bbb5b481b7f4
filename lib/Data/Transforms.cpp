// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ToTensor and Normalize, on tables for bytes and on values for floats.
#include "sinter/Data/Transforms.h"
#include "sinter/Data/Error.h"
#include <fmt/format.h>

using namespace sinter;

/// [N, H, W, C] to [N, C, H, W].
static Tensor channelsFirst(const Tensor &tensor) {
  const std::vector<int64_t> &s = tensor.spec.shape;
  TensorSpec spec = tensor.spec;
  spec.shape = {s[0], s[3], s[1], s[2]};
  Tensor result(spec);
  size_t size = sizeOf(spec.dtype);
  int64_t pixels = s[1] * s[2], channels = s[3];
  char *to = result.as<char>();
  for (int64_t n = 0; n < s[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p, to += size)
        std::memcpy(
            to, tensor.as<char>() + ((n * pixels + p) * channels + c) * size,
            size);
  return result;
}

namespace {
/// Applies one transform after the other to a field.
class TransformChain {
public:
  TransformChain(Tensor tensor, const std::string &file) : file(file) {
    rows.row = tensor.spec;
    rows.stored = std::move(tensor);
    if (rows.row.shape.empty())
      throw Error(fmt::format("{}: expected rows, but got rank 0", file));
    rows.row.shape.erase(rows.row.shape.begin());
  }

  void toTensor() {
    const TensorSpec &spec = rows.stored.spec;
    bool bytes = spec.dtype == DType::U8 && rows.table.empty();
    if (!bytes && spec.dtype != DType::F32)
      throw Error(fmt::format("{}: expected u8 or f32 values for ToTensor, but "
                              "got {}",
                              file, typeText(rows.row)));
    if (spec.shape.size() != 3 && spec.shape.size() != 4)
      throw Error(fmt::format("{}: expected images [N, H, W] or [N, H, W, C] "
                              "for ToTensor, but got {}",
                              file, shapeText(spec.shape)));
    if (spec.shape.size() == 4)
      rows.stored = channelsFirst(rows.stored);
    else
      rows.stored.spec.shape.insert(rows.stored.spec.shape.begin() + 1, 1);
    rows.row.shape.assign(rows.stored.spec.shape.begin() + 1,
                          rows.stored.spec.shape.end());
    rows.row.dtype = DType::F32;
    if (!bytes)
      return;
    rows.table.resize(1);
    for (int value = 0; value < 256; ++value)
      rows.table[0][value] = float(value) / 255.0f;
  }

  void normalize(const Transform &transform) {
    if (rows.row.dtype != DType::F32 || rows.row.shape.size() < 3)
      throw Error(fmt::format("{}: expected rows f32[C, H, W] for Normalize, "
                              "but got {}",
                              file, typeText(rows.row)));
    size_t channels = size_t(rows.row.shape[0]);
    checkParameter(transform.mean, channels, "mean");
    checkParameter(transform.deviation, channels, "std");
    for (double deviation : transform.deviation)
      if (float(deviation) == 0)
        throw Error(
            fmt::format("{}: expected a std other than 0 for Normalize, but "
                        "got 0",
                        file));
    if (rows.table.empty())
      return normalizeValues(transform, channels);
    if (rows.table.size() != channels &&
        std::max(transform.mean.size(), transform.deviation.size()) > 1)
      rows.table.resize(channels, rows.table[0]);
    for (size_t channel = 0; channel < rows.table.size(); ++channel)
      normalizeRun(rows.table[channel].data(), 256, transform, channel);
  }

  TransformedRows rows;

private:
  void checkParameter(const std::vector<double> &values, size_t channels,
                      const char *name) const {
    if (values.size() != 1 && values.size() != channels)
      throw Error(
          fmt::format("{}: expected 1 or {} values of {} for Normalize, "
                      "but got {}",
                      file, channels, name, values.size()));
  }

  /// (value - mean) / std in f32, in two roundings like PyTorch.
  static void normalizeRun(float *values, int64_t count,
                           const Transform &transform, size_t channel) {
    auto ofChannel = [&](const std::vector<double> &list) {
      return float(list.size() == 1 ? list[0] : list[channel]);
    };
    float mean = ofChannel(transform.mean);
    float deviation = ofChannel(transform.deviation);
    for (int64_t i = 0; i < count; ++i)
      values[i] = (values[i] - mean) / deviation;
  }

  void normalizeValues(const Transform &transform, size_t channels) {
    int64_t planes = rows.stored.spec.shape[0] * int64_t(channels);
    if (planes == 0)
      return;
    int64_t size = rows.stored.spec.elements() / planes;
    for (int64_t plane = 0; plane < planes; ++plane)
      normalizeRun(rows.stored.as<float>() + plane * size, size, transform,
                   size_t(plane) % channels);
  }

  const std::string &file;
};
} // namespace

TransformedRows
sinter::applyTransforms(Tensor tensor, const std::vector<Transform> &transforms,
                        const std::string &file) {
  TransformChain chain(std::move(tensor), file);
  chain.rows.row.name = file;
  for (const Transform &transform : transforms) {
    if (transform.kind == TransformKind::ToTensor)
      chain.toTensor();
    else
      chain.normalize(transform);
  }
  return std::move(chain.rows);
}
