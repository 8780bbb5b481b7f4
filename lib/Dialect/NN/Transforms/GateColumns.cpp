// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognises gates among the columns of a product.

#include "GateColumns.h"
#include "FusionGraph.h"

using namespace mlir;
using namespace sinter::nn;

/// More gates than this leave too few rows for a register tile.
static constexpr int64_t maxGates = 6;
/// And a product of more readers than this is no product of gates.
static constexpr size_t maxReaders = 32;

bool sinter::nn::isGate(SliceOp slice) {
  ArrayRef<int64_t> whole = slice.getInput().getType().getShape(),
                    part = slice.getType().getShape();
  if (whole.empty() || part.back() == 0 ||
      whole.drop_back() != part.drop_back() ||
      llvm::any_of(slice.getStrides(), [](int64_t s) { return s != 1; }))
    return false;
  return whole.back() % part.back() == 0 &&
         slice.getStarts().back() % part.back() == 0;
}

/// Adds the elementwise ops of `slice`'s shape that it flows into.
static void addReaders(SliceOp slice, DenseSet<Operation *> &readers) {
  SmallVector<Operation *> worklist(slice->getUsers());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (op->getBlock() != slice->getBlock() ||
        !op->hasTrait<ElementwiseTrait>() ||
        cast<RankedTensorType>(op->getResult(0).getType()).getShape() !=
            slice.getType().getShape() ||
        !readers.insert(op).second)
      continue;
    llvm::append_range(worklist, op->getUsers());
  }
}

std::optional<GateColumns> sinter::nn::getGateColumns(MatmulOp product) {
  SmallVector<SliceOp> slices;
  for (Operation *user : product->getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    if (!slice || slice->getBlock() != product->getBlock() || !isGate(slice))
      return std::nullopt;
    slices.push_back(slice);
    if (slices.size() > maxReaders)
      return std::nullopt;
  }
  if (slices.size() < 2)
    return std::nullopt;
  int64_t width = slices.front().getType().getShape().back(),
          gates = product.getType().getShape().back() / width;
  if (gates > maxGates || llvm::any_of(slices, [&](SliceOp slice) {
        return slice.getType() != slices.front().getType();
      }))
    return std::nullopt;
  // Gates that never meet are products of their own.
  DenseSet<Operation *> first;
  addReaders(slices.front(), first);
  for (SliceOp slice : ArrayRef(slices).drop_front()) {
    DenseSet<Operation *> readers;
    addReaders(slice, readers);
    if (llvm::none_of(readers,
                      [&](Operation *op) { return first.contains(op); }))
      return std::nullopt;
  }
  return GateColumns{gates, width};
}

std::optional<GateColumns> sinter::nn::getGateColumns(SliceOp slice) {
  auto product = slice.getInput().getDefiningOp<MatmulOp>();
  return product ? getGateColumns(product) : std::nullopt;
}

bool sinter::nn::isOfEqualParts(ConcatOp concat) {
  Type part = concat.getInputs().front().getType();
  auto readsElsewhere = [](Operation *user) {
    auto reshape = dyn_cast<ReshapeOp>(user);
    return !user->hasTrait<ElementwiseTrait>() && !reducedDims(user) &&
           !isa<BroadcastOp>(user) && !(reshape && isUnitReshape(reshape));
  };
  return concat.getInputs().size() > 1 &&
         llvm::all_of(concat.getInputs().getTypes(),
                      [&](Type type) { return type == part; }) &&
         cast<RankedTensorType>(part).getNumElements() > 0 &&
         llvm::all_of(concat->getUsers(), readsElsewhere);
}
