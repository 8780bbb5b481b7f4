// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise functions of several tensors: arithmetic, comparisons, choices.
#include "Call.h"
#include <cmath>

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

static Value power(Call &call) {
  Value result =
      call.interpreter.binaryOperator(ast::BinaryOp::Power, call.value("input"),
                                      call.value("exponent"), call.range);
  return result;
}

template <ast::BinaryOp op> static Value binary(Call &call) {
  return call.interpreter.binaryOperator(op, call.value("input"),
                                         call.value("other"), call.range);
}

/// Whether a number or tensor is one of these kinds.
static bool isFloatValue(const Value &value) {
  auto *tensor = value.as<Tensor>();
  return value.is<double>() || (tensor && isFloat(*tensor));
}
static bool isBoolValue(const Value &value) {
  auto *tensor = value.as<Tensor>();
  return value.is<bool>() || (tensor && isBool(*tensor));
}

/// Whether PyTorch multiplies by that `alpha` where the result is of integers
/// or bools; an error otherwise.
static bool checkAlpha(Call &call, const Value &alpha, bool ofBools) {
  if (alpha.is<double>())
    call.expected("alpha", "an integer with integers and bools");
  else if (alpha.is<bool>() && !ofBools)
    call.expected("alpha", "a number that is no bool with integers");
  return !call.failed();
}

/// `add(input, other, alpha=1)` and `sub`. Bools stay bools.
template <ast::BinaryOp op> static Value scaled(Call &call) {
  const Value &input = call.value("input");
  Value other = call.value("other");
  if (call.isGiven("alpha")) {
    Value alpha = call.value("alpha");
    bool ofBools = isBoolValue(input) && isBoolValue(other);
    bool ofFloats = isFloatValue(input) || isFloatValue(other);
    if (!ofFloats && !checkAlpha(call, alpha, ofBools))
      return {};
    if (ofBools && alpha.isNumber())
      alpha = alpha.toDouble() != 0;
    other = call.interpreter.binaryOperator(ast::BinaryOp::Multiply, other,
                                            alpha, call.range);
  }
  return call.interpreter.binaryOperator(op, input, other, call.range);
}

template <typename Op> static Value extremum(Call &call) {
  auto operands = call.promoted({"input", "other"});
  if (call.failed())
    return {};
  return Tensor(call.graph.create<Op>(operands[0], operands[1]));
}

/// Between numbers, where a gradient flows inside of them alone.
static Tensor clampToNumbers(Graph &g, Tensor x, Tensor low, Tensor high) {
  Tensor isInside, result = x;
  if (low) {
    result = g.maximum(result, low);
    isInside = g.compare(Predicate::gt, x, low);
  }
  if (high) {
    result = g.minimum(result, high);
    Tensor isBelow = g.compare(Predicate::lt, x, high);
    isInside = isInside ? Tensor(g.create<nn::LogicalAndOp>(isInside, isBelow))
                        : isBelow;
  }
  return g.select(isInside, x, g.detach(result));
}

/// Between tensors, which take the gradient where x is beyond them and half of
/// it where x is equal; NaN comes from x as far as gradients are concerned.
static Tensor clampToTensors(Graph &g, Tensor x, Tensor low, Tensor high) {
  if (!low || !high)
    return low ? g.maximum(x, low) : g.minimum(x, high);
  Tensor result = g.minimum(g.maximum(x, low), high);
  // Equal bounds do not share what is one's own.
  Tensor isOne = g.compare(Predicate::eq, low, high);
  Tensor atOne = g.select(g.compare(Predicate::lt, x, low), low,
                          g.select(g.compare(Predicate::gt, x, high), high, x));
  result = g.select(isOne, atOne, result);
  if (!isFloat(x))
    return result;
  Tensor any = g.add(x, g.detach(g.add(low, high)));
  Tensor value = g.detach(result);
  Tensor isNan = g.compare(Predicate::ne, value, value);
  return g.select(isNan, any, result);
}

static Value clamp(Call &call) {
  std::vector<llvm::StringRef> names{"input"};
  bool areNumbers = true;
  for (llvm::StringRef bound : {"min", "max"})
    if (!call.isNone(bound)) {
      names.push_back(bound);
      areNumbers &= call.value(bound).isNumber();
    }
  if (names.size() == 1)
    return call.error(call.range, "expected 'min' or 'max' in 'clamp'");
  auto operands = call.promoted(names);
  if (call.failed())
    return {};
  Tensor low = names[1] == "min" ? operands[1] : Tensor();
  Tensor high = names.back() == "max" ? operands.back() : Tensor();
  return areNumbers ? clampToNumbers(call.graph, operands[0], low, high)
                    : clampToTensors(call.graph, operands[0], low, high);
}

static Tensor asBool(Call &call, llvm::StringRef name) {
  Tensor x = call.tensor(name);
  return call.graph.cast(x, call.graph.builder.getI1Type());
}

static Value where(Call &call) {
  Tensor condition = call.tensor("condition");
  auto operands = call.promoted({"input", "other"});
  if (call.failed())
    return {};
  if (!isBool(condition))
    return call.expected("condition", "a tensor of bool");
  if (!call.checkBroadcast({condition, operands[0], operands[1]}))
    return {};
  return call.graph.select(condition, operands[0], operands[1]);
}

static Value maskedFill(Call &call) {
  Tensor x = call.tensor("input"), mask = call.tensor("mask");
  Tensor value = call.filling("value", elementOf(x));
  if (call.failed())
    return {};
  if (!isBool(mask))
    return call.expected("mask", "a tensor of bool");
  if (!call.checkBroadcast({x, mask}))
    return {};
  return call.graph.select(mask, value, x);
}

template <typename Op> static Value logical(Call &call) {
  Tensor a = asBool(call, "input"), b = asBool(call, "other");
  if (call.failed() || !call.checkBroadcast({a, b}))
    return {};
  return Tensor(call.graph.create<Op>(a, b));
}

static Value logicalNot(Call &call) {
  Tensor a = asBool(call, "input");
  return call.failed() ? Value() : Value(call.graph.unary<nn::LogicalNotOp>(a));
}

/// From the nearer end, so that a weight of 1 gives the other one exactly.
static Value lerp(Call &call) {
  auto x = call.promoted({"input", "end", "weight"});
  if (call.failed())
    return {};
  if (!isFloat(call.tensor("input")))
    return call.expected("input", "a tensor of floats");
  Graph &g = call.graph;
  Tensor isNear = g.compare(Predicate::lt, g.abs(x[2]), 0.5);
  Tensor from = g.select(isNear, x[0], x[1]);
  Tensor share = g.select(isNear, x[2], g.sub(x[2], 1.0));
  return g.add(from, g.mul(share, g.sub(x[1], x[0])));
}

llvm::ArrayRef<FunctionRow> arithmeticFunctions() {
  using Op = ast::BinaryOp;
  static const FunctionRow rows[] = {
      {"pow(input, exponent)", power, "torch.pow", "input ** exponent"},
      {"add(input, other, *, alpha=1)", scaled<Op::Add>, "torch.add",
       "input + alpha * other"},
      {"sub(input, other, *, alpha=1)", scaled<Op::Subtract>, "torch.sub",
       "input - alpha * other"},
      {"subtract(input, other, *, alpha=1)", scaled<Op::Subtract>,
       "torch.subtract", "input - alpha * other"},
      {"mul(input, other)", binary<Op::Multiply>, "torch.mul", "input * other"},
      {"multiply(input, other)", binary<Op::Multiply>, "torch.multiply",
       "input * other"},
      {"div(input, other)", binary<Op::Divide>, "torch.div",
       "input / other, in floats", "rounding_mode: use // or floor_divide"},
      {"divide(input, other)", binary<Op::Divide>, "torch.divide",
       "input / other, in floats", "rounding_mode: use // or floor_divide"},
      {"true_divide(input, other)", binary<Op::Divide>, "torch.true_divide",
       "input / other, in floats"},
      {"floor_divide(input, other)", binary<Op::FloorDivide>,
       "torch.floor_divide", "input / other, rounded down"},
      {"remainder(input, other)", binary<Op::Modulo>, "torch.remainder",
       "input - other * floor(input / other): the sign is the divisor's"},
      {"eq(input, other)", binary<Op::Equal>, "torch.eq", "input == other"},
      {"ne(input, other)", binary<Op::NotEqual>, "torch.ne", "input != other"},
      {"lt(input, other)", binary<Op::Less>, "torch.lt", "input < other"},
      {"le(input, other)", binary<Op::LessEqual>, "torch.le", "input <= other"},
      {"gt(input, other)", binary<Op::Greater>, "torch.gt", "input > other"},
      {"ge(input, other)", binary<Op::GreaterEqual>, "torch.ge",
       "input >= other"},
      {"maximum(input, other)", extremum<nn::MaximumOp>, "torch.maximum",
       "the larger of two elements; NaN if one is"},
      {"minimum(input, other)", extremum<nn::MinimumOp>, "torch.minimum",
       "the smaller of two elements; NaN if one is"},
      {"clamp(input, min=none, max=none)", clamp, "torch.clamp",
       "limits elements to [min, max]"},
      {"clip(input, min=none, max=none)", clamp, "torch.clip",
       "limits elements to [min, max]"},
      {"where(condition, input, other)", where, "torch.where",
       "input where the condition is true, else other"},
      {"masked_fill(input, mask, value)", maskedFill, "Tensor.masked_fill",
       "value where the mask is true, else the input"},
      {"logical_and(input, other)", logical<nn::LogicalAndOp>,
       "torch.logical_and", "true where both elements are not 0"},
      {"logical_or(input, other)", logical<nn::LogicalOrOp>, "torch.logical_or",
       "true where one element is not 0"},
      {"logical_not(input)", logicalNot, "torch.logical_not",
       "true where an element is 0"},
      {"lerp(input, end, weight)", lerp, "torch.lerp",
       "input + weight * (end - input)"},
  };
  return rows;
}

} // namespace sinter::capturing
