// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places of what scans compute: slices of stacked tensors and slots of
// histories, which move from step to step. Nothing is copied that can be
// computed where it is wanted.

#include "MemoryPlan.h"

using namespace mlir;
using namespace sinter::nn;

/// Roots for the scan's results and for what its body computes. Operands of the
/// body get their places in placeBody.
LogicalResult MemoryPlan::collectScan(ScanOp scan) {
  if (!scan.getSums().empty() || scan.getLengths() ||
      !scan.getTime().use_empty())
    return scan.emitError("expected a scan without sums, lengths and uses of "
                          "the time at this phase");
  for (Value result : scan->getResults())
    addRoot(result);
  for (BlockArgument argument : scan.getBody().getArguments())
    addRoot(argument);
  for (Operation &op : scan.getBody().front().without_terminator()) {
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      rootIds[reshape] = rootIds.lookup(reshape.getInput());
      roots[rootIds[reshape]].aliases.push_back(reshape);
    } else if (isa<ConstantOp>(op)) {
      unsigned number = roots.size();
      Root &root = addRoot(op.getResult(0));
      root.place.base = Place::Base::Constant;
      root.place.index = number;
    } else if (isa<func::CallOp>(op)) {
      for (Value result : op.getResults())
        addRoot(result);
    } else {
      return op.emitError("expected kernels, views and constants in a loop, "
                          "but got ")
             << op.getName();
    }
  }
  return success();
}

/// Inits are wanted in slot 0 of the histories.
void MemoryPlan::serveInits(ScanOp scan) {
  for (auto [init, history] :
       llvm::zip(scan.getInitsMutable(), scan.getHistories())) {
    Root &root = roots[rootIds.lookup(history)];
    root.place = newSlot(root.place.bytes);
    Place slot = root.place;
    slot.bytes = byteSize(init.get().getType());
    serve(init, slot);
  }
}

void MemoryPlan::placeBody(ScanOp scan) {
  auto placeOf = [&](Value value) -> Place & {
    return roots[rootIds.lookup(value)].place;
  };
  for (auto [argument, invariant] :
       llvm::zip(scan.getInvariantArguments(), scan.getInvariants()))
    placeOf(argument) = placeOf(invariant);
  auto slicePlace = [&](Value stacked, int64_t bytes) {
    Place place = placeOf(stacked);
    place.bytes = place.timeStride = bytes;
    return place;
  };
  for (auto [argument, x] : llvm::zip(scan.getSlices(), scan.getXs()))
    placeOf(argument) = slicePlace(x, byteSize(argument.getType()));
  for (auto [argument, history] :
       llvm::zip(scan.getCarries(), scan.getHistories())) {
    Place place = placeOf(history);
    place.bytes = place.stepStride = byteSize(argument.getType());
    placeOf(argument) = place;
  }
  ScanYieldOp yield = scan.getYield();
  for (auto [next, history] :
       llvm::zip(yield.getCarriesMutable(), scan.getHistories())) {
    Place place = placeOf(history);
    place.bytes = place.stepStride = byteSize(next.get().getType());
    place.offset += place.bytes;
    serve(next, place);
  }
  for (auto [y, stacked] : llvm::zip(yield.getYsMutable(), scan.getYs()))
    serve(y, slicePlace(stacked, byteSize(y.get().getType())));
  for (Operation &op : scan.getBody().front())
    for (Value result : op.getResults())
      if (Place &place = placeOf(result); place.base == Place::Base::Undecided)
        place = newSlot(place.bytes);
}
