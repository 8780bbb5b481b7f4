// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that a kernel would store for others, though few ops make them of what
// is stored anyway: the normalized input of a batch norm, which its gradient
// needs. Whoever reads them computes them again.

#include "FusionGraph.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace sinter::nn;

/// Ops that make one value, at most; and how many times fewer elements a tensor
/// has that counts as nothing to load.
static constexpr size_t maxRepeatedOps = 4;
static constexpr int64_t rowFraction = 16;

static int64_t elementsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// The bytes that a tensor takes in memory; a bool is one.
static int64_t bytesOf(Value value) {
  return elementsOf(value) *
         llvm::divideCeil(getElementTypeOrSelf(value).getIntOrFloatBitWidth(),
                          8);
}

/// Whether a tensor is a part of the state, which an update may overwrite.
static bool isOfState(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isView(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<GetSegmentOp, GetRunOp>(op);
}

/// The ops of its group that make `value` of rows and of one other tensor that
/// exists outside of the group and is no larger, in program order. Empty if
/// there are too many, or one costs more than a load.
SmallVector<Operation *> FusionGraph::repeatableOps(Value value) const {
  unsigned id = groupOf(value.getDefiningOp());
  llvm::SmallSetVector<Operation *, maxRepeatedOps> ops;
  ops.insert(value.getDefiningOp());
  Value whole;
  for (size_t next = 0; next < ops.size(); ++next) {
    auto cost = dyn_cast<CostOpInterface>(ops[next]);
    if (ops.size() > maxRepeatedOps || !cost || !cost.isRepeatable() ||
        !ops[next]->hasTrait<ElementwiseTrait>())
      return {};
    for (Value operand : ops[next]->getOperands()) {
      Operation *source = operand.getDefiningOp();
      if (elementsOf(operand) * rowFraction <= elementsOf(value) ||
          isSplat(source))
        continue;
      if (source && roleOf(source) == FusionRole::Compute &&
          groupOf(source) == id) {
        ops.insert(source);
        continue;
      }
      if (producerOf(operand) == id || isOfState(operand) ||
          (whole && whole != operand) || bytesOf(operand) > bytesOf(value))
        return {};
      whole = operand;
    }
  }
  // Copies that were made for the group have one number.
  SmallVector<Operation *> sorted = llvm::to_vector(llvm::make_filter_range(
      groups[id].ops, [&](Operation *op) { return ops.contains(op); }));
  return sorted;
}

/// Collects the ops outside of the group `id` that read `value`, directly or
/// through cloned ops. False if one of them is no kernel's, or reads it
/// elsewhere than at its own index: then it has to be stored.
bool FusionGraph::collectReaders(Value value, unsigned id,
                                 SmallVectorImpl<Operation *> &readers) const {
  for (Operation *user : value.getUsers()) {
    if (roleOf(user) == FusionRole::Cloned) {
      if (isDisplaced(user->getResult(0)) ||
          !collectReaders(user->getResult(0), id, readers))
        return false;
      continue;
    }
    if (groupOf(user) == id)
      continue;
    if (roleOf(user) == FusionRole::Outside || !readsInPlace(user))
      return false;
    readers.push_back(user);
  }
  return true;
}

/// Lets the ops of the group `id` read `copy` instead of `value`.
void FusionGraph::replaceInGroup(Value value, Value copy, unsigned id) {
  for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
    Operation *user = use.getOwner();
    if (roleOf(user) == FusionRole::Compute && groupOf(user) == id)
      use.set(copy);
    if (roleOf(user) != FusionRole::Cloned)
      continue;
    IRMapping mapping;
    mapping.map(value, copy);
    Operation *clone = OpBuilder(user).clone(*user, mapping);
    roles[clone] = FusionRole::Cloned;
    replaceInGroup(user->getResult(0), clone->getResult(0), id);
    for (Operation *op : {clone, user})
      if (op->use_empty())
        op->erase();
  }
}

/// Computes `value` in the group `id`, before the first op that reads it.
void FusionGraph::repeatIn(unsigned id, Value value,
                           ArrayRef<Operation *> ops) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfter(value.getDefiningOp());
  IRMapping mapping;
  SmallVector<Operation *> copies;
  for (Operation *op : ops) {
    copies.push_back(builder.clone(*op, mapping));
    roles[copies.back()] = FusionRole::Compute;
    groupIds[copies.back()] = id;
  }
  replaceInGroup(value, mapping.lookup(value), id);
  SmallVector<Operation *> &members = groups[id].ops;
  auto *first = llvm::find_if(members, [&](Operation *member) {
    return llvm::any_of(member->getOperands(), [&](Value operand) {
      Operation *source = operand.getDefiningOp();
      while (source && roleOf(source) == FusionRole::Cloned &&
             source->getNumOperands() > 0)
        source = source->getOperand(0).getDefiningOp();
      return source == copies.back();
    });
  });
  for (Operation *copy : copies)
    numbers[copy] = numberOf(*first);
  members.insert(first, copies.begin(), copies.end());
  llvm::append_range(program, copies);
}

void FusionGraph::repeatCheapOps() {
  SmallVector<Operation *> candidates(program);
  DenseSet<Operation *> unread;
  for (Operation *op : candidates) {
    if (roleOf(op) != FusionRole::Compute || op->getNumResults() != 1 ||
        elementsOf(op->getResult(0)) == 0)
      continue;
    unsigned id = groupOf(op);
    Value value = op->getResult(0);
    SmallVector<Operation *> readers, ops;
    if (!collectReaders(value, id, readers) || readers.empty() ||
        (ops = repeatableOps(value)).empty())
      continue;
    llvm::SmallSetVector<unsigned, 4> ids;
    for (Operation *reader : readers)
      ids.insert(groupOf(reader));
    // Values that are smaller there were read as whole tensors.
    if (llvm::any_of(ids, [&](unsigned reader) {
          return ShapedType::getNumElements(groups[reader].domain) !=
                     elementsOf(value) ||
                 groups[reader].ops.size() + ops.size() > maxKernelOps;
        }))
      continue;
    for (unsigned reader : ids)
      repeatIn(reader, value, ops);
    for (Operation *member : llvm::reverse(ops))
      if (llvm::all_of(member->getUsers(),
                       [&](Operation *user) { return unread.contains(user); }))
        unread.insert(member);
  }
  removeOps(unread);
  for (FusionGroup &group : groups) {
    group.before.clear();
    group.after.clear();
  }
  for (Operation *op : program)
    connect(op);
}

/// Removes ops that nothing reads but each other.
void FusionGraph::removeOps(const DenseSet<Operation *> &unread) {
  auto isUnread = [&](Operation *op) { return unread.contains(op); };
  SmallVector<Operation *> inOrder =
      llvm::to_vector(llvm::make_filter_range(program, isUnread));
  llvm::erase_if(program, isUnread);
  for (Operation *op : inOrder)
    llvm::erase(groups[groupOf(op)].ops, op);
  llvm::sort(inOrder, [](Operation *left, Operation *right) {
    return right->isBeforeInBlock(left);
  });
  for (Operation *op : inOrder)
    op->erase();
}
