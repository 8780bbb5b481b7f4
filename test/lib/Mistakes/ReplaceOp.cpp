// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plants another op.

#include "Passes.h"
#include "mlir/IR/BuiltinOps.h"

namespace sinter::mistake {
#define GEN_PASS_DEF_REPLACEOP
#include "Passes.h.inc"
} // namespace sinter::mistake

using namespace mlir;

namespace {

struct ReplaceOp : sinter::mistake::impl::ReplaceOpBase<ReplaceOp> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([&](Operation *found) {
      if (found->getName().getStringRef() != from)
        return WalkResult::advance();
      OpBuilder builder(found);
      OperationState state(found->getLoc(), to);
      state.addOperands(found->getOperands());
      state.addTypes(found->getResultTypes());
      found->replaceAllUsesWith(builder.create(state));
      found->erase();
      return WalkResult::interrupt();
    });
  }
};

} // namespace
