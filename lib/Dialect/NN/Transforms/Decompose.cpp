// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes layers in primitives through DecomposableOpInterface.

#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNDECOMPOSE
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// The location of what `layer` becomes: that of the layer, under its name. An
/// outer layer's name stays.
static Location locationOfParts(Operation *layer) {
  Location location = layer->getLoc();
  if (auto named = dyn_cast<NameLoc>(location);
      named && named.getName().strref().starts_with("nn."))
    return location;
  return NameLoc::get(
      StringAttr::get(layer->getContext(), layer->getName().getStringRef()),
      location);
}

/// Replaces `layer` by its primitives.
static LogicalResult decompose(DecomposableOpInterface layer) {
  OpBuilder builder(layer);
  Operation *before = layer->getPrevNode();
  FailureOr<SmallVector<Value>> parts = layer.decompose(builder);
  if (failed(parts))
    return failure();
  if (parts->size() != layer->getNumResults())
    return layer.emitError(
               "expected one value per result from the decomposition, but got ")
           << parts->size();
  Location location = locationOfParts(layer);
  Operation *first =
      before ? before->getNextNode() : &layer->getBlock()->front();
  for (Operation *part = first; part != layer; part = part->getNextNode())
    part->setLoc(location);
  layer->replaceAllUsesWith(*parts);
  layer->erase();
  return success();
}

namespace {
struct Decompose : public sinter::nn::impl::NNDecomposeBase<Decompose> {
  void runOnOperation() override {
    while (true) {
      SmallVector<DecomposableOpInterface> layers;
      getOperation().walk(
          [&](DecomposableOpInterface layer) { layers.push_back(layer); });
      if (layers.empty())
        return;
      bool isBroken = false;
      for (DecomposableOpInterface layer : layers)
        isBroken |= failed(decompose(layer));
      if (isBroken)
        return signalPassFailure();
    }
  }
};
} // namespace
