// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ops cost: the answers of CostOpInterface.

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/Views.h"
#include "llvm/Support/MathExtras.h"

#include "sinter/Dialect/NN/IR/Costs.cpp.inc"

using namespace mlir;
using namespace sinter::nn;

/// What a transcendental function costs, in simple operations, and how many
/// multiply-adds of a product cost as much as one, since those work on
/// registers.
static constexpr int64_t transcendentalWork = 16, productsPerWork = 16;

static int64_t elementsOf(Value value) {
  return cast<ShapedType>(value.getType()).getNumElements();
}

int64_t sinter::nn::defaultFlops(Operation *op) {
  if (auto product = dyn_cast<ContractionOpInterface>(op))
    return 2 * product.getDepth() * elementsOf(op->getResult(0));
  if (op->hasTrait<ElementwiseTrait>())
    return elementsOf(op->getResult(0));
  return op->hasTrait<ReducesElementsTrait>() ? elementsOf(op->getOperand(0))
                                              : 0;
}

int64_t sinter::nn::defaultWorkPerElement(Operation *op) {
  if (auto product = dyn_cast<ContractionOpInterface>(op))
    return llvm::divideCeil(product.getDepth(), productsPerWork);
  return op->hasTrait<TranscendentalTrait>() ? transcendentalWork : 1;
}

bool sinter::nn::isRepeatableByDefault(Operation *op) {
  if (op->hasTrait<MovesElementsTrait>() || op->hasTrait<DrawnAgainTrait>())
    return true;
  return op->hasTrait<ElementwiseTrait>() && !op->hasTrait<DivisionTrait>() &&
         !op->hasTrait<TranscendentalTrait>();
}

int64_t CumulateOp::getWorkPerElement() {
  return getKind() == Cumulation::log_sum_exp ? transcendentalWork : 1;
}

bool CastOp::isComputedWhereRead() { return true; }
bool BroadcastOp::isComputedWhereRead() { return true; }
bool IotaOp::isComputedWhereRead() { return true; }
bool UnpackPanelsOp::isComputedWhereRead() { return true; }
bool WindowsOp::isComputedWhereRead() { return true; }
bool ReshapeOp::isComputedWhereRead() { return isUnitReshape(*this); }

/// The mask of an activation's gradient.
bool CompareOp::isComputedWhereRead() {
  return isSplat(getRhs().getDefiningOp()) &&
         getLhs().getType() != getRhs().getType();
}
