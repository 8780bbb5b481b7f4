// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives every value a place: where it is wanted if it can be computed there,
// else a slot of the workspace.

#include "MemoryPlan.h"
#include "sinter/Dialect/NN/IR/Views.h"

using namespace mlir;
using namespace sinter::nn;

MemoryPlan::MemoryPlan(func::FuncOp entry, KernelLibrary &kernels)
    : entry(entry), kernels(kernels),
      terminator(entry.getBody().front().getTerminator()) {
  if (auto name = entry->getAttrOfType<FlatSymbolRefAttr>("nn.state"))
    state = SymbolTable::lookupNearestSymbolFrom<StateOp>(entry, name);
  if (state)
    segments.emplace(state);
}

LogicalResult MemoryPlan::run() {
  if (failed(collectRoots()))
    return failure();
  markCheckedValues();
  if (failed(serveDemands()))
    return failure();
  // A value that cannot overwrite what others still read moves to the
  // workspace, and a copy joins the graph.
  do {
    buildGraph();
  } while (!addOldValueEdges());
  if (failed(sortNodes()))
    return failure();
  findLifetimes();
  shareStackedSlots();
  allocateSlots();
  return success();
}

Place MemoryPlan::newSlot(int64_t slotBytes) {
  Place place;
  place.base = Place::Base::Slot;
  place.index = slots.size();
  place.bytes = slotBytes;
  slots.emplace_back().bytes = slotBytes;
  return place;
}

FailureOr<Place> MemoryPlan::placeInState(Operation *op) {
  if (!state)
    return op->emitError("expected an entry with state");
  Place place;
  place.base = Place::Base::State;
  // The op's verifier has found the segment or the run.
  if (auto key = op->getAttrOfType<StringAttr>("key")) {
    auto segment = segments->lookup<SegmentOp>(key);
    place.offset = segment.getOffset();
    place.bytes = byteSize(segment.getType());
    return place;
  }
  Type type = isa<GetRunOp>(op) ? op->getResult(0).getType()
                                : op->getOperand(0).getType();
  place.offset = state.getRun(op->getAttrOfType<StringAttr>("run"))->first;
  place.bytes = byteSize(type);
  return place;
}

/// The result whose buffer an argument with `nn.inout` shares.
std::optional<unsigned> MemoryPlan::tiedResult(BlockArgument argument) {
  unsigned number = argument.getArgNumber();
  if (!entry.getArgAttr(number, "nn.inout"))
    return std::nullopt;
  for (unsigned result = 0; result < entry.getNumResults(); ++result)
    if (entry.getResultAttr(result, "nn.inout") &&
        entry.getResultAttr(result, "nn.name") ==
            entry.getArgAttr(number, "nn.name"))
      return result;
  return std::nullopt;
}

Root &MemoryPlan::addRoot(Value value) {
  rootIds[value] = roots.size();
  Root &root = roots.emplace_back();
  root.value = value;
  root.aliases.push_back(value);
  root.place.bytes = byteSize(value.getType());
  return root;
}

void MemoryPlan::addView(Operation *view) {
  Value source = view->getOperand(0), result = view->getResult(0);
  unsigned id = rootIds.lookup(source);
  rootIds[result] = id;
  viewOffsets[result] = viewOffsets.lookup(source) + viewOffset(view);
  roots[id].aliases.push_back(result);
}

Place MemoryPlan::placeOf(Value value) const {
  Place place = rootOf(value).place;
  place.offset += viewOffsets.lookup(value);
  place.bytes = byteSize(value.getType());
  return place;
}

/// Whether a value is all of its root.
bool MemoryPlan::isWhole(Value value) const {
  return viewOffsets.lookup(value) == 0 &&
         byteSize(value.getType()) == byteSize(rootOf(value).value.getType());
}

LogicalResult MemoryPlan::collectRoots() {
  for (BlockArgument argument : entry.getArguments()) {
    Root &root = addRoot(argument);
    std::optional<unsigned> result = tiedResult(argument);
    root.place.base = result ? Place::Base::Result : Place::Base::Argument;
    root.place.index = result ? *result : argument.getArgNumber();
  }
  for (Operation &op : entry.getBody().front().without_terminator()) {
    if (isView(&op)) {
      addView(&op);
    } else if (isa<GetSegmentOp, GetRunOp>(op)) {
      FailureOr<Place> place = placeInState(&op);
      if (failed(place))
        return failure();
      addRoot(op.getResult(0)).place = *place;
    } else if (isa<ConstantOp>(op)) {
      unsigned number = roots.size();
      Root &root = addRoot(op.getResult(0));
      root.place.base = Place::Base::Constant;
      root.place.index = number;
    } else if (isa<func::CallOp, PackRunOp>(op)) {
      for (Value result : op.getResults())
        addRoot(result);
    } else if (auto scan = dyn_cast<ScanOp>(op)) {
      if (failed(collectScan(scan)))
        return failure();
    } else if (!isa<SetSegmentOp, SetRunOp, CheckIndexOp>(op)) {
      return op.emitError("expected kernels, state, views and checks in an "
                          "entry, but got ")
             << op.getName();
    }
  }
  return success();
}

void MemoryPlan::markCheckedValues() {
  SmallVector<Value> pending;
  entry.walk(
      [&](CheckIndexOp check) { pending.push_back(check.getIndices()); });
  while (!pending.empty()) {
    Root &root = roots[rootIds.lookup(pending.pop_back_val())];
    if (root.isForCheck)
      continue;
    root.isForCheck = true;
    Operation *op = root.value.getDefiningOp();
    if (!op)
      continue;
    pending.append(op->operand_begin(), op->operand_end());
    // What else its kernel computes must not last either.
    pending.append(op->result_begin(), op->result_end());
  }
}

void MemoryPlan::copyTo(OpOperand &demand, Place target) {
  Value value = demand.get();
  // In a scan after what it computes, elsewhere at the end: planning orders.
  Operation *owner = demand.getOwner();
  OpBuilder builder(isa<ScanOp, ScanYieldOp>(owner) ? owner : terminator);
  Location location = owner->getLoc();
  auto call = builder.create<func::CallOp>(
      location,
      kernels.copyKernel(cast<RankedTensorType>(value.getType()), location),
      value);
  rootIds[call.getResult(0)] = roots.size();
  Root &root = roots.emplace_back();
  root.value = call.getResult(0);
  root.aliases.push_back(root.value);
  root.place = target;
  root.demand = &demand;
  demand.set(root.value);
}

void MemoryPlan::serve(OpOperand &demand, Place target) {
  Root &root = roots[rootIds.lookup(demand.get())];
  Place place = placeOf(demand.get());
  bool isThere =
      place.base == target.base && place.index == target.index &&
      place.offset == target.offset &&
      !isa_and_nonnull<func::CallOp, ScanOp>(root.value.getDefiningOp());
  if (isThere)
    return;
  if (root.place.base != Place::Base::Undecided || root.isForCheck ||
      !isWhole(demand.get()) ||
      isa_and_nonnull<ScanOp>(root.value.getDefiningOp()))
    return copyTo(demand, target);
  target.bytes = root.place.bytes;
  root.place = target;
  root.demand = &demand;
}

LogicalResult MemoryPlan::serveDemands() {
  // Runs first: their parts lie in them, wherever they are.
  SmallVector<PackRunOp> packs;
  SmallVector<std::pair<OpOperand *, Place>> demands;
  for (Operation &op : entry.getBody().front()) {
    if (auto pack = dyn_cast<PackRunOp>(op))
      packs.push_back(pack);
    if (isa<SetSegmentOp, SetRunOp>(op)) {
      FailureOr<Place> place = placeInState(&op);
      if (failed(place))
        return failure();
      demands.emplace_back(&op.getOpOperand(0), *place);
    }
  }
  for (OpOperand &operand : terminator->getOpOperands()) {
    Place place;
    place.base = Place::Base::Result;
    place.index = operand.getOperandNumber();
    place.bytes = byteSize(operand.get().getType());
    demands.emplace_back(&operand, place);
  }
  auto isOfRun = [&](OpOperand *demand) {
    return isa_and_nonnull<PackRunOp>(
        roots[rootIds.lookup(demand->get())].value.getDefiningOp());
  };
  for (auto &[demand, place] : demands)
    if (isOfRun(demand))
      serve(*demand, place);
  for (PackRunOp pack : packs)
    if (failed(servePack(pack)))
      return failure();
  for (auto &[demand, place] : demands)
    if (!isOfRun(demand))
      serve(*demand, place);
  for (auto scan : entry.getBody().front().getOps<ScanOp>())
    serveInits(scan);
  for (Root &root : roots)
    if (root.place.base == Place::Base::Undecided &&
        !isa<ScanOp>(root.value.getParentBlock()->getParentOp()))
      root.place = newSlot(root.place.bytes);
  for (auto scan : entry.getBody().front().getOps<ScanOp>())
    placeBody(scan);
  return success();
}

LogicalResult MemoryPlan::servePack(PackRunOp pack) {
  Root &run = roots[rootIds.lookup(pack.getResult())];
  if (run.place.base == Place::Base::Undecided)
    run.place = newSlot(run.place.bytes);
  Place place = run.place;
  if (!state)
    return pack.emitError("expected an entry with state");
  SmallVector<SegmentOp> segments = state.getRunSegments("parameter");
  int64_t end = 0;
  for (auto [segment, operand] : llvm::zip(segments, pack->getOpOperands())) {
    Place part = place;
    int64_t start = segment.getOffset() - segments.front().getOffset();
    part.offset = place.offset + start;
    part.bytes = byteSize(operand.get().getType());
    addPadding(pack, end, start - end);
    end = start + part.bytes;
    serve(operand, part);
  }
  addPadding(pack, end, place.bytes - end);
  return success();
}

void MemoryPlan::addPadding(PackRunOp pack, int64_t offset, int64_t count) {
  if (count <= 0)
    return;
  Place place = roots[rootIds.lookup(pack.getResult())].place;
  place.offset += offset;
  place.bytes = count;
  Type element = pack.getType().getElementType();
  auto type = RankedTensorType::get(
      {count * 8 / element.getIntOrFloatBitWidth()}, element);
  OpBuilder builder(pack);
  auto call = builder.create<func::CallOp>(
      pack.getLoc(), kernels.zeroKernel(type, pack.getLoc()), ValueRange());
  paddings[call] = place;
  paddingsOfPack[pack].push_back(call);
}

SmallVector<InOut> MemoryPlan::inOutsOf(func::CallOp call) const {
  SmallVector<InOut> inOuts;
  for (auto [output, result] : llvm::enumerate(call.getResults())) {
    if (paddings.contains(call))
      continue;
    const Place &place = rootOf(result).place;
    if (place.base == Place::Base::Slot)
      continue;
    for (auto [input, operand] : llvm::enumerate(call.getOperands()))
      if (placeOf(operand).overlaps(place))
        inOuts.emplace_back(input, output);
  }
  return inOuts;
}
