// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calculations with numbers that are known while compiling, as Python does.
#include "Interpreter.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

namespace sinter::capturing {

using ast::BinaryOp;

/// Quotient rounded down and the remainder that has the divisor's sign; b is
/// neither 0 nor -1.
static std::pair<int64_t, int64_t> floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b, rest = a % b;
  bool isAbove = rest != 0 && (rest < 0) != (b < 0);
  return {quotient - isAbove, isAbove ? rest + b : rest};
}

/// The same of floats, as CPython's float_divmod does it: the remainder is
/// exact, and the quotient is the integer that belongs to it.
static std::pair<double, double> floorDivide(double a, double b) {
  double rest = std::fmod(a, b), quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) {
    rest += b;
    quotient -= 1;
  } else if (rest == 0) {
    rest = std::copysign(0.0, b);
  }
  if (quotient == 0)
    return {std::copysign(0.0, a / b), rest};
  double floor = std::floor(quotient);
  return {quotient - floor > 0.5 ? floor + 1 : floor, rest};
}

/// A quotient, rounded once: integers above 2^53 are no doubles.
static double divide(const Value &a, const Value &b) {
  llvm::APFloat quotient = a.toExact();
  quotient.divide(b.toExact(), llvm::APFloat::rmNearestTiesToEven);
  bool losesInfo;
  quotient.convert(llvm::APFloat::IEEEdouble(),
                   llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return quotient.convertToDouble();
}

/// base to the exponent ≥ 0; nullopt on overflow.
static std::optional<int64_t> integerPower(int64_t base, int64_t exponent) {
  int64_t result = 1;
  for (; exponent > 0; --exponent) {
    if (llvm::MulOverflow(result, base, result))
      return std::nullopt;
    if (result == 0 || (result == 1 && base == 1))
      return result;
    if (base == -1)
      return exponent % 2 ? -1 : 1;
  }
  return result;
}

/// The result of integers; nullopt on overflow. Division by 0 and negative
/// powers are handled before.
static std::optional<int64_t> foldIntegers(BinaryOp op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  switch (op) {
  case BinaryOp::Add:
    overflow = llvm::AddOverflow(a, b, result);
    break;
  case BinaryOp::Subtract:
    overflow = llvm::SubOverflow(a, b, result);
    break;
  case BinaryOp::Multiply:
    overflow = llvm::MulOverflow(a, b, result);
    break;
  case BinaryOp::FloorDivide:
  case BinaryOp::Modulo:
    if (b == -1 && op == BinaryOp::Modulo)
      break;
    if (b == -1)
      overflow = llvm::SubOverflow(int64_t(0), a, result);
    else
      result = op == BinaryOp::Modulo ? floorDivide(a, b).second
                                      : floorDivide(a, b).first;
    break;
  default:
    return integerPower(a, b);
  }
  return overflow ? std::nullopt : std::optional(result);
}

static double foldFloats(BinaryOp op, double a, double b) {
  switch (op) {
  case BinaryOp::Add:
    return a + b;
  case BinaryOp::Subtract:
    return a - b;
  case BinaryOp::Multiply:
    return a * b;
  case BinaryOp::Divide:
    return a / b;
  case BinaryOp::FloorDivide:
    return floorDivide(a, b).first;
  case BinaryOp::Modulo:
    return floorDivide(a, b).second;
  default:
    return std::pow(a, b);
  }
}

/// What Python raises about a float power; null if nothing.
static const char *powerError(double base, double exponent) {
  if (base == 0 && exponent < 0 && std::isfinite(exponent))
    return "expected a base other than 0 for a negative power";
  if (base < 0 && std::isfinite(base) && std::isfinite(exponent) &&
      std::floor(exponent) != exponent)
    return "expected a base that is not negative for a power that is no "
           "integer";
  if (std::isfinite(base) && std::isfinite(exponent) &&
      std::isinf(std::pow(base, exponent)))
    return "overflow in a calculation while compiling";
  return nullptr;
}

Value Interpreter::foldBinary(BinaryOp op, const Value &left,
                              const Value &right, SourceRange range) {
  if (op == BinaryOp::MatMul)
    return poison(range, "expected tensors around '@', but got numbers");
  bool divides = op == BinaryOp::Divide || op == BinaryOp::FloorDivide ||
                 op == BinaryOp::Modulo;
  if (divides && right.toDouble() == 0)
    return poison(range, "division by zero in a calculation while compiling");
  auto a = left.toInteger(), b = right.toInteger();
  if (a && b && op == BinaryOp::Divide)
    return divide(left, right);
  if (a && b && !(op == BinaryOp::Power && *b < 0)) {
    if (auto result = foldIntegers(op, *a, *b))
      return *result;
    return poison(range, "integer overflow in a calculation while compiling");
  }
  if (op == BinaryOp::Power)
    if (const char *error = powerError(left.toDouble(), right.toDouble()))
      return poison(range, error);
  return foldFloats(op, left.toDouble(), right.toDouble());
}

Value Interpreter::asInteger(double value, SourceRange range) {
  constexpr double limit = 0x1p63;
  if (value >= -limit && value < limit)
    return int64_t(value);
  return poison(range, "expected a number that fits in 64 bits as an integer, "
                       "but got " +
                           Value(value).describe());
}

} // namespace sinter::capturing
