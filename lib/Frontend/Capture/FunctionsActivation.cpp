// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Activations, with PyTorch's gradients at kinks: each select keeps the branch
// that PyTorch takes there.
#include "Call.h"
#include "PiecewiseLinear.h"
#include <cmath>

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

static Value relu(Call &call) {
  Tensor x = call.tensor("input");
  if (call.failed())
    return {};
  if (isBool(x))
    return call.expected("input", "a tensor of numbers");
  return call.graph.unary<nn::ReluOp>(x);
}

/// x where x > 0, else `negative`.
static Tensor positiveOr(Graph &g, Tensor x, Tensor negative) {
  return g.select(g.compare(Predicate::gt, x, 0.0), x, negative);
}

static Value leakyRelu(Call &call) {
  Tensor x = call.floats("input");
  double slope = call.number("negative_slope");
  Graph &g = call.graph;
  return call.failed() ? Value() : Value(positiveOr(g, x, g.mul(x, slope)));
}

/// scale * (x, or alpha * expm1(x * inputScale) where x ≤ 0). The argument of
/// expm1 is 0 where it is not used, so it cannot overflow into a NaN gradient.
static Tensor exponentialUnit(Graph &g, Tensor x, double alpha, double scale,
                              double inputScale) {
  Tensor isBelow = g.compare(Predicate::le, x, 0.0);
  Tensor safe = g.select(isBelow, x, 0.0);
  if (inputScale != 1)
    safe = g.mul(safe, inputScale);
  Tensor negative = g.mul(g.unary<nn::Expm1Op>(safe), alpha * scale);
  return g.select(isBelow, negative, scale == 1 ? x : g.mul(x, scale));
}

static Value elu(Call &call) {
  Tensor x = call.floats("input");
  double alpha = call.number("alpha");
  return call.failed() ? Value()
                       : Value(exponentialUnit(call.graph, x, alpha, 1, 1));
}

static Value selu(Call &call) {
  Tensor x = call.floats("input");
  return call.failed()
             ? Value()
             : Value(exponentialUnit(call.graph, x, 1.6732632423543772848,
                                     1.0507009873554804934, 1));
}

static Value celu(Call &call) {
  Tensor x = call.floats("input");
  double alpha = call.number("alpha");
  if (!call.failed() && alpha == 0)
    return call.expected("alpha", "a number other than 0");
  return call.failed()
             ? Value()
             : Value(exponentialUnit(call.graph, x, alpha, 1, 1 / alpha));
}

static Value gelu(Call &call) {
  Tensor x = call.floats("input");
  std::string approximate = call.choice("approximate", {"none", "tanh"});
  if (call.failed())
    return {};
  Graph &g = call.graph;
  Tensor gate;
  if (approximate == "none") {
    gate = g.unary<nn::ErfOp>(g.mul(x, M_SQRT1_2));
  } else {
    Tensor cube = g.mul(g.mul(x, x), x);
    Tensor inner =
        g.mul(g.add(x, g.mul(cube, 0.044715)), M_SQRT2 * M_2_SQRTPI * 0.5);
    gate = g.unary<nn::TanhOp>(inner);
  }
  return g.mul(g.mul(x, 0.5), g.add(gate, 1.0));
}

/// log(1 + exp(beta x)) / beta, and x itself above the threshold.
static Tensor softplusOf(Graph &g, Tensor x, double beta, double threshold) {
  Tensor scaled = beta == 1 ? x : g.mul(x, beta);
  Tensor large = g.compare(Predicate::gt, scaled, threshold);
  Tensor soft = g.unary<nn::Log1pOp>(g.exp(g.select(large, 0.0, scaled)));
  return g.select(large, x, beta == 1 ? soft : g.div(soft, beta));
}

static Value softplus(Call &call) {
  Tensor x = call.floats("input");
  double beta = call.number("beta"), threshold = call.number("threshold");
  return call.failed() ? Value()
                       : Value(softplusOf(call.graph, x, beta, threshold));
}

template <Tensor (*compose)(Graph &, Tensor)>
static Value activation(Call &call) {
  Tensor x = call.floats("input");
  return call.failed() ? Value() : Value(compose(call.graph, x));
}

/// One that PyTorch composes of functions that convert integers.
template <Tensor (*compose)(Graph &, Tensor)>
static Value composition(Call &call) {
  Tensor x = call.tensor("input");
  if (!call.failed() && isBool(x))
    return call.expected("input", "a tensor of numbers");
  x = call.floatTensor("input");
  return call.failed() ? Value() : Value(compose(call.graph, x));
}

static Tensor silu(Graph &g, Tensor x) {
  return g.mul(x, g.unary<nn::SigmoidOp>(x));
}
static Tensor mish(Graph &g, Tensor x) {
  return g.mul(x, g.unary<nn::TanhOp>(softplusOf(g, x, 1, 20)));
}
static Tensor softsign(Graph &g, Tensor x) {
  return g.div(x, g.add(g.abs(x), 1.0));
}
static Tensor tanhshrink(Graph &g, Tensor x) {
  return g.sub(x, g.unary<nn::TanhOp>(x));
}

/// min(x, 0) - log(1 + exp(-|x|)), which never overflows.
static Tensor logSigmoid(Graph &g, Tensor x) {
  Tensor low = g.minimum(x, g.scalar(0, x));
  return g.sub(low, g.unary<nn::Log1pOp>(g.exp(g.neg(g.abs(x)))));
}

static Value prelu(Call &call) {
  Tensor x = call.floats("input"), weight = call.floats("weight");
  if (call.failed() || !call.checkOneDType({x, weight}))
    return {};
  Graph &g = call.graph;
  int64_t count = typeOf(weight).getNumElements(), rank = rankOf(x);
  int64_t channels = rank > 1 ? shapeOf(x)[1] : 1;
  if (count != 1 && count != channels)
    return call.error(call.range, "expected 1 or " + llvm::Twine(channels) +
                                      " slopes of PReLU, but got " +
                                      llvm::Twine(count));
  Shape shape(count == 1 ? 0 : rank, 1);
  if (count != 1)
    shape[1] = count;
  return positiveOr(g, x, g.mul(g.reshape(weight, shape), x));
}

/// An op along a dim, of the input or of its negative.
template <typename Op, bool ofNegative = false>
static Value softmaxLike(Call &call) {
  mlir::Type element = call.element("dtype");
  Tensor x = element ? call.tensor("input") : call.floats("input");
  if (call.isNone("dim"))
    return call.error(call.range,
                      "expected the argument 'dim' of '" + call.name() + "'");
  int64_t dim = call.dim("dim", rankOf(x));
  if (element && !mlir::isa<mlir::FloatType>(element))
    return call.expected("dtype", "a dtype of floats");
  if (call.failed())
    return {};
  if (element)
    x = call.graph.cast(x, element);
  Shape shape(shapeOf(x));
  if (shape.empty())
    x = call.graph.reshape(x, {1});
  if (ofNegative)
    x = call.graph.neg(x);
  Tensor result = call.graph.create<Op>(x, uint64_t(dim));
  return call.graph.reshape(result, shape);
}

static Value glu(Call &call) {
  Tensor x = call.floats("input");
  int64_t dim = call.dim("dim", rankOf(x));
  if (call.failed() || rankOf(x) == 0 || shapeOf(x)[dim] % 2)
    return call.expected("input", "a tensor whose dim is even");
  Graph &g = call.graph;
  int64_t half = shapeOf(x)[dim] / 2;
  Tensor gate = g.slice(x, dim, half, 2 * half);
  return g.mul(g.slice(x, dim, 0, half), g.unary<nn::SigmoidOp>(gate));
}

llvm::ArrayRef<FunctionRow> activationFunctions() {
  static const FunctionRow rows[] = {
      {"relu(input, inplace=false)", relu, "F.relu",
       "max(x, 0) of each element"},
      {"leaky_relu(input, negative_slope=0.01, inplace=false)", leakyRelu,
       "F.leaky_relu", "x where x > 0, else negative_slope * x"},
      {"elu(input, alpha=1.0, inplace=false)", elu, "F.elu",
       "x where x > 0, else alpha * (exp(x) - 1)"},
      {"selu(input, inplace=false)", selu, "F.selu",
       "the scaled ELU whose outputs keep mean 0 and variance 1"},
      {"celu(input, alpha=1.0, inplace=false)", celu, "F.celu",
       "x where x > 0, else alpha * (exp(x / alpha) - 1)"},
      {"gelu(input, approximate=\"none\")", gelu, "F.gelu",
       "x times the normal distribution's share below x; approximate=\"tanh\" "
       "is the cheaper form"},
      {"softplus(input, beta=1, threshold=20)", softplus, "F.softplus",
       "log(1 + exp(beta * x)) / beta; x itself where beta * x > threshold"},
      {"silu(input, inplace=false)", activation<silu>, "F.silu",
       "x * sigmoid(x), also called swish"},
      {"mish(input, inplace=false)", activation<mish>, "F.mish",
       "x * tanh(softplus(x))"},
      {"softsign(input)", composition<softsign>, "F.softsign",
       "x / (1 + abs(x))"},
      {"tanhshrink(input)", composition<tanhshrink>, "F.tanhshrink",
       "x - tanh(x)"},
      {"logsigmoid(input)", activation<logSigmoid>, "F.logsigmoid",
       "log(sigmoid(x)) without overflow"},
      {"hardtanh(input, min_val=-1.0, max_val=1.0, inplace=false)", hardtanh,
       "F.hardtanh", "x limited to [min_val, max_val]"},
      {"relu6(input, inplace=false)", relu6, "F.relu6", "x limited to [0, 6]"},
      {"hardsigmoid(input, inplace=false)", hardsigmoid, "F.hardsigmoid",
       "the piecewise linear sigmoid: relu6(x + 3) / 6"},
      {"hardswish(input, inplace=false)", hardswish, "F.hardswish",
       "x * relu6(x + 3) / 6"},
      {"hardshrink(input, lambd=0.5)", hardshrink, "F.hardshrink",
       "x where abs(x) > lambd, else 0"},
      {"softshrink(input, lambd=0.5)", softshrink, "F.softshrink",
       "x moved towards 0 by lambd, 0 where abs(x) <= lambd"},
      {"threshold(input, threshold, value, inplace=false)", threshold,
       "F.threshold", "x where x > threshold, else value"},
      {"prelu(input, weight)", prelu, "F.prelu",
       "x where x > 0, else weight * x; one weight, or one for each channel"},
      {"softmax(input, dim=none, dtype=none)", softmaxLike<nn::SoftmaxOp>,
       "F.softmax", "exp(x) divided by its sum along dim"},
      {"log_softmax(input, dim=none, dtype=none)",
       softmaxLike<nn::LogSoftmaxOp>, "F.log_softmax",
       "log of softmax along dim, without overflow"},
      {"softmin(input, dim=none, dtype=none)", softmaxLike<nn::SoftmaxOp, true>,
       "F.softmin", "softmax of -x along dim"},
      {"glu(input, dim=-1)", glu, "F.glu",
       "the first half along dim times the sigmoid of the second"},
  };
  return rows;
}

} // namespace sinter::capturing
