// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How close two tensors are: the rule of the golden data and of sinter check.
#ifndef SINTER_DATA_COMPARISON_H
#define SINTER_DATA_COMPARISON_H

#include "sinter/Data/Tensor.h"

namespace sinter {

/// The worst element of a comparison.
struct Comparison {
  bool equal = true;    ///< all elements within the tolerance
  std::string mismatch; ///< when types cannot be compared: says why; equal is
                        ///< false then
  int64_t index = -1; ///< of the worst element, row-major; -1 if there is none
  double got = 0, want = 0;
  double difference =
      0; ///< |got - want| there; infinite if one of them is not finite
  double allowed =
      0; ///< tolerance * max(max|want|, 1e-6); 0 for integers and booleans

  /// "worst at [3, 1]: got 0.5, want 0.25, difference 0.25, allowed 1e-06", or
  /// the mismatch.
  std::string text(const TensorSpec &spec) const;
};

/// max|got - want| <= tolerance * max(max|want|, 1e-6) over finite elements;
/// NaN equals NaN, infinities must be equal; integers and booleans must be
/// equal. Floats may differ in width; shapes must be the same.
Comparison compareTensors(const Tensor &got, const Tensor &want,
                          double tolerance);

} // namespace sinter
#endif
