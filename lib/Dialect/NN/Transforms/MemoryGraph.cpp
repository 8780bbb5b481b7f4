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
  SmallVector<unsigned> checks;
  for (Operation &op : entry.getBody().front())
    if (isa<func::CallOp, ScanOp, CheckIndexOp>(op)) {
      nodeIds[&op] = nodes.size();
      if (isa<CheckIndexOp>(op))
        checks.push_back(nodes.size());
      nodes.push_back(&op);
    }
  after.assign(nodes.size(), {});
  for (auto [id, op] : llvm::enumerate(nodes))
    for (Value operand : op->getOperands())
      addProducers(operand, id);
  if (checks.empty())
    return;
  // All checks come before one point, and that before all that lasts.
  unsigned point = nodes.size();
  nodes.push_back(nullptr);
  for (unsigned check : checks)
    after[check].push_back(point);
  SmallVector<unsigned> &lasting = after.emplace_back();
  for (unsigned id = 0; id < point; ++id)
    if (writesLasting(nodes[id]))
      lasting.push_back(id);
}

/// Whether an op writes what a refused call must leave as it was.
bool MemoryPlan::writesLasting(Operation *op) const {
  auto isLasting = [](const Place &place) {
    return place.base == Place::Base::State ||
           place.base == Place::Base::Result;
  };
  if (const Place *padding = paddingOf(op))
    return isLasting(*padding);
  return llvm::any_of(op->getResults(), [&](Value result) {
    return isLasting(rootOf(result).place);
  });
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

/// Where each node stands in an order of the graph; false if there is none.
bool MemoryPlan::findPositions() {
  SmallVector<unsigned> missing(nodes.size()), ready;
  for (auto &edges : after)
    for (unsigned next : edges)
      ++missing[next];
  for (unsigned id = 0; id < nodes.size(); ++id)
    if (missing[id] == 0)
      ready.push_back(id);
  positions.assign(nodes.size(), 0);
  unsigned position = 0;
  while (!ready.empty()) {
    unsigned id = ready.pop_back_val();
    positions[id] = position++;
    for (unsigned next : after[id])
      if (--missing[next] == 0)
        ready.push_back(next);
  }
  return position == nodes.size();
}

bool MemoryPlan::reaches(unsigned from, unsigned to) const {
  SmallVector<unsigned> pending = {from};
  DenseSet<unsigned> seen;
  while (!pending.empty()) {
    unsigned id = pending.pop_back_val();
    if (id == to)
      return true;
    for (unsigned next : after[id])
      if (positions[next] <= positions[to] && seen.insert(next).second)
        pending.push_back(next);
  }
  return false;
}

/// Finds all readers of what `writer` overwrites, which must run before it.
/// False where one must come after it, or reads elements in another order than
/// they are overwritten.
bool MemoryPlan::findOldReaders(const Root &writer, OldValues &oldValues,
                                SmallVectorImpl<unsigned> &readers) {
  Operation *call = writer.value.getDefiningOp();
  unsigned id = nodeIds.lookup(call), shared = 0;
  const Place &place = writer.place;
  if (place.bytes == 0)
    return true;
  bool keepsAll = true;
  oldValues[{unsigned(place.base), place.index}].forEach(
      place.offset, place.offset + place.bytes, [&](Value alias) {
        for (OpOperand &use : alias.getUses()) {
          auto reader = nodeIds.find(use.getOwner());
          if (reader == nodeIds.end())
            continue;
          if (reader->second == id)
            keepsAll &= ++shared == 1 && overwritesItself(use, writer);
          else if (reaches(id, reader->second))
            keepsAll = false;
          else
            readers.push_back(reader->second);
        }
      });
  return keepsAll;
}

/// Whether a call may write its result, `writer`, over what it reads by `use`.
bool MemoryPlan::overwritesItself(OpOperand &use, const Root &writer) const {
  Place read = placeOf(use.get());
  auto result = cast<OpResult>(writer.value);
  auto call = dyn_cast<func::CallOp>(result.getOwner());
  return call && read.offset == writer.place.offset &&
         read.bytes == writer.place.bytes &&
         KernelLibrary::canShareBuffer(
             kernels.kernelOf(call),
             InOut(use.getOperandNumber(), result.getResultNumber()));
}

/// Values from before the call, by what they lie in.
MemoryPlan::OldValues MemoryPlan::collectOldValues() const {
  OldValues values;
  for (const Root &root : roots)
    if (!isa_and_nonnull<func::CallOp, ScanOp, PackRunOp>(
            root.value.getDefiningOp()))
      for (Value alias : root.aliases)
        if (Place place = placeOf(alias); place.bytes > 0)
          values[{unsigned(place.base), place.index}].insert(
              place.offset, place.offset + place.bytes, alias);
  return values;
}

/// Orders all readers of old values before what overwrites these. Returns false
/// after it moved values to the workspace that cannot be written in place: the
/// graph is to be built again.
bool MemoryPlan::addOldValueEdges() {
  OldValues oldValues = collectOldValues();
  SmallVector<unsigned> moved;
  findPositions();
  for (unsigned number = 0; number < roots.size(); ++number) {
    Root &root = roots[number];
    if (!isa_and_nonnull<func::CallOp>(root.value.getDefiningOp()) ||
        root.place.base == Place::Base::Slot)
      continue;
    SmallVector<unsigned> readers;
    if (!findOldReaders(root, oldValues, readers)) {
      moved.push_back(number);
      continue;
    }
    unsigned writer = nodeIds.lookup(root.value.getDefiningOp());
    bool isOrdered = true;
    for (unsigned reader : readers) {
      after[reader].push_back(writer);
      isOrdered &= positions[reader] < positions[writer];
    }
    if (!isOrdered)
      findPositions();
  }
  for (unsigned number : moved) {
    Place target = roots[number].place;
    OpOperand *demand = roots[number].demand;
    roots[number].place = newSlot(target.bytes);
    roots[number].demand = nullptr;
    copyTo(*demand, target);
  }
  return moved.empty();
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
    // The point between checks and what lasts is passed at once.
    SmallVector<unsigned> done = {id};
    while (!done.empty())
      for (unsigned next : after[done.pop_back_val()])
        if (--missing[next] == 0)
          nodes[next] ? ready.push(next) : done.push_back(next);
  }
  if (llvm::any_of(missing, [](unsigned count) { return count > 0; }))
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

namespace {
/// A slot that has its offset.
struct PlacedSlot {
  int64_t offset, end;
  unsigned first, last;
};
} // namespace

/// The lowest offset at which a slot overlaps none of those `placed`, which are
/// sorted by offset, that live when it does.
static int64_t lowestOffset(const Slot &slot, ArrayRef<PlacedSlot> placed) {
  int64_t offset = 0;
  for (const PlacedSlot &other : placed) {
    if (other.first > slot.last || slot.first > other.last)
      continue;
    if (offset + slot.bytes <= other.offset)
      break;
    offset = std::max(offset, int64_t(llvm::alignTo(other.end, slotAlignment)));
  }
  return offset;
}

void MemoryPlan::allocateSlots() {
  // Biggest first.
  SmallVector<Slot *> bySize;
  for (Slot &slot : slots)
    bySize.push_back(&slot);
  llvm::sort(bySize, [](Slot *a, Slot *b) {
    return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
  });
  std::vector<PlacedSlot> placed;
  for (Slot *slot : bySize) {
    slot->offset = lowestOffset(*slot, placed);
    int64_t end = slot->offset + slot->bytes;
    auto next = llvm::upper_bound(placed, slot->offset,
                                  [](int64_t offset, const PlacedSlot &other) {
                                    return offset < other.offset;
                                  });
    placed.insert(next, {slot->offset, end, slot->first, slot->last});
    bytes = std::max(bytes, int64_t(llvm::alignTo(end, slotAlignment)));
  }
}
