// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Piecewise linear activations: what PyTorch takes at kinks, infinities and
// NaN.
#include "PiecewiseLinear.h"

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

/// x between two bounds; gradient 0 on them, and that of x where it is NaN.
static Tensor between(Graph &g, Tensor x, double low, double high) {
  Tensor upper = g.select(g.compare(Predicate::ge, x, high), high, x);
  return g.select(g.compare(Predicate::le, x, low), low, upper);
}

/// A piecewise linear activation, which keeps integers.
static Tensor numbers(Call &call) {
  Tensor x = call.tensor("input");
  if (!call.failed() && isBool(x))
    call.expected("input", "a tensor of numbers");
  return x;
}

Value hardtanh(Call &call) {
  Tensor x = numbers(call);
  double low = call.number("min_val"), high = call.number("max_val");
  if (!call.failed() && low > high)
    return call.error(call.range, "expected 'min_val' not above 'max_val'");
  return call.failed() ? Value() : Value(between(call.graph, x, low, high));
}

Value relu6(Call &call) {
  Tensor x = numbers(call);
  return call.failed() ? Value() : Value(between(call.graph, x, 0, 6));
}

/// Where x is NaN, PyTorch's gradients are 0 here, unlike those of its others.
Value hardsigmoid(Call &call) {
  Tensor x = call.floats("input");
  if (call.failed())
    return {};
  Graph &g = call.graph;
  Tensor shifted = g.add(x, 3.0);
  Tensor isInside = g.create<nn::LogicalAndOp>(
      g.compare(Predicate::gt, x, -3.0), g.compare(Predicate::lt, x, 3.0));
  Tensor outside = g.detach(between(g, shifted, 0, 6));
  return g.div(g.select(isInside, shifted, outside), 6.0);
}

/// x * hardsigmoid(x), whose branches are apart, so that their gradients stay
/// so: 0 from -3 down, 1 from 3 up.
Value hardswish(Call &call) {
  Tensor x = call.floats("input");
  if (call.failed())
    return {};
  Graph &g = call.graph;
  Tensor isLower = g.compare(Predicate::le, x, -3.0);
  Tensor isInside = g.create<nn::LogicalAndOp>(
      g.compare(Predicate::gt, x, -3.0), g.compare(Predicate::lt, x, 3.0));
  Tensor inside = g.select(isInside, x, 0.0);
  Tensor middle = g.div(g.mul(inside, g.add(inside, 3.0)), 6.0);
  return g.select(isLower, g.detach(g.mul(x, 0.0)),
                  g.select(isInside, middle, x));
}

/// 0 from -lambda to lambda; NaN is not there.
static Tensor shrink(Graph &g, Tensor x, double lambda, Tensor others) {
  Tensor isInside =
      g.create<nn::LogicalAndOp>(g.compare(Predicate::ge, x, -lambda),
                                 g.compare(Predicate::le, x, lambda));
  return g.select(isInside, 0.0, others);
}

Value hardshrink(Call &call) {
  Tensor x = call.floats("input");
  double lambda = call.number("lambd");
  return call.failed() ? Value() : Value(shrink(call.graph, x, lambda, x));
}

Value softshrink(Call &call) {
  Tensor x = call.floats("input");
  double lambda = call.number("lambd");
  if (call.failed())
    return {};
  if (!(lambda >= 0))
    return call.expected("lambd", "a number that is not negative");
  Graph &g = call.graph;
  Tensor isAbove = g.compare(Predicate::gt, x, 0.0);
  return shrink(g, x, lambda,
                g.select(isAbove, g.sub(x, lambda), g.add(x, lambda)));
}

Value threshold(Call &call) {
  Tensor x = numbers(call);
  double limit = call.number("threshold");
  Tensor value = call.filling("value", elementOf(x));
  Graph &g = call.graph;
  return call.failed()
             ? Value()
             : Value(g.select(g.compare(Predicate::le, x, limit), value, x));
}

} // namespace sinter::capturing
