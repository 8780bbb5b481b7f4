// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formats of floats that the host's compiler may not know.
#ifndef SINTER_PTX_VALUES_H
#define SINTER_PTX_VALUES_H

#include "Codes.h"

namespace sinter::ptx {

/// A float format of at most 32 bits.
struct FloatFormat {
  unsigned exponentBits, mantissaBits;
  /// There is an infinity (else one NaN above the largest number).
  bool hasInfinity = true;
  /// What is too large becomes the largest number.
  bool saturates = false;
};
inline constexpr FloatFormat halfFormat{5, 10};
inline constexpr FloatFormat bfloatFormat{8, 7};
inline constexpr FloatFormat e4m3Format{4, 3, false, true};
inline constexpr FloatFormat e5m2Format{5, 2, true, true};

/// The bits of `value` in a format, rounded once. NaN becomes PTX's: all
/// mantissa bits and no sign.
uint32_t encodeFloat(double value, FloatFormat format,
                     Rounding rounding = Rounding::NearestEven);
double decodeFloat(uint32_t bits, FloatFormat format);

} // namespace sinter::ptx
#endif
