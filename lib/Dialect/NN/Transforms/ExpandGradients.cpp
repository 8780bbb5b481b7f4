// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces nn.gradient by the ops that compute it.

#include "mlir/IR/IRMapping.h"
#include "sinter/Autodiff/Differentiate.h"
#include "sinter/Dialect/NN/Transforms/ExpandGradient.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;

namespace sinter::nn {
#define GEN_PASS_DEF_NNEXPANDGRADIENTS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"

/// The gradient of the output itself: ones.
static Value buildSeed(OpBuilder &builder, Location location, Value output) {
  auto type = cast<RankedTensorType>(output.getType());
  auto one = DenseElementsAttr::get(
      type, cast<TypedAttr>(builder.getFloatAttr(type.getElementType(), 1.0)));
  return builder.create<ConstantOp>(location, type, one);
}

LogicalResult expandGradient(GradientOp op) {
  OpBuilder builder(op);
  Value seed = buildSeed(builder, op.getLoc(), op.getOutput());
  FailureOr<SmallVector<Value>> results =
      differentiate(builder, op.getOutput(), seed, op.getWrt());
  if (failed(results))
    return failure();
  op.replaceAllUsesWith(*results);
  op.erase();
  return success();
}

FailureOr<SmallVector<bool>> findReached(func::FuncOp function, Value output,
                                         ValueRange wrt) {
  ScopedDiagnosticHandler silence(function.getContext(),
                                  [](Diagnostic &) { return success(); });
  IRMapping mapping;
  OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(function->clone(mapping));
  OpBuilder builder = OpBuilder::atBlockEnd(&copy->front());
  // As operands the values stay known when ops are replaced.
  SmallVector<Value> values{mapping.lookup(output)};
  for (Value value : wrt)
    values.push_back(mapping.lookup(value));
  auto end = builder.create<func::ReturnOp>(function.getLoc(), values);
  for (GradientOp op : llvm::make_early_inc_range(copy->getOps<GradientOp>()))
    if (failed(expandGradient(op)))
      return failure();
  builder.setInsertionPoint(end);
  Value seed = buildSeed(builder, end.getLoc(), end.getOperand(0));
  FailureOr<SmallVector<Value>> gradients =
      differentiateValues(builder, end.getOperand(0), seed,
                          SmallVector<Value>(end.getOperands().drop_front()));
  if (failed(gradients))
    return failure();
  return llvm::map_to_vector(*gradients, [](Value value) { return !!value; });
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
