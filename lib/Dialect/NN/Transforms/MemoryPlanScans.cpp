// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places of what scans compute: slices of stacked tensors and slots of
// histories, which move from step to step. Nothing is copied that can be
// computed where it is wanted.

#include "MemoryPlan.h"
#include "sinter/Dialect/NN/IR/Views.h"

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
    if (isView(&op)) {
      addView(&op);
    } else if (isa<ConstantOp>(op)) {
      unsigned number = roots.size();
      Root &root = addRoot(op.getResult(0));
      root.place.base = Place::Base::Constant;
      root.place.index = number;
    } else if (isa<func::CallOp>(op)) {
      for (Value result : op.getResults())
        addRoot(result);
    } else if (auto inner = dyn_cast<ScanOp>(op)) {
      if (failed(collectScan(inner)))
        return failure();
    } else {
      return op.emitError("expected kernels, loops, views and constants in a "
                          "loop, but got ")
             << op.getName();
    }
  }
  return success();
}

/// Whether nothing reads a history but its last slot.
bool MemoryPlan::readsFinalSlotOnly(const Root &history) const {
  int64_t whole = byteSize(history.value.getType());
  for (Value alias : history.aliases) {
    int64_t bytes = byteSize(alias.getType());
    bool isFinal =
        bytes * cast<RankedTensorType>(history.value.getType()).getDimSize(0) ==
            whole &&
        viewOffsets.lookup(alias) ==
            (isStoredInTime(history.value) ? 0 : whole - bytes);
    auto isRead = [](Operation *user) { return !isView(user); };
    if (!isFinal && llvm::any_of(alias.getUsers(), isRead))
      return false;
  }
  return true;
}

static bool isReadOnce(const Root &root) {
  unsigned reads = 0;
  for (Value alias : root.aliases)
    for (Operation *user : alias.getUsers())
      reads += !isView(user);
  return reads == 1;
}

/// A slot of the workspace for a history: two slots in turn are enough where
/// only the last one is read. The argument and the new carry move through it.
void MemoryPlan::placeHistory(ScanOp scan, unsigned carry) {
  Value history = scan.getHistories()[carry];
  Root &root = roots[rootIds.lookup(history)];
  int64_t steps = scan.getSteps(),
          bytes = byteSize(scan.getInits()[carry].getType());
  bool takesTurns = steps > 1 && readsFinalSlotOnly(root);
  bool isInTime = isStoredInTime(history) && !takesTurns;
  if (takesTurns) {
    root.place.bytes = 2 * bytes;
    for (Value alias : root.aliases)
      if (alias != history)
        viewOffsets[alias] = steps % 2 * bytes;
  }
  root.place = newSlot(root.place.bytes);
  Place slot = root.place;
  slot.bytes = bytes;
  slot.offset += isInTime ? steps * bytes : 0;
  Place &before = roots[rootIds.lookup(scan.getCarries()[carry])].place;
  before = slot;
  before.moves.push_back({scan, /*followsTime=*/false,
                          isInTime ? -bytes : bytes, takesTurns ? 2 : 0});
  OpOperand &init = scan.getInitsMutable()[carry];
  // Steps overwrite the first of two slots: nothing else may read it.
  if (takesTurns && !isReadOnce(rootOf(init.get())))
    copyTo(init, slot);
  else
    serve(init, slot);
}

/// Inits are wanted in slot 0 of the histories.
void MemoryPlan::serveInits(ScanOp scan) {
  for (unsigned carry = 0; carry < scan.getInits().size(); ++carry)
    placeHistory(scan, carry);
}

/// Slices of what is stacked move with time, invariants with nothing.
void MemoryPlan::placeArguments(ScanOp scan) {
  auto place = [&](Value argument, Value outside, int64_t stride) {
    Place &inside = roots[rootIds.lookup(argument)].place;
    inside = placeOf(outside);
    inside.bytes = byteSize(argument.getType());
    if (stride)
      inside.moves.push_back({scan, /*followsTime=*/true, stride});
  };
  for (auto [argument, invariant] :
       llvm::zip(scan.getInvariantArguments(), scan.getInvariants()))
    place(argument, invariant, 0);
  for (auto [argument, x] : llvm::zip(scan.getSlices(), scan.getXs()))
    place(argument, x, byteSize(argument.getType()));
}

void MemoryPlan::placeBody(ScanOp scan) {
  placeArguments(scan);
  ScanYieldOp yield = scan.getYield();
  for (auto [carry, next] :
       llvm::zip(scan.getCarries(), yield.getCarriesMutable())) {
    Place place = rootOf(carry).place;
    Move &move = place.moves.back();
    // The slot after the one that the step reads; of two, the other one.
    place.offset += move.stride;
    if (move.period)
      move.stride = -move.stride;
    serve(next, place);
  }
  for (auto [y, stacked] : llvm::zip(yield.getYsMutable(), scan.getYs())) {
    Place place = placeOf(stacked);
    place.bytes = byteSize(y.get().getType());
    place.moves.push_back({scan, /*followsTime=*/true, place.bytes});
    serve(y, place);
  }
  for (auto inner : scan.getBody().getOps<ScanOp>())
    serveInits(inner);
  for (Operation &op : scan.getBody().front())
    for (Value result : op.getResults())
      if (Place &place = roots[rootIds.lookup(result)].place;
          place.base == Place::Base::Undecided)
        place = newSlot(place.bytes);
  for (auto inner : scan.getBody().getOps<ScanOp>())
    placeBody(inner);
}

/// Whether a scan reads the value, or a part of it.
bool MemoryPlan::isReadByScan(Value value) {
  return llvm::any_of(rootOf(value).aliases, [](Value alias) {
    return llvm::any_of(alias.getUsers(), llvm::IsaPred<ScanOp>);
  });
}

int64_t MemoryPlan::historyBytes() {
  int64_t sum = 0;
  entry.walk([&](ScanOp scan) {
    if (llvm::any_of(scan->getResults(),
                     [&](Value result) { return isReadByScan(result); }))
      for (Value history : scan.getHistories())
        if (!readsFinalSlotOnly(rootOf(history)))
          sum += byteSize(history.getType());
  });
  return sum;
}

int64_t MemoryPlan::savedBytes() {
  int64_t sum = 0;
  entry.walk([&](ScanOp scan) {
    for (Value y : scan.getYs())
      if (isReadByScan(y))
        sum += byteSize(y.getType());
  });
  return sum;
}
