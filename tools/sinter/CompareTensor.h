// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rule by which `sinter check` compares a tensor with the reference.
#ifndef SINTER_TOOLS_SINTER_COMPARETENSOR_H
#define SINTER_TOOLS_SINTER_COMPARETENSOR_H

#include "sinter/Data/Tensor.h"

namespace sinter::driver {

/// How often its own error the reference in the same precision may be exceeded.
constexpr double errorRatio = 20;

/// One tensor at one point. Errors are shares of the largest exact value, or
/// absolute where that is 0.
struct TensorVerdict {
  double error = 0, referenceError = 0, allowed = 0;
  bool anyNumber = false; ///< some exact element is finite
  int64_t ties = 0;       ///< elements where rounding decides, passed over
  int64_t missed = 0;     ///< elements beyond the allowed error
  int64_t index = -1;     ///< of the worst element, with its values
  double got = 0, reference = 0, exact = 0;

  /// Whether this one says more than `other`.
  bool isWorseThan(const TensorVerdict &other) const;
};

/// How much the elements of a tensor change at points that differ by rounding.
struct Slack {
  double error = 0;            ///< largest error of -O0 there
  std::vector<double> changes; ///< per element; infinite: an integer changed

  /// Adds a point: -O0 and f64 there, and f64 at the first point.
  void add(const Tensor &reference, const Tensor &exact, const Tensor &first);
};

/// Compares `got` with `exact` (f64); `reference` is -O0 in the precision of
/// `got`. A float may differ by errorRatio times the largest error of
/// `reference`, and by `floor` of the largest exact value; integers and
/// booleans must be equal where `reference` and `exact` are.
TensorVerdict compareTensor(const Tensor &got, const Tensor &reference,
                            const Tensor &exact, double floor,
                            const Slack &slack);

/// after - before as f64 for floats; integers as they are after. Where a small
/// step hides in a large value, its errors do not.
Tensor movement(const Tensor &before, const Tensor &after);

} // namespace sinter::driver
#endif
