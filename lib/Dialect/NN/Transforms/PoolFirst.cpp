// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Swaps max pooling with a rectification before it.

#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNPOOLFIRST
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

namespace {
struct PoolFirst : public sinter::nn::impl::NNPoolFirstBase<PoolFirst> {
  void runOnOperation() override {
    getOperation().walk([](MaxPoolOp pool) {
      auto relu = pool.getInput().getDefiningOp<ReluOp>();
      if (!relu || !relu->hasOneUse() || !pool.getTaps().use_empty())
        return;
      OpBuilder builder(pool->getContext());
      builder.setInsertionPointAfter(pool);
      pool.getInputMutable().assign(relu.getInput());
      auto after = builder.create<ReluOp>(relu.getLoc(), pool.getValues());
      pool.getValues().replaceAllUsesExcept(after.getResult(), after);
      relu.erase();
    });
  }
};
} // namespace
