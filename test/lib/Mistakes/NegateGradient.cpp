// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plants a gradient of the wrong sign.

#include "Mistakes.h"
#include "Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Dialect/NN/Transforms/ExpandGradient.h"

namespace sinter::mistake {
#define GEN_PASS_DEF_NEGATEGRADIENT
#include "Passes.h.inc"
} // namespace sinter::mistake

using namespace mlir;

namespace {

struct NegateGradient
    : sinter::mistake::impl::NegateGradientBase<NegateGradient> {
  using Base::Base;

  void runOnOperation() override {
    if (inner && failed(expandInner()))
      return signalPassFailure();
    SmallVector<OpOperand *> operands;
    getOperation().walk([&](Operation *found) {
      if (found->getName().getStringRef() == op && isInLine(found) &&
          unsigned(operand) < found->getNumOperands())
        operands.push_back(&found->getOpOperand(operand));
    });
    for (OpOperand *place : operands) {
      auto type = dyn_cast<RankedTensorType>(place->get().getType());
      if (!type || !isa<FloatType>(type.getElementType()))
        continue;
      OpBuilder builder(place->getOwner());
      place->set(builder.create<sinter::mistake::NegateGradientOp>(
          place->getOwner()->getLoc(), place->get()));
    }
  }

private:
  /// Makes what gradients consist of part of the path of the last one.
  LogicalResult expandInner() {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<sinter::nn::GradientOp> gradients(
          function.getOps<sinter::nn::GradientOp>());
      for (size_t i = 0; i + 1 < gradients.size(); ++i)
        if (failed(sinter::nn::expandGradient(gradients[i])))
          return failure();
    }
    return success();
  }

  bool isInLine(Operation *found) {
    auto place = found->getLoc()->findInstanceOf<FileLineColLoc>();
    return line == 0 || (place && int(place.getLine()) == line);
  }
};

} // namespace
