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

void FusionGraph::assignRoles(Block &block) {
  for (Operation &op : llvm::reverse(block)) {
    bool isReadOutside = llvm::any_of(op.getUsers(), [&](Operation *user) {
      return roleOf(user) == FusionRole::Outside;
    });
    // Where ops stay alone, constants and views are cloned all the same.
    auto cost = dyn_cast<CostOpInterface>(op);
    bool isCheapHere = isSplat(&op) || (cost && cost.isComputedWhereRead() &&
                                        (mergesOps || isa<ReshapeOp>(op)));
    if (isCheapHere && !isReadOutside)
      roles[&op] = FusionRole::Cloned;
    else if (isOutsideOp(&op, mergesOps) && !isSplat(&op))
      roles[&op] = FusionRole::Outside;
    else
      roles[&op] = FusionRole::Compute;
  }
}

void FusionGraph::chooseOwnDomain(FusionGroup &group, Operation *op) const {
  group.contraction = dyn_cast<MatmulOp>(op);
  group.domain = llvm::to_vector(shapeOf(op->getResult(0)));
  if (std::optional<SmallVector<int64_t>> dims = reducedDims(op)) {
    group.domain = llvm::to_vector(shapeOf(op->getOperand(0)));
    group.reduced = *dims;
  }
  if (auto pack = dyn_cast<PackPanelsOp>(op))
    group.domain = pack.getDomain();
  if (!mergesOps)
    return;
  if (group.contraction)
    if (std::optional<GateColumns> gates = getGateColumns(group.contraction))
      group.domain.back() = gates->width;
  if (auto concat = dyn_cast<ConcatOp>(op); concat && isOfEqualParts(concat))
    group.domain = llvm::to_vector(shapeOf(op->getOperand(0)));
}

void FusionGraph::addGroup(Operation *op) {
  program.push_back(op);
  if (auto slice = dyn_cast<SliceOp>(op);
      slice && mergesOps && getGateColumns(slice)) {
    unsigned id = groupOf(slice.getInput().getDefiningOp());
    groupIds[op] = id;
    groups[id].ops.push_back(op);
    return;
  }
  groupIds[op] = groups.size();
  FusionGroup &group = groups.emplace_back();
  group.ops.push_back(op);
  group.isOutside = roleOf(op) == FusionRole::Outside;
  if (!group.isOutside)
    chooseOwnDomain(group, op);
}

FusionGraph::FusionGraph(Block &block, bool mergesOps) : mergesOps(mergesOps) {
  assignRoles(block);
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

bool FusionGraph::hasPathAround(unsigned from, unsigned to) const {
  SmallVector<unsigned> pending;
  DenseSet<unsigned> seen = {to};
  for (unsigned next : groups[from].after)
    if (next != to && seen.insert(next).second)
      pending.push_back(next);
  while (!pending.empty()) {
    unsigned id = pending.pop_back_val();
    for (unsigned next : groups[id].after) {
      if (next == to)
        return true;
      if (seen.insert(next).second)
        pending.push_back(next);
    }
  }
  return false;
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
  if (!readsInPlaceOnly(a, from, reason) ||
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
  if (hasPathAround(into, from) || hasPathAround(from, into)) {
    reason =
        "another kernel lies between " + describe(a) + " and " + describe(b);
    return false;
  }
  merged.ops.resize(a.ops.size() + b.ops.size());
  std::merge(a.ops.begin(), a.ops.end(), b.ops.begin(), b.ops.end(),
             merged.ops.begin(), [](Operation *left, Operation *right) {
               return left->isBeforeInBlock(right);
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
  groups[from] = FusionGroup();
  groups[into] = std::move(merged);
  return true;
}

SmallVector<unsigned> FusionGraph::inOrder() const {
  // The ready group whose first op comes first in the program goes first.
  DenseMap<Operation *, unsigned> position;
  for (auto [index, op] : llvm::enumerate(program))
    position[op] = index;
  using Entry = std::pair<unsigned, unsigned>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> ready;
  SmallVector<unsigned> missing(groups.size()), order;
  for (auto [id, group] : llvm::enumerate(groups)) {
    missing[id] = group.before.size();
    if (!group.ops.empty() && missing[id] == 0)
      ready.emplace(position[group.ops.front()], id);
  }
  while (!ready.empty()) {
    unsigned id = ready.top().second;
    ready.pop();
    order.push_back(id);
    for (unsigned next : groups[id].after)
      if (--missing[next] == 0)
        ready.emplace(position[groups[next].ops.front()], next);
  }
  return order;
}
