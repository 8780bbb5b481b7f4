// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is combined of all elements up to each one.
#include "Call.h"

namespace sinter::capturing {

/// The dim of a cumulation and its input, integers as i64 unless `dtype` says
/// otherwise.
template <nn::Cumulation kind> static Value cumulation(Call &call) {
  constexpr bool isLogarithmic = kind == nn::Cumulation::log_sum_exp;
  Tensor x = isLogarithmic ? call.floats("input") : call.tensor("input");
  int64_t dim = call.dim("dim", rankOf(x));
  mlir::Type element;
  if constexpr (!isLogarithmic)
    element = call.element("dtype");
  if (call.failed())
    return {};
  if (element && element.isInteger(1))
    return call.expected("dtype", "a dtype of numbers");
  Graph &g = call.graph;
  if (!element && !isFloat(x))
    element = g.builder.getI64Type();
  if (element)
    x = g.cast(x, element);
  if (rankOf(x) == 0)
    return x;
  return Tensor(g.create<nn::CumulateOp>(kind, x, uint64_t(dim)));
}

/// Largest or smallest elements so far, and where they are.
template <nn::Cumulation kind> static Value cumulatedExtreme(Call &call) {
  Tensor x = call.tensor("input");
  int64_t dim = call.dim("dim", rankOf(x));
  if (!call.failed() && isBool(x))
    return call.expected("input", "a tensor of numbers");
  if (call.failed())
    return {};
  Graph &g = call.graph;
  if (rankOf(x) == 0)
    return makeSequence({x, g.integer(0, g.builder.getI64Type())});
  return makeSequence(
      {Tensor(g.create<nn::CumulateOp>(kind, x, uint64_t(dim))),
       Tensor(g.create<nn::CumulatedIndexOp>(kind, x, uint64_t(dim)))});
}

llvm::ArrayRef<FunctionRow> cumulationFunctions() {
  using nn::Cumulation;
  static const FunctionRow rows[] = {
      {"cumsum(input, dim, dtype=none)", cumulation<Cumulation::sum>,
       "torch.cumsum", "sums of all elements up to each one along a dim"},
      {"cumprod(input, dim, dtype=none)", cumulation<Cumulation::product>,
       "torch.cumprod", "products of all elements up to each one along a dim"},
      {"logcumsumexp(input, dim)", cumulation<Cumulation::log_sum_exp>,
       "torch.logcumsumexp",
       "log(cumsum(exp(x))) along a dim, without overflow"},
      {"cummax(input, dim)", cumulatedExtreme<Cumulation::maximum>,
       "torch.cummax",
       "the largest element up to each one along a dim: values and indices"},
      {"cummin(input, dim)", cumulatedExtreme<Cumulation::minimum>,
       "torch.cummin",
       "the smallest element up to each one along a dim: values and indices"},
  };
  return rows;
}

} // namespace sinter::capturing
