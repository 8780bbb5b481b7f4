// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The body of a loop that becomes an nn.scan: slices at a step, operands.
#include "Loop.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "sinter/Dialect/NN/IR/OperandsFirst.h"

using namespace mlir;

namespace sinter::capturing {

Tensor LoopBody::timeOf(Graph &graph, LoopTime time) {
  Tensor step = scan.time();
  Type i64 = elementOf(step);
  if (time.scale != 1)
    step = graph.mul(step, graph.integer(time.scale, i64));
  return time.offset ? graph.add(step, graph.integer(time.offset, i64)) : step;
}

/// Whether an op, which may be null, computes the same before the loop.
static bool isMovable(Operation *op) {
  return op && isPure(op) && op->getNumRegions() == 0;
}

Tensor LoopBody::hoist(Tensor x) {
  nn::visitOperandsFirst(
      x, [&](Tensor value) { return !isInside(value) || hoisted.count(value); },
      [&](Tensor value) {
        Operation *op = value.getDefiningOp();
        return isMovable(op) ? ValueRange(op->getOperands()) : ValueRange();
      },
      [&](Tensor value) { hoistOp(value, value.getDefiningOp()); });
  return outsideOf(x);
}

/// Copies the op of a value, whose operands are known outside; notes that the
/// value stays inside if that cannot be.
void LoopBody::hoistOp(Tensor value, Operation *op) {
  SmallVector<Tensor> operands;
  if (isMovable(op))
    for (Tensor operand : op->getOperands())
      operands.push_back(outsideOf(operand));
  if (!isMovable(op) || llvm::is_contained(operands, Tensor())) {
    hoisted[value] = {};
    return;
  }
  Operation *copy = outside.builder.clone(*op);
  copy->setOperands(operands);
  for (auto [inner, outer] : llvm::zip(op->getResults(), copy->getResults()))
    hoisted[inner] = outer;
}

Tensor LoopBody::sliceAt(Tensor x, int64_t dim, LoopTime time) {
  for (const Slice &known : slices)
    if (known.x == x && known.dim == dim && known.time == time)
      return known.slice;
  int64_t extent = shapeOf(x)[dim];
  if (time.scale > extent || time.scale < -extent || (steps - 1) / extent > 0 ||
      (steps - 1) * std::abs(time.scale) >= extent)
    return {};
  int64_t first = time.at(0), last = time.at(steps - 1);
  if (first < 0 && last < 0) {
    first += extent;
    last += extent;
  }
  if (std::min(first, last) < 0 || std::max(first, last) >= extent)
    return {};
  Tensor all = hoist(x);
  if (!all)
    return {};
  Shape order{dim};
  for (int64_t other : allDims(rankOf(x)))
    if (other != dim)
      order.push_back(other);
  all = outside.slice(outside.transpose(all, order), 0, std::min(first, last),
                      std::max(first, last) + 1, std::abs(time.scale));
  if (time.scale < 0)
    all = outside.reverse(all, {0});
  slices.push_back({x, dim, time, scan.addX(all)});
  return slices.back().slice;
}

/// The value in the body: constants are copied, others become invariants.
Tensor LoopBody::inside(Tensor value) {
  if (!value || isInside(value))
    return value;
  auto constant = value.getDefiningOp<nn::ConstantOp>();
  if (!constant || !constant.getValue().isSplat())
    return scan.addInvariant(value);
  Tensor &copy = constants[value];
  if (!copy)
    copy = scan.atStart().clone(*constant)->getResult(0);
  return copy;
}

/// Checks of indices leave the body, with the number of the y that collects
/// what they check: a status is for a whole call.
std::vector<std::pair<unsigned, nn::CheckIndexOp>> LoopBody::takeChecks() {
  std::vector<std::pair<unsigned, nn::CheckIndexOp>> checks;
  for (Operation &op : llvm::make_early_inc_range(scan.body()))
    if (auto check = dyn_cast<nn::CheckIndexOp>(op)) {
      checks.emplace_back(scan.addY(check.getIndices()), check);
      check->remove();
    }
  return checks;
}

nn::ScanOp LoopBody::create() {
  auto checks = takeChecks();
  for (Operation &op : scan.body())
    for (OpOperand &operand : op.getOpOperands())
      operand.set(inside(operand.get()));
  for (auto *given : {&scan.nextCarries, &scan.ys})
    for (Tensor &value : *given)
      value = inside(value);
  nn::ScanOp op = scan.create(outside.builder);
  for (auto [y, check] : checks) {
    // Rows first: the status names the row.
    Tensor all = op.getYs()[y];
    all = rankOf(all) > 1 ? outside.swap(all, 0, 1) : all;
    check->setOperands(all);
    outside.builder.insert(check);
  }
  return op;
}

} // namespace sinter::capturing
