// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rule by which computed tensors are compared with wanted ones.
#include "sinter/Data/Comparison.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

using namespace sinter;

/// 0 for equal values, NaN and NaN included; infinite if only one of two
/// different values is finite.
static double differenceOf(double got, double want) {
  if (got == want || (std::isnan(got) && std::isnan(want)))
    return 0;
  double difference = std::fabs(got - want);
  return std::isfinite(difference) ? difference
                                   : std::numeric_limits<double>::infinity();
}

static double largestFinite(const Tensor &tensor) {
  double largest = 0;
  for (int64_t i = 0, n = tensor.spec.elements(); i < n; ++i) {
    double value =
        std::fabs(elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), i));
    if (std::isfinite(value))
      largest = std::max(largest, value);
  }
  return largest;
}

/// Integers are compared exactly: doubles would lose bits beyond 2^53.
static bool sameInteger(const Tensor &got, const Tensor &want, int64_t index) {
  if (got.spec.dtype == DType::I64 && want.spec.dtype == DType::I64)
    return got.as<int64_t>()[index] == want.as<int64_t>()[index];
  return elementAsDouble(got.spec.dtype, got.bytes.data(), index) ==
         elementAsDouble(want.spec.dtype, want.bytes.data(), index);
}

Comparison sinter::compareTensors(const Tensor &got, const Tensor &want,
                                  double tolerance) {
  Comparison result;
  bool floats = isFloat(want.spec.dtype);
  if (got.spec.shape != want.spec.shape || isFloat(got.spec.dtype) != floats ||
      (got.spec.dtype == DType::Bool) != (want.spec.dtype == DType::Bool)) {
    result.equal = false;
    result.mismatch = fmt::format("expected {}, but got {}",
                                  typeText(want.spec), typeText(got.spec));
    return result;
  }
  if (floats)
    result.allowed = tolerance * std::max(largestFinite(want), 1e-6);
  for (int64_t i = 0, n = want.spec.elements(); i < n; ++i) {
    double a = elementAsDouble(got.spec.dtype, got.bytes.data(), i);
    double b = elementAsDouble(want.spec.dtype, want.bytes.data(), i);
    double difference = differenceOf(a, b);
    // A difference below the precision of double still counts.
    if (!floats && difference == 0 && !sameInteger(got, want, i))
      difference = 1;
    if (result.index >= 0 && difference <= result.difference)
      continue;
    result.index = i;
    result.got = a;
    result.want = b;
    result.difference = difference;
  }
  result.equal = result.difference <= result.allowed;
  return result;
}

std::string Comparison::text(const TensorSpec &spec) const {
  if (!mismatch.empty())
    return mismatch;
  if (index < 0)
    return "no elements";
  std::vector<int64_t> position(spec.shape.size());
  int64_t rest = index;
  for (size_t axis = position.size(); axis-- > 0;) {
    position[axis] = rest % spec.shape[axis];
    rest /= spec.shape[axis];
  }
  return fmt::format(
      "worst at {}: got {:.9g}, want {:.9g}, difference {:.3g}, allowed {:.3g}",
      shapeText(position), got, want, difference, allowed);
}
