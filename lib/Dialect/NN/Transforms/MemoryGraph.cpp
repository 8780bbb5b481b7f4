// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of launches: readers of the old value of state before the launch
// that overwrites it, checks before everything that a refused call must not
// have written. Then slots by lifetime.

#include "MemoryPlan.h"
#include <queue>

using namespace mlir;
using namespace sinter::nn;

/// Alignment of every slot of the workspace, in bytes.
static constexpr int64_t slotAlignment = 64;

void MemoryPlan::buildGraph() {
  nodes.clear();
  nodeIds.clear();
  for (Operation &op : entry.getBody().front())
    if (isa<func::CallOp, ScanOp, CheckIndexOp>(op)) {
      nodeIds[&op] = nodes.size();
      nodes.push_back(&op);
    }
  after.assign(nodes.size(), {});
  SmallVector<unsigned> checks;
  for (auto [id, op] : llvm::enumerate(nodes)) {
    for (Value operand : op->getOperands())
      addProducers(operand, id);
    if (isa<CheckIndexOp>(op))
      checks.push_back(id);
  }
  auto isLasting = [](const Place &place) {
    return place.base == Place::Base::State ||
           place.base == Place::Base::Result;
  };
  for (auto [id, op] : llvm::enumerate(nodes)) {
    bool writesLasting = false;
    if (const Place *padding = paddingOf(op))
      writesLasting = isLasting(*padding);
    else
      for (Value result : op->getResults())
        writesLasting |= isLasting(rootOf(result).place);
    if (writesLasting)
      for (unsigned check : checks)
        after[check].push_back(id);
  }
}

void MemoryPlan::addProducers(Value value, unsigned reader) {
  Operation *op = rootOf(value).value.getDefiningOp();
  if (isa_and_nonnull<func::CallOp, ScanOp>(op))
    after[nodeIds.lookup(op)].push_back(reader);
  if (!isa_and_nonnull<PackRunOp>(op))
    return;
  for (Value part : op->getOperands())
    addProducers(part, reader);
  for (Operation *padding : paddingsOfPack.lookup(op))
    after[nodeIds.lookup(padding)].push_back(reader);
}

bool MemoryPlan::reaches(unsigned from, unsigned to) const {
  SmallVector<unsigned> pending = {from};
  DenseSet<unsigned> seen;
  while (!pending.empty()) {
    unsigned id = pending.pop_back_val();
    if (id == to)
      return true;
    for (unsigned next : after[id])
      if (seen.insert(next).second)
        pending.push_back(next);
  }
  return false;
}

/// Orders all readers of what `writer` overwrites before it. False where one
/// must come after it, or reads elements in another order than they are
/// overwritten.
bool MemoryPlan::keepsOldValue(Root &writer) {
  Operation *call = writer.value.getDefiningOp();
  unsigned id = nodeIds.lookup(call),
           output = cast<OpResult>(writer.value).getResultNumber(), shared = 0;
  for (Root &old : roots) {
    if (isa_and_nonnull<func::CallOp, ScanOp, PackRunOp>(
            old.value.getDefiningOp()) ||
        !old.place.overlaps(writer.place))
      continue;
    for (Value alias : old.aliases) {
      Place read = placeOf(alias);
      if (!read.overlaps(writer.place))
        continue;
      for (OpOperand &use : alias.getUses()) {
        auto reader = nodeIds.find(use.getOwner());
        if (reader == nodeIds.end())
          continue;
        if (reader->second == id) {
          InOut pair(use.getOperandNumber(), output);
          bool isSameRange = read.offset == writer.place.offset &&
                             read.bytes == writer.place.bytes;
          if (++shared > 1 || !isSameRange ||
              !KernelLibrary::canShareBuffer(
                  kernels.kernelOf(cast<func::CallOp>(call)), pair))
            return false;
        } else if (reaches(id, reader->second)) {
          return false;
        } else {
          after[reader->second].push_back(id);
        }
      }
    }
  }
  return true;
}

/// Returns false after it moved a value to the workspace: the graph is to be
/// built again.
bool MemoryPlan::addOldValueEdges() {
  for (unsigned number = 0; number < roots.size(); ++number) {
    Root &root = roots[number];
    if (!isa_and_nonnull<func::CallOp>(root.value.getDefiningOp()) ||
        root.place.base == Place::Base::Slot || keepsOldValue(root))
      continue;
    Place target = root.place;
    OpOperand *demand = root.demand;
    root.place = newSlot(target.bytes);
    root.demand = nullptr;
    copyTo(*demand, target);
    return false;
  }
  return true;
}

LogicalResult MemoryPlan::sortNodes() {
  SmallVector<unsigned> missing(nodes.size());
  for (auto &edges : after)
    for (unsigned next : edges)
      ++missing[next];
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<unsigned>>
      ready;
  for (unsigned id = 0; id < nodes.size(); ++id)
    if (missing[id] == 0)
      ready.push(id);
  while (!ready.empty()) {
    unsigned id = ready.top();
    ready.pop();
    order.push_back(nodes[id]);
    for (unsigned next : after[id])
      if (--missing[next] == 0)
        ready.push(next);
  }
  if (order.size() != nodes.size())
    return entry.emitError("expected checks that depend on arguments alone, "
                           "but one depends on what the entry writes");
  return success();
}

/// Extends the slots that `op` and, for a scan, its body touch. Values of a
/// body live from one launch to another; all else that a scan touches lives
/// over all of its steps.
void MemoryPlan::extendOver(Operation *op, unsigned &position) {
  auto extend = [&](const Place &place) {
    if (place.base != Place::Base::Slot)
      return;
    Slot &slot = slots[place.index];
    slot.first = std::min(slot.first, position);
    slot.last = std::max(slot.last, position);
  };
  auto extendOwn = [&] {
    for (Value operand : op->getOperands())
      extend(rootOf(operand).place);
    if (const Place *padding = paddingOf(op))
      extend(*padding);
    else
      for (Value result : op->getResults())
        extend(rootOf(result).place);
    ++position;
  };
  unsigned first = position;
  extendOwn();
  auto scan = dyn_cast<ScanOp>(op);
  if (!scan)
    return;
  for (Operation &inner : scan.getBody().front())
    if (isa<func::CallOp, ScanOp>(inner))
      extendOver(&inner, position);
  spans[op] = {first, position};
  extendOwn();
}

void MemoryPlan::findLifetimes() {
  unsigned position = 0;
  for (Operation *op : order)
    extendOver(op, position);
}

void MemoryPlan::allocateSlots() {
  // Biggest first, each at the lowest offset that is free while it lives.
  SmallVector<Slot *> bySize, placed;
  for (Slot &slot : slots)
    bySize.push_back(&slot);
  llvm::sort(bySize, [](Slot *a, Slot *b) {
    return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
  });
  for (Slot *slot : bySize) {
    SmallVector<Slot *> alive;
    for (Slot *other : placed)
      if (other->first <= slot->last && slot->first <= other->last)
        alive.push_back(other);
    llvm::sort(alive, [](Slot *a, Slot *b) { return a->offset < b->offset; });
    for (Slot *other : alive)
      if (slot->offset + slot->bytes > other->offset)
        slot->offset = std::max(
            slot->offset, int64_t(llvm::alignTo(other->offset + other->bytes,
                                                slotAlignment)));
    placed.push_back(slot);
    bytes = std::max(bytes, int64_t(llvm::alignTo(slot->offset + slot->bytes,
                                                  slotAlignment)));
  }
}
