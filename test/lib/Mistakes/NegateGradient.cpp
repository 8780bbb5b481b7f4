// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plants a gradient of the wrong sign.

#include "Mistakes.h"
#include "Passes.h"

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
  bool isInLine(Operation *found) {
    auto place = found->getLoc()->findInstanceOf<FileLineColLoc>();
    return line == 0 || (place && int(place.getLine()) == line);
  }
};

} // namespace
