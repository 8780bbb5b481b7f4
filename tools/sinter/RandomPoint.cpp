// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random tensors, and points in the types of another precision.

#include "RandomPoint.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

/// SplitMix64: good enough to be in general position.
uint64_t RandomStream::bits() {
  uint64_t z = counter += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double RandomStream::uniform(double low, double high) {
  return low + (high - low) * double(bits() >> 40) * 0x1p-24;
}

void storeElement(Tensor &tensor, int64_t index, double value) {
  switch (tensor.spec.dtype) {
  case DType::F64:
    tensor.as<double>()[index] = value;
    return;
  case DType::F32:
    tensor.as<float>()[index] = static_cast<float>(value);
    return;
  case DType::I64:
    tensor.as<int64_t>()[index] = static_cast<int64_t>(value);
    return;
  case DType::I32:
    tensor.as<int32_t>()[index] = static_cast<int32_t>(value);
    return;
  case DType::I16:
    tensor.as<int16_t>()[index] = static_cast<int16_t>(value);
    return;
  case DType::I8:
    tensor.as<int8_t>()[index] = static_cast<int8_t>(value);
    return;
  case DType::U8:
  case DType::Bool:
    tensor.as<uint8_t>()[index] = static_cast<uint8_t>(value);
    return;
  case DType::F16:
  case DType::BF16:
    throw Error(fmt::format("check: tensors of {} are not supported yet",
                            nameOf(tensor.spec.dtype)));
  }
}

/// An integer of a type. Where no limit is known, i64 and i32 may still be
/// indices.
static int64_t randomInteger(DType dtype, const IndexRange &legal,
                             RandomStream &random) {
  if (legal.ignored && random.below(8) == 0)
    return *legal.ignored;
  if (legal.limit)
    return legal.first + (*legal.limit > legal.first
                              ? random.below(*legal.limit - legal.first)
                              : 0);
  switch (dtype) {
  case DType::U8:
    return random.below(256);
  case DType::I8:
  case DType::I16:
    return random.below(16) - 8;
  default:
    return random.below(2);
  }
}

void fillRandomly(Tensor &tensor, const FloatRange &range,
                  const IndexRange &legal, RandomStream &random) {
  std::vector<double> values(tensor.spec.elements());
  for (double &value : values)
    value = isFloat(tensor.spec.dtype)
                ? random.uniform(range.low, range.high)
                : double(randomInteger(tensor.spec.dtype, legal, random));
  if (legal.isDescending)
    std::sort(values.begin(), values.end(), std::greater<>());
  for (size_t i = 0; i < values.size(); ++i)
    storeElement(tensor, int64_t(i), values[i]);
}

int gradientResult(const Instance &instance) {
  for (size_t result : instance.inOuts)
    if (instance.results[result].role == "gradient")
      return int(result);
  return -1;
}

Tensor converted(const Tensor &tensor, const TensorSpec &spec) {
  Tensor result(spec);
  if (spec.dtype == tensor.spec.dtype) {
    std::memcpy(result.bytes.data(), tensor.bytes.data(), spec.bytes());
    return result;
  }
  for (int64_t i = 0, n = spec.elements(); i < n; ++i)
    storeElement(result, i,
                 elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), i));
  return result;
}

/// The parts of a gradient segment lie elsewhere in another precision.
static Tensor convertedGradient(const Tensor &gradient, const StateTable &from,
                                const StateTable &to, const TensorSpec &spec) {
  std::map<std::string, Tensor> parts;
  forEachGradient(from, [&](const TensorSpec &part, uint64_t offset) {
    Tensor &tensor = parts[part.name] = Tensor(part);
    std::memcpy(tensor.bytes.data(), gradient.bytes.as<char>() + offset,
                part.bytes());
  });
  Tensor result(spec);
  forEachGradient(to, [&](const TensorSpec &part, uint64_t offset) {
    Tensor tensor = converted(parts.at(part.name), part);
    std::memcpy(result.bytes.as<char>() + offset, tensor.bytes.data(),
                part.bytes());
  });
  return result;
}

Point converted(const Point &point, const StateTable &from,
                const StateTable &to, const Instance &instance) {
  Point result;
  for (size_t i = 0; i < point.inputs.size(); ++i)
    result.inputs.push_back(converted(point.inputs[i], instance.inputs[i]));
  for (size_t i = 0; i < point.results.size(); ++i)
    result.results.push_back(
        point.results[i].bytes.size()
            ? convertedGradient(point.results[i], from, to, instance.results[i])
            : Tensor());
  result.state = AlignedBuffer(to.bytes);
  for (const Segment &segment : from.segments)
    if (const Segment *other = to.find(segment.tensor.name)) {
      Tensor value =
          converted(loadSegment(point.state, segment), other->tensor);
      storeSegment(result.state, *other, value.bytes.data());
    }
  return result;
}

} // namespace sinter::driver
