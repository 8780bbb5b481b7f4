// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stacked tensors share slots of the workspace step by step: what a scan gives
// lies where it read a step before, one step apart, so that no step overwrites
// what it reads itself. The gates of a forward scan take the place of the
// inputs' products, their gradients that of the gates.

#include "MemoryPlan.h"
#include "sinter/Dialect/NN/IR/Views.h"

using namespace mlir;
using namespace sinter::nn;

namespace {

/// A stacked tensor in a shared slot: the bytes of time t lie at
/// (t + phase) * stride + offset. Of a history, that is the slot which the step
/// at time t writes; the init lies before the first of these.
struct Tenant {
  unsigned root;
  unsigned first, last;  ///< positions in the schedule
  int64_t phase, offset; ///< offset < stride
  int64_t bytes;         ///< of one step
  bool isHistory;
};

/// A slot that stacked tensors share, in the order in which they live.
struct SharedSlot {
  int64_t steps = 0, stride = 0, lowest = 0, highest = 0; ///< phases
  SmallVector<Tenant> tenants;
};

/// Moves stacked results of scans into slots of stacked operands.
class SlotSharing {
public:
  SlotSharing(std::vector<Root> &roots,
              const DenseMap<Value, unsigned> &rootIds,
              SmallVectorImpl<Slot> &slots)
      : roots(roots), rootIds(rootIds), slots(slots) {
    for (auto [number, root] : llvm::enumerate(roots))
      if (root.place.base == Place::Base::Slot)
        rootsIn[root.place.index].push_back(number);
  }

  void visit(ScanOp scan, std::pair<unsigned, unsigned> span);
  void finish();

private:
  bool isStackedIn(const Root &root, ScanOp scan);
  bool canSpread(Value y);
  bool isStoredByTime(Value history, ScanOp scan);
  std::optional<unsigned> hostOf(Value x, ScanOp scan, unsigned end);
  bool moveInto(unsigned host, ScanOp scan, Value stacked,
                std::pair<unsigned, unsigned> span);
  bool choosePhase(const SharedSlot &host, ScanOp scan, Tenant &tenant,
                   std::pair<unsigned, unsigned> span);
  bool chooseOffset(SharedSlot &host, Tenant &tenant,
                    std::pair<unsigned, unsigned> span);
  void place(unsigned host, ScanOp scan, const Tenant &tenant);

  std::vector<Root> &roots;
  const DenseMap<Value, unsigned> &rootIds;
  SmallVectorImpl<Slot> &slots;
  std::map<unsigned, SharedSlot> shared;             ///< by number of the slot
  DenseMap<unsigned, SmallVector<unsigned>> rootsIn; ///< a slot
};

} // namespace

/// Whether the scan reads a root as xs alone, each of them whole.
bool SlotSharing::isStackedIn(const Root &root, ScanOp scan) {
  unsigned xs = scan.getInits().size();
  for (Value alias : root.aliases)
    for (OpOperand &use : alias.getUses())
      if (use.getOwner() == scan.getOperation() &&
          (byteSize(alias.getType()) != byteSize(root.value.getType()) ||
           use.getOperandNumber() < xs ||
           use.getOperandNumber() >= xs + scan.getXs().size()))
        return false;
  return true;
}

/// Whether the steps of a y may lie apart: scans alone read it, as an x.
bool SlotSharing::canSpread(Value y) {
  return llvm::all_of(y.getUses(), [&](OpOperand &use) {
    auto scan = dyn_cast<ScanOp>(use.getOwner());
    return scan && isStackedIn(roots[rootIds.lookup(y)], scan);
  });
}

/// The slot of an x that nothing reads after the scan, which ends at `end`.
std::optional<unsigned> SlotSharing::hostOf(Value x, ScanOp scan,
                                            unsigned end) {
  const Root &root = roots[rootIds.lookup(x)];
  if (root.place.base != Place::Base::Slot || !root.place.moves.empty() ||
      byteSize(x.getType()) != byteSize(root.value.getType()) ||
      !isStackedIn(root, scan))
    return std::nullopt;
  unsigned number = root.place.index;
  if (shared.count(number))
    return number;
  Slot &slot = slots[number];
  int64_t bytes = byteSize(x.getType());
  // Nothing but this tensor lies in the slot.
  if (slot.last != end || slot.bytes != bytes || root.place.offset != 0 ||
      !isa_and_nonnull<func::CallOp>(root.value.getDefiningOp()))
    return std::nullopt;
  SharedSlot &host = shared[number];
  host.steps = scan.getSteps();
  host.stride = bytes / host.steps;
  host.tenants.push_back(
      {rootIds.lookup(x), slot.first, slot.last, 0, 0, host.stride, false});
  return number;
}

/// One step behind what the scan still reads.
bool SlotSharing::choosePhase(const SharedSlot &host, ScanOp scan,
                              Tenant &tenant,
                              std::pair<unsigned, unsigned> span) {
  int64_t forward = scan.getReverse() ? -1 : 1;
  std::optional<int64_t> behind; // times `forward`
  for (const Tenant &other : host.tenants)
    if (other.last == span.second && other.first < span.first) {
      if (!isStackedIn(roots[other.root], scan))
        return false;
      int64_t phase = forward * other.phase - 1;
      behind = behind ? std::min(*behind, phase) : phase;
    }
  if (!behind)
    return false;
  tenant.phase = forward * *behind;
  // The init is written before, and must not lie in what lives then.
  return !tenant.isHistory ||
         llvm::all_of(host.tenants, [&](const Tenant &other) {
           return other.last < tenant.first ||
                  (!other.isHistory && *behind <= forward * other.phase);
         });
}

/// Bytes of each step that are free while the tenant lives.
bool SlotSharing::chooseOffset(SharedSlot &host, Tenant &tenant,
                               std::pair<unsigned, unsigned> span) {
  auto isInTheWay = [&](const Tenant &other) {
    bool livesOn = other.last > span.second || other.first >= span.first;
    return livesOn && tenant.offset < other.offset + other.bytes &&
           other.offset < tenant.offset + tenant.bytes;
  };
  for (Tenant *other = host.tenants.begin(); other != host.tenants.end();)
    if (isInTheWay(*other)) {
      tenant.offset = llvm::alignTo(other->offset + other->bytes, 64);
      other = host.tenants.begin();
    } else {
      ++other;
    }
  return tenant.offset + tenant.bytes <= host.stride;
}

bool SlotSharing::moveInto(unsigned number, ScanOp scan, Value stacked,
                           std::pair<unsigned, unsigned> span) {
  SharedSlot &host = shared[number];
  const Root &root = roots[rootIds.lookup(stacked)];
  Slot &own = slots[root.place.index];
  auto type = cast<RankedTensorType>(stacked.getType());
  bool isHistory = type.getDimSize(0) != host.steps;
  Tenant tenant{rootIds.lookup(stacked),
                own.first,
                own.last,
                0,
                0,
                byteSize(type) / type.getDimSize(0),
                isHistory};
  if (host.steps != int64_t(scan.getSteps()) || tenant.bytes > host.stride ||
      (tenant.bytes < host.stride && (isHistory || !canSpread(stacked))))
    return false;
  if (!choosePhase(host, scan, tenant, span) ||
      !chooseOffset(host, tenant, span))
    return false;
  place(number, scan, tenant);
  return true;
}

/// All that lies in the slot of the tenant, its slices in bodies too, moves.
void SlotSharing::place(unsigned number, ScanOp scan, const Tenant &tenant) {
  SharedSlot &host = shared[number];
  host.tenants.push_back(tenant);
  bool initComesLast = tenant.isHistory && scan.getReverse(),
       initComesFirst = tenant.isHistory && !scan.getReverse();
  int64_t start = tenant.phase - initComesFirst;
  host.lowest = std::min(host.lowest, start);
  host.highest = std::max(host.highest, tenant.phase + initComesLast);
  unsigned old = roots[tenant.root].place.index;
  SmallVector<unsigned> moved = std::move(rootsIn[old]);
  rootsIn[old].clear();
  llvm::append_range(rootsIn[number], moved);
  for (unsigned id : moved) {
    Place &place = roots[id].place;
    place.index = number;
    place.offset += start * host.stride + tenant.offset;
    if (!place.moves.empty() && !tenant.isHistory)
      place.moves.front().stride = host.stride;
  }
  Slot &slot = slots[number];
  slot.first = std::min(slot.first, slots[old].first);
  slot.last = std::max(slot.last, slots[old].last);
  slots[old] = Slot();
}

/// Whether a history has all of its slots, in the order of time.
bool SlotSharing::isStoredByTime(Value history, ScanOp scan) {
  return roots[rootIds.lookup(history)].place.bytes ==
             byteSize(history.getType()) &&
         (!scan.getReverse() || isStoredInTime(history));
}

void SlotSharing::visit(ScanOp scan, std::pair<unsigned, unsigned> span) {
  SmallVector<unsigned> hosts;
  for (Value x : scan.getXs())
    if (std::optional<unsigned> host = hostOf(x, scan, span.second))
      if (!llvm::is_contained(hosts, *host))
        hosts.push_back(*host);
  SmallVector<OpResult> results;
  for (Value y : scan.getYs())
    results.push_back(cast<OpResult>(y));
  for (Value history : scan.getHistories())
    if (isStoredByTime(history, scan))
      results.push_back(cast<OpResult>(history));
  llvm::sort(results, [](OpResult left, OpResult right) {
    int64_t first = byteSize(left.getType()),
            second = byteSize(right.getType());
    return first != second ? first > second
                           : left.getResultNumber() < right.getResultNumber();
  });
  for (Value result : results)
    for (unsigned host : hosts)
      if (moveInto(host, scan, result, span))
        break;
}

/// Phases from 0 on, and a slot for each.
void SlotSharing::finish() {
  for (auto &[number, host] : shared) {
    slots[number].bytes =
        (host.steps + host.highest - host.lowest) * host.stride;
    for (unsigned id : rootsIn[number])
      roots[id].place.offset -= host.lowest * host.stride;
  }
}

void MemoryPlan::shareStackedSlots() {
  SlotSharing sharing(roots, rootIds, slots);
  for (Operation *op : order)
    if (auto scan = dyn_cast<ScanOp>(op); scan && scan.getSteps() > 1)
      sharing.visit(scan, spans.lookup(op));
  sharing.finish();
}
