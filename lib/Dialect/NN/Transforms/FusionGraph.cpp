// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Roles of ops, the edges between groups, merging, and the order of kernels.

#include "FusionGraph.h"
#include "GateColumns.h"
#include "sinter/Dialect/NN/IR/Views.h"
#include "llvm/ADT/TypeSwitch.h"
#include <queue>

using namespace mlir;
using namespace sinter::nn;

/// Kernels between two that may merge: to look further for a path between them
/// takes long, and there is one, as a rule.
static constexpr size_t maxBetween = 256;
/// Changes of shape, dtype and extent that are cheap one by one.
static constexpr unsigned maxClonedDepth = 8;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

StringRef sinter::nn::reportedName(Operation *op) {
  if (auto named = dyn_cast<NameLoc>(op->getLoc());
      named && named.getName().strref().starts_with("nn."))
    return named.getName();
  return op->getName().getStringRef();
}

std::optional<SmallVector<int64_t>> sinter::nn::reducedDims(Operation *op) {
  return TypeSwitch<Operation *, std::optional<SmallVector<int64_t>>>(op)
      .Case<SumOp, ProdOp, AmaxOp, AminOp>([](auto reduction) {
        return SmallVector<int64_t>(reduction.getDims());
      })
      .Case<ArgmaxOp, ArgminOp, CumulateOp, CumulatedIndexOp>(
          [](auto reduction) {
            return SmallVector<int64_t>{int64_t(reduction.getDim())};
          })
      .Default([](Operation *) { return std::nullopt; });
}

static SmallVector<int64_t> keptRow(ArrayRef<int64_t> domain,
                                    ArrayRef<int64_t> reduced) {
  SmallVector<int64_t> row(domain);
  for (int64_t dim : reduced)
    row[dim] = 1;
  return row;
}

SmallVector<int64_t> sinter::nn::gridDims(size_t rank,
                                          ArrayRef<int64_t> reduced) {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0; dim < int64_t(rank); ++dim)
    if (!llvm::is_contained(reduced, dim))
      dims.push_back(dim);
  return dims;
}

bool FusionGroup::isRow(ArrayRef<int64_t> shape) const {
  SmallVector<int64_t> dropped;
  for (int64_t dim : gridDims(domain.size(), reduced))
    dropped.push_back(domain[dim]);
  return shape == ArrayRef(keptRow(domain, reduced)) ||
         shape == ArrayRef(dropped);
}

/// Whether ops that merge leave `op` outside: not the gates of a product, which
/// are views where there is one row.
static bool staysView(Operation *op, bool mergesOps) {
  auto slice = dyn_cast<SliceOp>(op);
  return isView(op) && !(slice && mergesOps && getGateColumns(slice));
}

static bool isOutsideOp(Operation *op, bool mergesOps) {
  return staysView(op, mergesOps) || isa<ConstantOp>(op) ||
         op->getNumResults() == 0 ||
         isa<GetSegmentOp, GetRunOp, PackRunOp, ScanOp>(op) ||
         !isa<NNDialect>(op->getDialect());
}

/// Whether all that reads a value moves its elements on.
static bool isMovedOn(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (isa<ConcatOp, PadOp, ReverseOp, SliceOp>(user))
      return true;
    return isa<BroadcastOp>(user) && isMovedOn(user->getResult(0));
  });
}

/// A move of a move is a move: its kernel reads where the first one would. Not
/// so the slices of a product, which are its gates.
static bool isMoveOfMove(Operation *op) {
  bool isGate = isa<SliceOp>(op) && op->getOperand(0).getDefiningOp<MatmulOp>();
  return isa<SliceOp, ReverseOp>(op) && !isView(op) && !isGate &&
         isMovedOn(op->getResult(0));
}

/// Whether an op reads stored elements of a padded tensor at other places, for
/// arithmetic alone: several of these beside each other read it once.
static bool isShiftedRead(Operation *op) {
  auto slice = dyn_cast<SliceOp>(op);
  return slice && !isView(op) && slice.getInput().getDefiningOp<PadOp>() &&
         llvm::all_of(op->getUsers(), [](Operation *user) {
           return user->hasTrait<ElementwiseTrait>();
         });
}

/// Whether an op leaves out the edges of what windows pass over: these read all
/// but the edges as well.
static bool isCropForWindows(Operation *op) {
  auto slice = dyn_cast<SliceOp>(op);
  return slice &&
         llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }) &&
         llvm::all_of(op->getUses(), [](OpOperand &use) {
           auto product = dyn_cast<CorrelateOp>(use.getOwner());
           return product && use == product.getInputMutable();
         });
}

void FusionGraph::assignRoles(Block &block) {
  for (Operation &op : llvm::reverse(block)) {
    bool isReadOutside = llvm::any_of(op.getUsers(), [&](Operation *user) {
      return roleOf(user) == FusionRole::Outside;
    });
    // Where ops stay alone, constants and views are cloned all the same.
    auto cost = dyn_cast<CostOpInterface>(op);
    bool isCheapHere = isSplat(&op) ||
                       (mergesOps && (isMoveOfMove(&op) || isShiftedRead(&op) ||
                                      isCropForWindows(&op))) ||
                       (cost && cost.isComputedWhereRead() &&
                        (mergesOps || isa<ReshapeOp>(op)));
    if (isCheapHere && !isReadOutside)
      roles[&op] = FusionRole::Cloned;
    else if (isOutsideOp(&op, mergesOps) && !isSplat(&op))
      roles[&op] = FusionRole::Outside;
    else
      roles[&op] = FusionRole::Compute;
  }
  // Of long chains every kernel would get a copy.
  DenseMap<Operation *, unsigned> depths;
  for (Operation &op : block) {
    if (roleOf(&op) != FusionRole::Cloned || op.getNumOperands() == 0)
      continue;
    unsigned depth = depths.lookup(op.getOperand(0).getDefiningOp()) + 1;
    if (depth > maxClonedDepth)
      roles[&op] = FusionRole::Compute;
    else
      depths[&op] = depth;
  }
}

void FusionGraph::chooseOwnDomain(FusionGroup &group, Operation *op) const {
  group.contraction = dyn_cast<ContractionOpInterface>(op);
  group.domain = llvm::to_vector(shapeOf(op->getResult(0)));
  if (std::optional<SmallVector<int64_t>> dims = reducedDims(op)) {
    group.domain = llvm::to_vector(shapeOf(op->getOperand(0)));
    group.reduced = *dims;
  }
  if (auto pack = dyn_cast<PackPanelsOp>(op))
    group.domain = pack.getDomain();
  if (!mergesOps)
    return;
  if (auto product = dyn_cast<MatmulOp>(op))
    if (std::optional<GateColumns> gates = getGateColumns(product))
      group.domain.back() = gates->width;
  if (joinsEqualParts(op))
    group.domain = llvm::to_vector(shapeOf(op->getOperand(0)));
}

void FusionGraph::addGroup(Operation *op) {
  numbers[op] = program.size();
  program.push_back(op);
  if (auto slice = dyn_cast<SliceOp>(op);
      slice && mergesOps && getGateColumns(slice)) {
    unsigned id = groupOf(slice.getInput().getDefiningOp());
    groupIds[op] = id;
    groups[id].ops.push_back(op);
    return;
  }
  groupIds[op] = groups.size();
  places.push_back(order.size());
  order.push_back(groups.size());
  FusionGroup &group = groups.emplace_back();
  group.ops.push_back(op);
  group.isOutside = roleOf(op) == FusionRole::Outside;
  if (!group.isOutside)
    chooseOwnDomain(group, op);
}

FusionGraph::FusionGraph(Block &block, bool mergesOps) : mergesOps(mergesOps) {
  assignRoles(block);
  for (auto concat : block.getOps<ConcatOp>())
    if (mergesOps && isOfEqualParts(concat))
      equalConcats.insert(concat);
  for (Operation &op : block.without_terminator())
    if (roleOf(&op) != FusionRole::Cloned)
      addGroup(&op);
  for (Operation *op : program)
    connect(op);
}

void FusionGraph::connect(Operation *op) {
  unsigned id = groupOf(op);
  for (Value operand : op->getOperands()) {
    Operation *source = operand.getDefiningOp();
    std::optional<unsigned> producer = producerOf(operand);
    if (isSplat(source) && roleOf(op) == FusionRole::Outside)
      producer = groupOf(source);
    if (producer && producer != id) {
      groups[id].before.insert(*producer);
      groups[*producer].after.insert(id);
    }
  }
}

std::optional<unsigned> FusionGraph::producerOf(Value value) const {
  Operation *op = value.getDefiningOp();
  while (op && roleOf(op) == FusionRole::Cloned)
    op = op->getNumOperands() ? op->getOperand(0).getDefiningOp() : nullptr;
  // Each kernel has its own constants, also of those that are results.
  if (!op || isSplat(op))
    return std::nullopt;
  return groupOf(op);
}

/// Finds the groups between `first` and `second`, which stands after it, that
/// read what `first` computes, directly or not. False if `second` reads one of
/// them, or if there are too many to know.
bool FusionGraph::collectBetween(unsigned first, unsigned second,
                                 DenseSet<unsigned> &between) const {
  SmallVector<unsigned> pending = {first};
  while (!pending.empty()) {
    unsigned id = pending.pop_back_val();
    for (unsigned next : groups[id].after) {
      if (next == second && id != first)
        return false;
      if (places[next] < places[second] && between.insert(next).second)
        pending.push_back(next);
    }
    if (between.size() > maxBetween)
      return false;
  }
  return true;
}

/// Makes one place of those of two groups: what stands `between` them and reads
/// the first one follows, what the second one reads comes before.
void FusionGraph::reorder(unsigned first, unsigned second, unsigned merged,
                          const DenseSet<unsigned> &between) {
  SmallVector<unsigned> before, after;
  for (size_t place = places[first]; place <= places[second]; ++place)
    if (std::optional<unsigned> id = order[place];
        id && id != first && id != second)
      (between.contains(*id) ? after : before).push_back(*id);
  size_t place = places[first], end = places[second];
  before.push_back(merged);
  for (ArrayRef<unsigned> part : {ArrayRef(before), ArrayRef(after)})
    for (unsigned id : part) {
      order[place] = id;
      places[id] = place++;
    }
  for (; place <= end; ++place)
    order[place] = std::nullopt;
}

bool FusionGraph::isTooLarge(const FusionGroup &a, const FusionGroup &b,
                             std::string &reason) const {
  size_t ops = a.ops.size() + b.ops.size(),
         inputs = a.before.size() + b.before.size();
  if (ops <= maxKernelOps && inputs <= maxKernelInputs)
    return false;
  reason = "a kernel holds at most " + std::to_string(maxKernelOps) +
           " operations and reads at most " + std::to_string(maxKernelInputs) +
           " others, which " + describe(a) + " and " + describe(b) +
           " exceed together";
  return true;
}

bool FusionGraph::merge(unsigned into, unsigned from, std::string &reason) {
  if (into == from)
    return true;
  FusionGroup &a = groups[into], &b = groups[from];
  if (a.isOutside || b.isOutside) {
    reason = "";
    return false;
  }
  FusionGroup merged;
  if (isTooLarge(a, b, reason) || !readsInPlaceOnly(a, from, reason) ||
      !readsInPlaceOnly(b, into, reason) ||
      !chooseDomain(a, b, merged, reason) ||
      !edgesAlign(a, from, merged, reason) ||
      !edgesAlign(b, into, merged, reason))
    return false;
  bool touch = a.before.contains(from) || a.after.contains(from);
  if (!touch && (a.domain != b.domain || a.reduced != b.reduced)) {
    reason = "nothing says how their rows correspond";
    return false;
  }
  unsigned first = into, second = from;
  if (places[first] > places[second])
    std::swap(first, second);
  DenseSet<unsigned> between;
  if (!collectBetween(first, second, between)) {
    reason =
        "another kernel lies between " + describe(a) + " and " + describe(b);
    return false;
  }
  merged.ops.resize(a.ops.size() + b.ops.size());
  std::merge(a.ops.begin(), a.ops.end(), b.ops.begin(), b.ops.end(),
             merged.ops.begin(), [&](Operation *left, Operation *right) {
               return numberOf(left) < numberOf(right);
             });
  for (const FusionGroup *part : {&a, &b}) {
    merged.before.insert(part->before.begin(), part->before.end());
    merged.after.insert(part->after.begin(), part->after.end());
  }
  for (unsigned id : {into, from}) {
    merged.before.remove(id);
    merged.after.remove(id);
  }
  for (unsigned id : merged.before) {
    groups[id].after.remove(from);
    groups[id].after.insert(into);
  }
  for (unsigned id : merged.after) {
    groups[id].before.remove(from);
    groups[id].before.insert(into);
  }
  for (Operation *op : merged.ops)
    groupIds[op] = into;
  reorder(first, second, into, between);
  groups[from] = FusionGroup();
  groups[into] = std::move(merged);
  return true;
}

SmallVector<unsigned> FusionGraph::inOrder() const {
  // The ready group whose first op comes first in the program goes first.
  using Entry = std::pair<unsigned, unsigned>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> ready;
  SmallVector<unsigned> missing(groups.size()), sorted;
  for (auto [id, group] : llvm::enumerate(groups)) {
    missing[id] = group.before.size();
    if (!group.ops.empty() && missing[id] == 0)
      ready.emplace(numberOf(group.ops.front()), id);
  }
  while (!ready.empty()) {
    unsigned id = ready.top().second;
    ready.pop();
    sorted.push_back(id);
    for (unsigned next : groups[id].after)
      if (--missing[next] == 0)
        ready.emplace(numberOf(groups[next].ops.front()), next);
  }
  return sorted;
}
