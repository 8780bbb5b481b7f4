// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognition and emission of associative combinations.

#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace sinter::cpu {

bool isCumulation(linalg::GenericOp op, unsigned result) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  return !dims.empty() && llvm::all_of(dims, [&](unsigned dim) {
    return map.isFunctionOfDim(dim);
  });
}

static TypedAttr getNeutral(Operation *op, Type type) {
  Builder builder(op->getContext());
  if (auto floatType = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &semantics = floatType.getFloatSemantics();
    if (isa<arith::AddFOp>(op))
      return builder.getFloatAttr(floatType, 0.0);
    if (isa<arith::MulFOp>(op))
      return builder.getFloatAttr(floatType, 1.0);
    if (isa<arith::MaximumFOp, arith::MaxNumFOp>(op))
      return builder.getFloatAttr(floatType, APFloat::getInf(semantics, true));
    if (isa<arith::MinimumFOp, arith::MinNumFOp>(op))
      return builder.getFloatAttr(floatType, APFloat::getInf(semantics, false));
    return {};
  }
  auto integerType = dyn_cast<IntegerType>(type);
  if (!integerType)
    return {};
  unsigned width = integerType.getWidth();
  auto make = [&](APInt value) {
    return cast<TypedAttr>(builder.getIntegerAttr(integerType, value));
  };
  if (isa<arith::AddIOp, arith::OrIOp, arith::XOrIOp, arith::MaxUIOp>(op))
    return make(APInt::getZero(width));
  if (isa<arith::MulIOp>(op))
    return make(APInt(width, 1));
  if (isa<arith::AndIOp, arith::MinUIOp>(op))
    return make(APInt::getAllOnes(width));
  if (isa<arith::MaxSIOp>(op))
    return make(APInt::getSignedMinValue(width));
  if (isa<arith::MinSIOp>(op))
    return make(APInt::getSignedMaxValue(width));
  return {};
}

/// Whether `value` needs an accumulator of the region.
static bool dependsOnAccumulators(linalg::GenericOp generic, Value value) {
  if (llvm::is_contained(generic.getRegionOutputArgs(), value))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != generic.getBlock())
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return dependsOnAccumulators(generic, operand);
  });
}

std::optional<Combiner> Combiner::match(linalg::GenericOp generic,
                                        unsigned result) {
  Value yielded = generic.getBlock()->getTerminator()->getOperand(result);
  Value accumulator = generic.getRegionOutputArgs()[result];
  Operation *op = yielded.getDefiningOp();
  if (!op || op->getBlock() != generic.getBlock() ||
      op->getNumOperands() != 2 || !accumulator.hasOneUse())
    return std::nullopt;
  TypedAttr neutral = getNeutral(op, yielded.getType());
  if (!neutral)
    return std::nullopt;
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  if (lhs != accumulator && rhs != accumulator)
    return std::nullopt;
  Value contribution = lhs == accumulator ? rhs : lhs;
  if (dependsOnAccumulators(generic, contribution))
    return std::nullopt;
  return Combiner{op, contribution, neutral};
}

static bool isConstantOf(Value value, Attribute attribute) {
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return false;
  if (auto elements = dyn_cast<SplatElementsAttr>(constant))
    return elements.getSplatValue<Attribute>() == attribute;
  return constant == attribute;
}

bool Combiner::isNeutral(Value init) const {
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    init = fill.getInputs()[0];
  return isConstantOf(init, neutral);
}

Value Combiner::combine(OpBuilder &builder, Value lhs, Value rhs) const {
  if (isConstantOf(lhs, neutral))
    return rhs;
  OperationState state(op->getLoc(), op->getName().getStringRef(), {lhs, rhs},
                       {lhs.getType()}, op->getAttrs());
  return builder.create(state)->getResult(0);
}

Value Combiner::combineLanes(OpBuilder &builder, Value lanes) const {
  Location loc = op->getLoc();
  for (int64_t size = cast<VectorType>(lanes.getType()).getNumElements() / 2;
       size > 0; size /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < size; ++lane) {
      low.push_back(lane);
      high.push_back(lane + size);
    }
    Value lhs = builder.create<vector::ShuffleOp>(loc, lanes, lanes, low);
    Value rhs = builder.create<vector::ShuffleOp>(loc, lanes, lanes, high);
    lanes = combine(builder, lhs, rhs);
  }
  return builder.create<vector::ExtractOp>(loc, lanes, int64_t(0));
}

} // namespace sinter::cpu
