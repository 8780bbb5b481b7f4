// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Joins many parts in groups, and these in groups again: what compiles a kernel
// takes more than so much longer with its number of operands.

#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNSPLITCONCATS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Joins the parts in groups of at most `size`.
static SmallVector<Value> joinInGroups(OpBuilder &builder, ConcatOp concat,
                                       ArrayRef<Value> parts, size_t size) {
  SmallVector<Value> joined;
  for (; parts.size() > 1;
       parts = parts.drop_front(std::min(size, parts.size())))
    joined.push_back(builder.create<ConcatOp>(
        concat.getLoc(), ValueRange(parts.take_front(size)), concat.getDim()));
  llvm::append_range(joined, parts); // one is no group
  return joined;
}

namespace {
struct SplitConcats
    : public sinter::nn::impl::NNSplitConcatsBase<SplitConcats> {
  using Base::Base;

  void runOnOperation() override {
    const size_t most =
        std::max<unsigned>(maxParts, 2); // one at a time joins nothing
    SmallVector<ConcatOp> concats;
    getOperation().walk([&](ConcatOp concat) {
      if (concat.getInputs().size() > most)
        concats.push_back(concat);
    });
    for (ConcatOp concat : concats) {
      OpBuilder builder(concat);
      SmallVector<Value> parts(concat.getInputs());
      while (parts.size() > most)
        parts = joinInGroups(builder, concat, parts, most);
      concat.getInputsMutable().assign(parts);
    }
  }
};
} // namespace
