// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions.
#include "Call.h"
#include <cmath>

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

/// A sum or product; integers are combined as i64 unless `dtype` says
/// otherwise.
template <typename Op> static Value combined(Call &call) {
  Tensor x = call.tensor("input");
  Shape dims = call.dims("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  mlir::Type element = call.element("dtype");
  if (call.failed())
    return {};
  if (!element && !isFloat(x))
    element = call.graph.builder.getI64Type();
  if (element)
    x = call.graph.cast(x, element);
  return Tensor(call.graph.create<Op>(x, dims, keepdim));
}

static Value mean(Call &call) {
  Tensor x = call.tensor("input");
  Shape dims = call.dims("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  if (mlir::Type element = call.element("dtype"))
    x = call.graph.cast(x, element);
  if (call.failed())
    return {};
  if (!isFloat(x))
    return call.expected("input", "a tensor of floats, as PyTorch's mean does");
  return call.graph.mean(x, dims, keepdim);
}

static bool hasElements(Call &call, Tensor x, llvm::ArrayRef<int64_t> dims) {
  for (int64_t dim : dims)
    if (shapeOf(x)[dim] == 0) {
      call.error(call.range, "expected at least one element to reduce, but got "
                             "a tensor " +
                                 describeType(x.getType()));
      return false;
    }
  return true;
}

template <typename Op> static Value extreme(Call &call) {
  Tensor x = call.tensor("input");
  Shape dims = call.dims("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  if (call.failed() || !hasElements(call, x, dims))
    return {};
  return Tensor(call.graph.create<Op>(x, dims, keepdim));
}

/// `max(x)`, `max(x, dim)` with indices, or `max(x, other)`.
template <typename All, typename WithIndices, typename Elementwise>
static Value maxOrMin(Call &call) {
  const Value &second = call.value("dim");
  Graph &g = call.graph;
  if (call.value("input").isNumber() && second.isNumber()) {
    // As in Python, the first unless the second one is beyond it.
    constexpr bool isMax = std::is_same_v<All, nn::AmaxOp>;
    llvm::APFloat first = call.value("input").toExact(),
                  other = second.toExact();
    return call.value((isMax ? other > first : other < first) ? "dim"
                                                              : "input");
  }
  Tensor x = call.tensor("input");
  if (call.failed())
    return {};
  if (second.is<Tensor>()) {
    auto operands = call.promoted({"input", "dim"});
    return call.failed()
               ? Value()
               : Value(Tensor(g.create<Elementwise>(operands[0], operands[1])));
  }
  if (second.is<None>()) {
    Shape dims = allDims(rankOf(x));
    if (!hasElements(call, x, dims))
      return {};
    return Tensor(g.create<All>(x, dims, false));
  }
  int64_t dim = call.dim("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  if (call.failed())
    return {};
  if (rankOf(x) == 0)
    return makeSequence({x, g.integer(0, g.builder.getI64Type())});
  if (!hasElements(call, x, {dim}))
    return {};
  auto both = g.create<WithIndices>(x, uint64_t(dim), keepdim);
  return makeSequence({Tensor(both.getValues()), Tensor(both.getIndices())});
}

template <typename Op> static Value argReduction(Call &call) {
  Tensor x = call.tensor("input");
  bool all = call.isNone("dim"), keepdim = call.flag("keepdim");
  int64_t rank = rankOf(x), dim = all ? 0 : call.dim("dim", rank);
  if (!call.failed() && isBool(x))
    return call.expected("input", "a tensor of numbers");
  if (call.failed())
    return {};
  Graph &g = call.graph;
  if (all || rank == 0) {
    Tensor flat = g.reshape(x, {typeOf(x).getNumElements()});
    if (!hasElements(call, flat, {0}))
      return {};
    Tensor index = g.create<Op>(flat, uint64_t(0), false);
    return g.reshape(index, Shape(keepdim ? rank : 0, 1));
  }
  if (!hasElements(call, x, {dim}))
    return {};
  return Tensor(g.create<Op>(x, uint64_t(dim), keepdim));
}

/// The variance over dims of a tensor of less than 64 bits, in f64 and in one
/// pass: of deviations from the first element, which is one of those that vary,
/// so that the square of their mean is at most their number times the variance
/// and takes as many bits of f64's 53. Equal elements give an exact 0.
static Tensor varianceInF64(Graph &g, Tensor x, llvm::ArrayRef<int64_t> dims,
                            double correction, bool keepdim) {
  mlir::Type element = elementOf(x);
  double count = 1;
  Tensor first = x;
  for (int64_t dim : dims) {
    count *= double(shapeOf(x)[dim]);
    first = g.slice(first, dim, 0, 1);
  }
  first = g.detach(first);
  Tensor isFinite = g.compare(Predicate::lt, g.abs(first), HUGE_VAL);
  mlir::Type f64 = g.builder.getF64Type();
  Tensor shift = g.cast(g.selectOrZero(isFinite, first), f64);
  Tensor deviation = g.sub(g.cast(x, f64), shift);
  Tensor squares = g.sum(g.mul(deviation, deviation), dims, keepdim);
  Tensor total = g.sum(deviation, dims, keepdim);
  Tensor rest = g.sub(squares, g.div(g.mul(total, total), count));
  return g.cast(g.div(rest, std::max(0.0, count - correction)), element);
}

static Tensor varianceOf(Call &call) {
  Tensor x = call.floats("input");
  Shape dims = call.dims("dim", rankOf(x));
  double correction = call.number("correction");
  if (call.isGiven("unbiased"))
    correction = call.flag("unbiased") ? 1 : 0;
  bool keepdim = call.flag("keepdim");
  if (call.failed() || !hasElements(call, x, dims))
    return {};
  Graph &g = call.graph;
  if (elementOf(x).getIntOrFloatBitWidth() < 64)
    return varianceInF64(g, x, dims, correction, keepdim);
  return g.variance(x, g.mean(x, dims, true), dims, correction, keepdim);
}

static Value variance(Call &call) {
  Tensor result = varianceOf(call);
  return result ? Value(result) : Value();
}

/// A root of what is not negative, with gradient 0 where it is 0, as in
/// PyTorch's norms and deviations.
template <typename Root>
static Tensor rootOrZero(Graph &g, Tensor x, Root root) {
  Tensor zero = g.compare(Predicate::eq, x, 0.0);
  return g.select(zero, 0.0, root(g.select(zero, 1.0, x)));
}

static Tensor squareRoot(Graph &g, Tensor x) {
  return rootOrZero(g, x, [&](Tensor positive) { return g.sqrt(positive); });
}

static Value deviation(Call &call) {
  Tensor result = varianceOf(call);
  return result ? Value(squareRoot(call.graph, result)) : Value();
}

/// Shifted by the maximum, which takes no gradient; an infinite maximum does
/// not shift.
static Value logSumExp(Call &call) {
  Tensor x = call.floatTensor("input");
  Shape dims = call.dims("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  if (call.failed() || !hasElements(call, x, dims))
    return {};
  Graph &g = call.graph;
  Tensor largest = g.detach(g.amax(x, dims, true));
  Tensor infinite = g.compare(Predicate::eq, g.abs(largest), HUGE_VAL);
  Tensor shift = g.select(infinite, 0.0, largest);
  Tensor total = g.sum(g.exp(g.sub(x, shift)), dims, keepdim);
  Tensor shape = keepdim ? shift : g.reshape(shift, shapeOf(total));
  return g.add(g.log(total), shape);
}

/// The p-norm, whose order is the argument `name`.
static Value normOf(Call &call, llvm::StringRef name) {
  Tensor x = call.floats("input");
  Shape dims = call.dims("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  if (mlir::Type element = call.element("dtype"))
    x = call.graph.cast(x, element);
  const Value &p = call.value(name);
  if (p.is<std::string>() && *p.as<std::string>() != "fro")
    return call.expected(name, "a number or \"fro\"");
  double order = p.isNumber() ? p.toDouble() : 2;
  // The norm of nothing is 0, unless it is an extreme of nothing.
  if (call.failed() ||
      ((std::isinf(order) || order < 0) && !hasElements(call, x, dims)))
    return {};
  return call.graph.norm(x, order, dims, keepdim);
}
static Value norm(Call &call) { return normOf(call, "p"); }
static Value vectorNorm(Call &call) { return normOf(call, "ord"); }

template <bool all> static Value anyOrAll(Call &call) {
  Tensor x = call.tensor("input");
  Shape dims = call.dims("dim", rankOf(x));
  bool keepdim = call.flag("keepdim");
  if (call.failed())
    return {};
  Graph &g = call.graph;
  mlir::Type i64 = g.builder.getI64Type(), i1 = g.builder.getI1Type();
  Tensor truth = g.cast(g.cast(x, i1), i64);
  if (all)
    truth = g.sub(g.integer(1, i64), truth);
  Tensor count = g.sum(truth, dims, keepdim);
  return g.compare(all ? Predicate::eq : Predicate::ne, count, 0.0);
}

llvm::ArrayRef<FunctionRow> reductionFunctions() {
  using namespace nn;
  static const FunctionRow rows[] = {
      {"sum(input, dim=none, keepdim=false, dtype=none)", combined<nn::SumOp>,
       "torch.sum", "the sum over dims"},
      {"mean(input, dim=none, keepdim=false, dtype=none)", mean, "torch.mean",
       "the mean over dims"},
      {"prod(input, dim=none, keepdim=false, dtype=none)", combined<nn::ProdOp>,
       "torch.prod", "the product over dims"},
      {"amax(input, dim=none, keepdim=false)", extreme<AmaxOp>, "torch.amax",
       "the largest element over dims; its gradient is shared by equal ones"},
      {"amin(input, dim=none, keepdim=false)", extreme<AminOp>, "torch.amin",
       "the smallest element over dims; its gradient is shared by equal ones"},
      {"max(input, dim=none, keepdim=false)",
       maxOrMin<AmaxOp, MaxWithIndicesOp, MaximumOp>, "torch.max",
       "the largest element; with dim values and indices; of two tensors "
       "maximum"},
      {"min(input, dim=none, keepdim=false)",
       maxOrMin<AminOp, MinWithIndicesOp, MinimumOp>, "torch.min",
       "the smallest element; with dim values and indices; of two tensors "
       "minimum"},
      {"argmax(input, dim=none, keepdim=false)", argReduction<ArgmaxOp>,
       "torch.argmax", "the index of the largest element"},
      {"argmin(input, dim=none, keepdim=false)", argReduction<ArgminOp>,
       "torch.argmin", "the index of the smallest element"},
      {"var(input, dim=none, unbiased=true, keepdim=false, *, correction=1)",
       variance, "torch.var", "the variance over dims"},
      {"std(input, dim=none, unbiased=true, keepdim=false, *, correction=1)",
       deviation, "torch.std", "the standard deviation over dims"},
      {"logsumexp(input, dim, keepdim=false)", logSumExp, "torch.logsumexp",
       "log(sum(exp(x))) over dims, without overflow"},
      {"norm(input, p=\"fro\", dim=none, keepdim=false, dtype=none)", norm,
       "torch.norm", "the p-norm over dims", "p=\"nuc\""},
      {"vector_norm(input, ord=2, dim=none, keepdim=false, *, dtype=none)",
       vectorNorm, "torch.linalg.vector_norm",
       "the norm of order ord over dims"},
      {"any(input, dim=none, keepdim=false)", anyOrAll<false>, "torch.any",
       "true where one element over dims is not 0"},
      {"all(input, dim=none, keepdim=false)", anyOrAll<true>, "torch.all",
       "true where all elements over dims are not 0"},
  };
  return rows;
}

} // namespace sinter::capturing
