// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk that finds values of a point that several stages of a row need and
// that are dear to compute.

#include "AccessAnalysis.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace sinter::cpu {

/// Whether computing a region again costs more than reading its value back.
static bool isExpensive(linalg::GenericOp op) {
  int64_t count = 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    ++count;
    bool isCheapMath =
        isa<math::AbsFOp, math::FloorOp, math::CeilOp, math::CopySignOp>(inner);
    if (isa<arith::DivFOp, arith::RemFOp>(inner) ||
        (isa<math::MathDialect>(inner.getDialect()) && !isCheapMath))
      return true;
  }
  return count >= 24;
}

void AccessAnalysis::findRepeated(Value tensor, ArrayRef<AffineExpr> index,
                                  int64_t stage,
                                  SmallVectorImpl<RepeatedValue> &found) {
  // Once a stage is enough, and ways to a value double with every shared one.
  auto key = std::make_pair(
      tensor, AffineMap::get(1u << 24, 1u << 24, index, builder.getContext()));
  auto [seen, isNew] = seenIn.try_emplace(key, stage);
  if (!isNew && seen->second == stage)
    return;
  seen->second = stage;
  Operation *op = tensor.getDefiningOp();
  if (isView(op)) {
    FailureOr<ViewSource> source = getViewSource(op, index, space);
    if (succeeded(source))
      findRepeated(source->tensor, source->index, stage, found);
    return;
  }
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops() > 0 || isRowIndex(index))
    return;
  if (isExpensive(generic)) {
    auto known = llvm::find_if(found, [&](const RepeatedValue &value) {
      return value.tensor == tensor && value.index == Index(index);
    });
    if (known != found.end()) {
      known->lastStage = stage;
      if (known->firstStage != stage)
        return; // It is read back: what it needs is not needed again.
    } else {
      found.push_back({tensor, Index(index), stage, stage});
    }
  }
  auto result = cast<OpResult>(tensor).getResultNumber();
  AffineMap map =
      generic.getMatchingIndexingMap(generic.getDpsInitOperand(result));
  Index iteration(map.getNumDims(), space.getConstant(0));
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      iteration[dim.getPosition()] = at;
  (void)forEachOperand(generic, iteration,
                       [&](Value operand, ArrayRef<AffineExpr> at) {
                         findRepeated(operand, at, stage, found);
                         return success();
                       });
}

SmallVector<RepeatedValue> AccessAnalysis::findRepeatedValues() {
  SmallVector<RepeatedValue> found;
  for (int64_t stage = 0; stage < getDepth(); ++stage)
    for (const RowReduction &reduction : reductions)
      if (reduction.depth == stage)
        (void)forEachOperand(reduction.op, reduction.iteration,
                             [&](Value operand, ArrayRef<AffineExpr> at) {
                               findRepeated(operand, at, stage, found);
                               return success();
                             });
  for (const KernelOutput &output : kernel.outputs)
    if (!output.isRow)
      findRepeated(output.tensor, getOutputIndex(output), getDepth(), found);
  llvm::erase_if(found, [](const RepeatedValue &value) {
    return value.firstStage == value.lastStage;
  });
  return found;
}

} // namespace sinter::cpu
