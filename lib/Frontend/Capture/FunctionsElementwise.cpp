// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise functions: one op, or a few.
#include "Call.h"
#include <cmath>

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

/// A float function of one tensor; numbers that are known while compiling stay
/// numbers (`1 / sqrt(64)` is a bound, not a tensor).
template <typename Op, double (*fold)(double)> static Value unary(Call &call) {
  if (call.value("input").isNumber())
    return fold(call.number("input"));
  Tensor x = call.floatTensor("input");
  return call.failed() ? Value() : Value(call.graph.unary<Op>(x));
}

/// One that keeps integers; `sign` bools too.
template <typename Op> static Value unaryAny(Call &call) {
  Tensor x = call.tensor("input");
  if (call.failed())
    return {};
  if (isBool(x) && std::is_same_v<Op, nn::SignOp>)
    return x;
  if (isBool(x))
    return call.expected("input", "a tensor of numbers");
  return call.graph.unary<Op>(x);
}

/// A composition on a float tensor.
template <Tensor (*compose)(Graph &, Tensor)>
static Value composed(Call &call) {
  Tensor x = call.floatTensor("input");
  return call.failed() ? Value() : Value(compose(call.graph, x));
}

static Value absolute(Call &call) {
  const Value &x = call.value("input");
  auto integer = x.toInteger();
  if (integer && *integer < 0)
    return call.interpreter.unaryOperator(ast::UnaryOp::Minus, x, call.range);
  if (integer)
    return *integer;
  if (x.isNumber())
    return std::fabs(call.number("input"));
  return unaryAny<nn::AbsOp>(call);
}

/// A float function whose results are integers: of a number that is known
/// while compiling Python's int, of a tensor of integers the tensor.
template <Tensor (*compose)(Graph &, Tensor), double (*fold)(double)>
static Value rounded(Call &call) {
  const Value &number = call.value("input");
  if (auto integer = number.toInteger())
    return *integer;
  if (number.isNumber())
    return call.interpreter.asInteger(fold(number.toDouble()), call.range);
  Tensor x = call.tensor("input");
  if (!call.failed() && isBool(x))
    return call.expected("input", "a tensor of numbers");
  if (call.failed() || !isFloat(x))
    return x;
  return compose(call.graph, x);
}

static Tensor floorOf(Graph &g, Tensor x) { return g.unary<nn::FloorOp>(x); }
static Tensor ceilOf(Graph &g, Tensor x) {
  return g.neg(g.unary<nn::FloorOp>(g.neg(x)));
}
static Tensor roundOf(Graph &g, Tensor x) { return g.unary<nn::RoundOp>(x); }
/// Toward zero; -0 where a negative number has no integer part.
static Tensor truncOf(Graph &g, Tensor x) {
  Tensor isNegative = g.compare(Predicate::lt, x, 0.0);
  return g.select(isNegative, ceilOf(g, x), floorOf(g, x));
}
static Value fraction(Call &call) {
  Tensor x = call.floats("input");
  return call.failed() ? Value()
                       : Value(call.graph.sub(x, truncOf(call.graph, x)));
}

/// A bool is squared as an integer, as in PyTorch.
static Value square(Call &call) {
  Tensor x = call.tensor("input");
  if (call.failed())
    return {};
  if (isBool(x))
    x = call.graph.cast(x, call.graph.builder.getI64Type());
  return call.graph.mul(x, x);
}

static Tensor reciprocal(Graph &g, Tensor x) { return g.div(1.0, x); }
static Tensor tangent(Graph &g, Tensor x) {
  return g.div(g.unary<nn::SinOp>(x), g.unary<nn::CosOp>(x));
}
static Tensor exp2(Graph &g, Tensor x) { return g.exp(g.mul(x, M_LN2)); }
static Tensor log2(Graph &g, Tensor x) { return g.div(g.log(x), M_LN2); }
static Tensor log10(Graph &g, Tensor x) { return g.div(g.log(x), M_LN10); }
static Tensor isNan(Graph &g, Tensor x) {
  return g.compare(Predicate::ne, x, x);
}
static Tensor isInfinite(Graph &g, Tensor x) {
  return g.compare(Predicate::eq, g.abs(x), HUGE_VAL);
}
static Tensor isFinite(Graph &g, Tensor x) {
  return g.compare(Predicate::lt, g.abs(x), HUGE_VAL);
}

static double inverseSqrt(double x) { return 1 / std::sqrt(x); }
static double logistic(double x) { return 1 / (1 + std::exp(-x)); }

llvm::ArrayRef<FunctionRow> elementwiseFunctions() {
  static const FunctionRow rows[] = {
      {"neg(input)", unaryAny<nn::NegOp>, "torch.neg", "-x"},
      {"negative(input)", unaryAny<nn::NegOp>, "torch.negative", "-x"},
      {"abs(input)", absolute, "torch.abs", "the absolute value"},
      {"sign(input)", unaryAny<nn::SignOp>, "torch.sign", "-1, 0 or 1"},
      {"floor(input)", rounded<floorOf, std::floor>, "torch.floor",
       "the largest integer that is not above x"},
      {"ceil(input)", rounded<ceilOf, std::ceil>, "torch.ceil",
       "the smallest integer that is not below x"},
      {"round(input)", rounded<roundOf, std::nearbyint>, "torch.round",
       "the nearest integer, the even one of two", "decimals"},
      {"trunc(input)", rounded<truncOf, std::trunc>, "torch.trunc",
       "the integer part"},
      {"fix(input)", rounded<truncOf, std::trunc>, "torch.fix",
       "the integer part"},
      {"frac(input)", fraction, "torch.frac", "x - trunc(x)"},
      {"exp(input)", unary<nn::ExpOp, std::exp>, "torch.exp", "e ** x"},
      {"expm1(input)", unary<nn::Expm1Op, std::expm1>, "torch.expm1",
       "exp(x) - 1, exact near 0"},
      {"exp2(input)", composed<exp2>, "torch.exp2", "2 ** x"},
      {"log(input)", unary<nn::LogOp, std::log>, "torch.log",
       "the natural logarithm"},
      {"log1p(input)", unary<nn::Log1pOp, std::log1p>, "torch.log1p",
       "log(1 + x), exact near 0"},
      {"log2(input)", composed<log2>, "torch.log2", "the logarithm to base 2"},
      {"log10(input)", composed<log10>, "torch.log10",
       "the logarithm to base 10"},
      {"sqrt(input)", unary<nn::SqrtOp, std::sqrt>, "torch.sqrt",
       "the square root"},
      {"rsqrt(input)", unary<nn::RsqrtOp, inverseSqrt>, "torch.rsqrt",
       "1 / sqrt(x)"},
      {"sin(input)", unary<nn::SinOp, std::sin>, "torch.sin", "the sine"},
      {"cos(input)", unary<nn::CosOp, std::cos>, "torch.cos", "the cosine"},
      {"tan(input)", composed<tangent>, "torch.tan", "the tangent"},
      {"tanh(input)", unary<nn::TanhOp, std::tanh>, "torch.tanh",
       "the hyperbolic tangent"},
      {"sigmoid(input)", unary<nn::SigmoidOp, logistic>, "torch.sigmoid",
       "1 / (1 + exp(-x))"},
      {"erf(input)", unary<nn::ErfOp, std::erf>, "torch.erf",
       "the error function"},
      {"reciprocal(input)", composed<reciprocal>, "torch.reciprocal", "1 / x"},
      {"square(input)", square, "torch.square", "x * x"},
      {"isnan(input)", composed<isNan>, "torch.isnan",
       "true where an element is NaN"},
      {"isinf(input)", composed<isInfinite>, "torch.isinf",
       "true where an element is infinite"},
      {"isfinite(input)", composed<isFinite>, "torch.isfinite",
       "true where an element is neither NaN nor infinite"},
  };
  return rows;
}

} // namespace sinter::capturing
