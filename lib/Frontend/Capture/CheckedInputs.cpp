// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which inputs of an entry its checked indices come from: messages name them.
#include "Interpreter.h"

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

namespace {
/// An input whose elements are those of a value, or some of them.
struct InputElements {
  BlockArgument argument; ///< of the entry; may be null
  bool isPart = false;
};
} // namespace

/// What the result of an op that moves elements is made of; null for others.
static Tensor movedOperand(Operation *op, bool &isPart) {
  isPart |= llvm::isa<nn::SliceOp>(op);
  bool moves = llvm::isa<nn::ReshapeOp, nn::TransposeOp, nn::ReverseOp,
                         nn::SliceOp, nn::BroadcastOp>(op);
  auto cast = dyn_cast<nn::CastOp>(op);
  moves |= cast && isIndex(cast->getOperand(0)) && isIndex(cast->getResult(0));
  return moves ? op->getOperand(0) : Tensor();
}

/// What a value of a scan, or of its body, is outside of it or inside; null if
/// it is computed.
static Tensor acrossScan(Tensor value) {
  if (auto scan = value.getDefiningOp<nn::ScanOp>()) {
    for (auto [y, inside] : llvm::zip(scan.getYs(), scan.getYield().getYs()))
      if (y == value)
        return inside;
    return {};
  }
  auto scan = dyn_cast<nn::ScanOp>(value.getParentBlock()->getParentOp());
  if (!scan)
    return {};
  for (auto [slice, x] : llvm::zip(scan.getSlices(), scan.getXs()))
    if (slice == value)
      return x;
  for (auto [argument, invariant] :
       llvm::zip(scan.getInvariantArguments(), scan.getInvariants()))
    if (argument == value)
      return invariant;
  return {};
}

static InputElements inputBehind(Tensor value) {
  InputElements input;
  while (value) {
    Operation *op = value.getDefiningOp();
    input.argument = dyn_cast<BlockArgument>(value);
    bool ofEntry =
        input.argument &&
        llvm::isa<func::FuncOp>(input.argument.getOwner()->getParentOp());
    if (ofEntry)
      return input;
    value = op && !llvm::isa<nn::ScanOp>(op) ? movedOperand(op, input.isPart)
                                             : acrossScan(value);
  }
  return {};
}

void Interpreter::nameCheckedInputs() {
  Builder &builder = graph.builder;
  for (auto check : function.getOps<nn::CheckIndexOp>()) {
    InputElements input = inputBehind(check.getIndices());
    if (!input.argument)
      continue;
    check.setInputAttr(function.getArgAttrOfType<StringAttr>(
        input.argument.getArgNumber(), "nn.name"));
    if (input.isPart)
      check.setPartAttr(builder.getUnitAttr());
  }
}

} // namespace sinter::capturing
