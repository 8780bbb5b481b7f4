// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of single instructions that LLVM IR has no short form for. None of
// these functions has an effect.
#include "Values.h"
#include "Machine.h"
#include <cfenv>
#include <cmath>

using namespace sinter::ptx;

uint32_t sinter::ptx::encodeFloat(double value, FloatFormat format,
                                  Rounding rounding) {
  unsigned mantissa = format.mantissaBits, exponents = format.exponentBits;
  uint32_t sign = uint32_t(std::signbit(value)) << (mantissa + exponents);
  uint32_t top = (uint32_t(1) << exponents) - 1;
  uint32_t infinity = top << mantissa;
  uint32_t all = infinity | ((uint32_t(1) << mantissa) - 1);
  if (std::isnan(value))
    return all;
  uint32_t largest = format.hasInfinity ? infinity - 1 : all - 1;
  uint32_t overflow = format.saturates ? largest : infinity;
  double magnitude = std::fabs(value);
  if (std::isinf(value))
    return sign | overflow;
  int bias = (1 << (exponents - 1)) - 1, exponent = 0;
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 1, 1 - bias); // subnormals share the lowest
  // Units in the last place: an integer of at most mantissa + 1 bits and a
  // fraction, both exact.
  double units = std::ldexp(magnitude, int(mantissa) - exponent);
  double whole = std::floor(units), rest = units - whole;
  bool up =
      rounding == Rounding::NearestEven
          ? rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2) == 1)
          : rest > 0 && rounding == (sign ? Rounding::Down : Rounding::Up);
  uint64_t bits = uint64_t(whole) + up;
  // The implicit bit adds one to the exponent, and so does a carry.
  if (magnitude != 0)
    bits += uint64_t(exponent + bias - 1) << mantissa;
  if (bits <= largest)
    return sign | bits;
  bool toLargest = rounding == Rounding::Zero ||
                   (rounding == Rounding::Down && !sign) ||
                   (rounding == Rounding::Up && sign);
  return sign | (toLargest ? largest : overflow);
}

double sinter::ptx::decodeFloat(uint32_t bits, FloatFormat format) {
  unsigned mantissa = format.mantissaBits, exponents = format.exponentBits;
  uint32_t fraction = bits & ((uint32_t(1) << mantissa) - 1);
  uint32_t top = (uint32_t(1) << exponents) - 1;
  uint32_t exponent = bits >> mantissa & top;
  int bias = (1 << (exponents - 1)) - 1;
  double magnitude;
  if (exponent == top && format.hasInfinity)
    magnitude = fraction ? NAN : INFINITY;
  else if (!format.hasInfinity && exponent == top &&
           fraction == (uint32_t(1) << mantissa) - 1)
    magnitude = NAN;
  else
    magnitude =
        std::ldexp(fraction + (exponent ? double(uint32_t(1) << mantissa) : 0),
                   int(std::max(exponent, 1u)) - bias - int(mantissa));
  return bits >> (mantissa + exponents) & 1 ? -magnitude : magnitude;
}

/// Computes in a rounding mode of the host. Volatile keeps it in there.
template <typename T>
static T inMode(FloatCode code, Rounding rounding, T a, T b, T c) {
  static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD,
                              FE_UPWARD};
  volatile T x = a, y = b, z = c, result = 0;
  std::fesetround(modes[uint32_t(rounding)]);
  switch (code) {
  case FloatCode::Add:
    result = x + y;
    break;
  case FloatCode::Subtract:
    result = x - y;
    break;
  case FloatCode::Multiply:
    result = x * y;
    break;
  case FloatCode::Divide:
    result = x / y;
    break;
  case FloatCode::MultiplyAdd:
    result = std::fma(T(x), T(y), T(z));
    break;
  case FloatCode::SquareRoot:
    result = std::sqrt(T(x));
    break;
  }
  std::fesetround(FE_TONEAREST);
  return result;
}

static float computeF32(FloatCode code, Rounding rounding, float a, float b,
                        float c) {
  return inMode(code, rounding, a, b, c);
}
static double computeF64(FloatCode code, Rounding rounding, double a, double b,
                         double c) {
  return inMode(code, rounding, a, b, c);
}

template <typename To, typename From>
static To convertInMode(Rounding rounding, From value) {
  static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD,
                              FE_UPWARD};
  volatile From from = value;
  std::fesetround(modes[uint32_t(rounding)]);
  volatile To result = To(from);
  std::fesetround(FE_TONEAREST);
  return result;
}
static float narrowF64(Rounding rounding, double value) {
  return convertInMode<float>(rounding, value);
}
static float signedToF32(Rounding rounding, int64_t value) {
  return convertInMode<float>(rounding, value);
}
static float unsignedToF32(Rounding rounding, uint64_t value) {
  return convertInMode<float>(rounding, value);
}
static double signedToF64(Rounding rounding, int64_t value) {
  return convertInMode<double>(rounding, value);
}
static double unsignedToF64(Rounding rounding, uint64_t value) {
  return convertInMode<double>(rounding, value);
}

/// a * b + c of 16-bit floats. The product is exact; the sum is rounded to odd,
/// so that rounding it once more, to 16 bits, is right (Boldo and Melquiond,
/// "Emulation of a FMA and correctly rounded sums", 2008).
static double multiplyAddToOdd(double a, double b, double c) {
  double product = a * b, sum = product + c;
  if (!std::isfinite(sum))
    return sum;
  double back = sum - product;
  double error = (product - (sum - back)) + (c - back); // Knuth's two-sum
  uint64_t bits = llvm::bit_cast<uint64_t>(sum);
  if (error != 0)
    bits = (bits - ((error > 0) != (sum > 0))) | 1;
  return llvm::bit_cast<double>(bits);
}

static uint16_t toHalf(Rounding rounding, double value) {
  return encodeFloat(value, halfFormat, rounding);
}
static uint16_t toBFloat(Rounding rounding, double value) {
  return encodeFloat(value, bfloatFormat, rounding);
}
static uint8_t toE4M3(float value) { return encodeFloat(value, e4m3Format); }
static uint8_t toE5M2(float value) { return encodeFloat(value, e5m2Format); }
static float fromE4M3(uint8_t bits) { return decodeFloat(bits, e4m3Format); }
static float fromE5M2(uint8_t bits) { return decodeFloat(bits, e5m2Format); }

/// prmt: each nibble of `selector` names a byte of b:a, its top bit asks for
/// the byte's sign; other modes follow from its two low bits.
static uint32_t permuteBytes(PermuteCode code, uint32_t a, uint32_t b,
                             uint32_t selector) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t start = selector & 3, result = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t from = 0;
    bool sign = false;
    switch (code) {
    case PermuteCode::Index:
      from = selector >> i * 4 & 7;
      sign = selector >> i * 4 & 8;
      break;
    case PermuteCode::Forward:
      from = start + i;
      break;
    case PermuteCode::Backward:
      from = (start - i) & 7;
      break;
    case PermuteCode::ReplicateByte:
      from = start;
      break;
    case PermuteCode::ClampLeft:
      from = std::max(i, start);
      break;
    case PermuteCode::ClampRight:
      from = std::min(i, start);
      break;
    case PermuteCode::ReplicateHalf:
      from = (start & 1) * 2 + (i & 1);
      break;
    }
    uint32_t byte = bytes >> from * 8 & 255;
    if (sign)
      byte = byte & 128 ? 255 : 0;
    result |= byte << i * 8;
  }
  return result;
}

/// fns: the position of the n-th set bit from `base` on, or all ones.
static uint32_t findNthSet(uint32_t mask, uint32_t base, int32_t n) {
  if (!n)
    return base < 32 && mask >> base & 1 ? base : ~0u;
  int step = n > 0 ? 1 : -1;
  uint32_t left = std::abs(int64_t(n));
  for (int64_t i = base; i >= 0 && i < 32; i += step)
    if (mask >> i & 1 && !--left)
      return i;
  return ~0u;
}

llvm::ArrayRef<RuntimeFunction> sinter::ptx::valueFunctions() {
  static const RuntimeFunction functions[] = {
      {"computeF32", reinterpret_cast<void *>(computeF32)},
      {"computeF64", reinterpret_cast<void *>(computeF64)},
      {"narrowF64", reinterpret_cast<void *>(narrowF64)},
      {"signedToF32", reinterpret_cast<void *>(signedToF32)},
      {"unsignedToF32", reinterpret_cast<void *>(unsignedToF32)},
      {"signedToF64", reinterpret_cast<void *>(signedToF64)},
      {"unsignedToF64", reinterpret_cast<void *>(unsignedToF64)},
      {"multiplyAddToOdd", reinterpret_cast<void *>(multiplyAddToOdd)},
      {"toHalf", reinterpret_cast<void *>(toHalf)},
      {"toBFloat", reinterpret_cast<void *>(toBFloat)},
      {"toE4M3", reinterpret_cast<void *>(toE4M3)},
      {"toE5M2", reinterpret_cast<void *>(toE5M2)},
      {"fromE4M3", reinterpret_cast<void *>(fromE4M3)},
      {"fromE5M2", reinterpret_cast<void *>(fromE5M2)},
      {"permuteBytes", reinterpret_cast<void *>(permuteBytes)},
      {"findNthSet", reinterpret_cast<void *>(findNthSet)}};
  return functions;
}
