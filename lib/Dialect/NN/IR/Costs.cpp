// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ops cost: the answers of CostOpInterface.

#include "mlir/IR/Matchers.h"
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

/// The elements of a value that may be other than zero or false, at most.
static int64_t nonzerosOf(Value value) {
  auto producer = value.getDefiningOp<CostOpInterface>();
  return producer ? producer.getNonzeroElements() : elementsOf(value);
}

int64_t sinter::nn::defaultFlops(Operation *op) {
  if (auto product = dyn_cast<ContractionOpInterface>(op))
    return 2 * product.getDepth() * elementsOf(op->getResult(0));
  if (op->hasTrait<ElementwiseTrait>()) {
    auto cost = dyn_cast<CostOpInterface>(op);
    return cost ? cost.getNonzeroElements() : elementsOf(op->getResult(0));
  }
  return op->hasTrait<ReducesElementsTrait>() ? nonzerosOf(op->getOperand(0))
                                              : 0;
}

int64_t sinter::nn::defaultNonzeroElements(Operation *op) {
  return elementsOf(op->getResult(0));
}

/// The extent of the dimension whose coordinates `positions` are, if `other` is
/// the same along it: one of so many is equal. Otherwise 1.
static int64_t choicesOf(Value positions, Value other) {
  auto iota = positions.getDefiningOp<IotaOp>();
  if (!iota)
    return 1;
  int64_t fromEnd = iota.getType().getRank() - iota.getDim();
  auto type = cast<RankedTensorType>(other.getType());
  bool isSame = type.getRank() < fromEnd ||
                type.getDimSize(type.getRank() - fromEnd) == 1;
  return isSame ? std::max<int64_t>(iota.getType().getDimSize(iota.getDim()), 1)
                : 1;
}

int64_t CompareOp::getNonzeroElements() {
  int64_t elements = elementsOf(getResult());
  if (getPredicate() != ComparePredicate::eq)
    return elements;
  return elements /
         std::max(choicesOf(getLhs(), getRhs()), choicesOf(getRhs(), getLhs()));
}

int64_t SelectOp::getNonzeroElements() {
  int64_t elements = elementsOf(getResult()),
          conditions = elementsOf(getCondition());
  bool isZeroElse = matchPattern(getOnFalse(), m_AnyZeroFloat()) ||
                    matchPattern(getOnFalse(), m_Zero());
  if (!isZeroElse || conditions == 0)
    return elements;
  return elements / conditions * nonzerosOf(getCondition());
}

int64_t CastOp::getNonzeroElements() { return nonzerosOf(getInput()); }

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

/// The longest loop along rows whose taps are chosen before it begins: longer
/// ones are summed in blocks.
static constexpr int64_t maxChosenTaps = 512;
/// The longest one that has code for each tap.
static constexpr int64_t maxTapsOfColumns = 64;
/// So many parts of a product need no cuts of its rows.
static constexpr int64_t minPartsOfRows = 16;

/// Whether a convolution leaves out the products with zeros that surround its
/// input: it knows them where there are columns, and neither rows nor columns
/// that are windows are cut. Rows whose windows are longer than their number
/// have most taps in common, as those of the gradient of the first layer's
/// weights: choosing gains nothing.
static bool leavesOutZeros(CorrelateOp op) {
  ContractionLoops loops = op.getContractionLoops();
  SmallVector<int64_t> result = op.getResultExtents(),
                       weight = op.getWeightExtents();
  ArrayRef<int64_t> taps = ArrayRef(weight).drop_front(3),
                    places = ArrayRef(result).drop_front(3);
  if (llvm::any_of(ArrayRef(weight).drop_front(2),
                   [](int64_t extent) { return extent > maxChosenTaps; }))
    return false;
  bool areRowsWindows =
      !isa<AffineDimExpr>(loops.lhs.getResults().back()) &&
      ShapedType::getNumElements(taps) > ShapedType::getNumElements(places);
  if (op.hasColumnsOfWeight() && (areRowsWindows || result[2] == 1))
    return false;
  // Columns that are windows have code of their own for each tap at a border.
  if (!op.hasColumnsOfWeight() && taps.back() > maxTapsOfColumns)
    return false;
  return places.size() > 1 || result[0] * result[1] >= minPartsOfRows;
}

/// Zeros around the input of convolutions.
bool PadOp::isComputedWhereRead() {
  auto isInterior = [](int64_t n) { return n != 0; };
  return getValue().isPosZero() && llvm::none_of(getInterior(), isInterior) &&
         !getResult().use_empty() &&
         llvm::all_of(getResult().getUses(), [](OpOperand &use) {
           auto correlate = dyn_cast<CorrelateOp>(use.getOwner());
           return correlate && use.getOperandNumber() == 0 &&
                  leavesOutZeros(correlate);
         });
}

/// The mask of an activation's gradient.
bool CompareOp::isComputedWhereRead() {
  return isSplat(getRhs().getDefiningOp()) &&
         getLhs().getType() != getRhs().getType();
}
