// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calculations with numbers that are known while compiling, as Python does.
#include "Interpreter.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

namespace sinter::capturing {

using ast::BinaryOp;

static int64_t floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a % b < 0) != (b < 0));
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
    if (b == -1) {
      overflow = llvm::SubOverflow(int64_t(0), a, result);
      result = op == BinaryOp::Modulo ? 0 : result;
      break;
    }
    result = floorDivide(a, b);
    result = op == BinaryOp::Modulo ? a - result * b : result;
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
    return std::floor(a / b);
  case BinaryOp::Modulo:
    return a - b * std::floor(a / b);
  default:
    return std::pow(a, b);
  }
}

Value Interpreter::foldBinary(BinaryOp op, const Value &left,
                              const Value &right, SourceRange range) {
  if (op == BinaryOp::MatMul)
    return poison(range, "expected tensors around '@', but got numbers");
  bool divides = op == BinaryOp::Divide || op == BinaryOp::FloorDivide ||
                 op == BinaryOp::Modulo;
  if (divides && right.toDouble() == 0)
    return poison(range, "division by zero in a calculation while compiling");
  bool integers = !left.is<double>() && !right.is<double>() &&
                  op != BinaryOp::Divide &&
                  !(op == BinaryOp::Power && right.toDouble() < 0);
  if (!integers)
    return foldFloats(op, left.toDouble(), right.toDouble());
  auto asInteger = [](const Value &value) {
    auto *integer = value.as<int64_t>();
    return integer ? *integer : int64_t(value.toDouble());
  };
  auto result = foldIntegers(op, asInteger(left), asInteger(right));
  if (!result)
    return poison(range, "integer overflow in a calculation while compiling");
  return *result;
}

} // namespace sinter::capturing
