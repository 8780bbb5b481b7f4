// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types, sizes and values of tensors, as text and as numbers.
#include "sinter/Data/Tensor.h"
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

using namespace sinter;

TensorView sinter::viewOf(const Tensor &tensor, const std::string &name) {
  TensorView view{tensor.spec, tensor.bytes.data()};
  view.spec.name = name;
  return view;
}

std::string sinter::shapeText(const std::vector<int64_t> &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string sinter::typeText(const TensorSpec &spec) {
  return nameOf(spec.dtype) + (spec.shape.empty() ? "" : shapeText(spec.shape));
}

bool sinter::checkedBytes(DType dtype, const std::vector<int64_t> &shape,
                          uint64_t &bytes) {
  // The product of the extents other than 0 must fit as well, so that partial
  // products (strides) never overflow.
  int64_t product = int64_t(sizeOf(dtype));
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0)
      return false;
    if (extent == 0)
      empty = true;
    else if (__builtin_mul_overflow(product, extent, &product))
      return false;
  }
  bytes = empty ? 0 : uint64_t(product);
  return true;
}

template <typename T> static T load(const void *data, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char *>(data) + index * sizeof(T),
              sizeof(T));
  return value;
}

static double bfloatToDouble(uint16_t bits) {
  uint32_t word = uint32_t(bits) << 16;
  return load<float>(&word, 0);
}

static double halfToDouble(uint16_t bits) {
  int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31)
    return fraction ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0)
    return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

double sinter::elementAsDouble(DType dtype, const void *data, int64_t index) {
  switch (dtype) {
  case DType::F64:
    return load<double>(data, index);
  case DType::F32:
    return load<float>(data, index);
  case DType::F16:
    return halfToDouble(load<uint16_t>(data, index));
  case DType::BF16:
    return bfloatToDouble(load<uint16_t>(data, index));
  case DType::I64:
    return double(load<int64_t>(data, index));
  case DType::I32:
    return load<int32_t>(data, index);
  case DType::I16:
    return load<int16_t>(data, index);
  case DType::I8:
    return load<int8_t>(data, index);
  case DType::U8:
  case DType::Bool:
    return load<uint8_t>(data, index);
  }
  return 0;
}

namespace {
/// Prints one tensor, axis by axis.
class ValuePrinter {
public:
  /// `edge` entries at both ends of an axis are shown; 0: all.
  ValuePrinter(const Tensor &tensor, int64_t edge)
      : tensor(tensor), edge(edge) {}

  void print(size_t axis, int64_t offset, std::string &out) const {
    const std::vector<int64_t> &shape = tensor.spec.shape;
    if (axis == shape.size())
      return printElement(offset, out);
    int64_t extent = shape[axis], inner = 1;
    for (size_t i = axis + 1; i < shape.size(); ++i)
      inner *= shape[i];
    std::string separator =
        axis + 1 == shape.size() ? ", " : ",\n" + std::string(axis + 1, ' ');
    bool shortened = edge > 0 && extent > 2 * edge;
    out += "[";
    for (int64_t i = 0; i < extent; ++i) {
      if (shortened && i == edge) {
        out += "..." + separator;
        i = extent - edge;
      }
      print(axis + 1, offset + i * inner, out);
      out += i + 1 < extent ? separator : "";
    }
    out += "]";
  }

private:
  void printElement(int64_t index, std::string &out) const {
    const void *data = tensor.bytes.data();
    if (isFloat(tensor.spec.dtype)) {
      double value = elementAsDouble(tensor.spec.dtype, data, index);
      // The sign of a NaN means nothing.
      out += std::isnan(value)
                 ? "nan"
                 : fmt::format("{:.{}g}", value,
                               tensor.spec.dtype == DType::F64 ? 8 : 6);
    } else if (tensor.spec.dtype == DType::Bool)
      out += tensor.as<uint8_t>()[index] ? "true" : "false";
    else if (tensor.spec.dtype == DType::I64)
      out += fmt::format("{}", tensor.as<int64_t>()[index]);
    else
      out += fmt::format(
          "{}", int64_t(elementAsDouble(tensor.spec.dtype, data, index)));
  }

  const Tensor &tensor;
  int64_t edge;
};
} // namespace

std::string sinter::valueText(const Tensor &tensor, int64_t threshold,
                              int64_t edge) {
  std::string out;
  bool isLong = tensor.spec.elements() > threshold;
  ValuePrinter(tensor, isLong ? edge : 0).print(0, 0, out);
  return out;
}
