// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces nn.gradient by the ops that compute it.

#include "sinter/Autodiff/Differentiate.h"
#include "sinter/Dialect/NN/Transforms/ExpandGradient.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

using namespace mlir;

namespace sinter::nn {
#define GEN_PASS_DEF_NNEXPANDGRADIENTS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"

LogicalResult expandGradient(GradientOp op) {
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  auto one = DenseElementsAttr::get(
      type, cast<TypedAttr>(builder.getFloatAttr(type.getElementType(), 1.0)));
  Value seed = builder.create<ConstantOp>(op.getLoc(), type, one);
  FailureOr<SmallVector<Value>> results =
      differentiate(builder, op.getOutput(), seed, op.getWrt());
  if (failed(results))
    return failure();
  op.replaceAllUsesWith(*results);
  op.erase();
  return success();
}

namespace {

struct ExpandGradients : impl::NNExpandGradientsBase<ExpandGradients> {
  using Base::Base;

  void runOnOperation() override {
    // Program order puts inner gradients first: an outer one depends on them.
    SmallVector<GradientOp> gradients;
    getOperation().walk([&](GradientOp op) { gradients.push_back(op); });
    for (GradientOp op : gradients)
      if (failed(expandGradient(op)))
        signalPassFailure(); // go on: every op without a gradient is reported
  }
};

} // namespace
} // namespace sinter::nn
