// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds that keep dumps readable and change no number.

#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// Whether `attribute` is a splat of this very number (the sign of 0 counts).
static bool isSplatOf(Attribute attribute, double number) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(attribute);
  if (!splat)
    return false;
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().bitwiseIsEqual([&] {
      APFloat wanted(number);
      bool loses;
      wanted.convert(splat.getSplatValue<APFloat>().getSemantics(),
                     APFloat::rmNearestTiesToEven, &loses);
      return wanted;
    }());
  return !splat.getElementType().isInteger(1) &&
         splat.getSplatValue<APInt>().getSExtValue() == int64_t(number);
}

/// `value` if the op's result has its type (no broadcast).
template <typename Op> static OpFoldResult keep(Op op, Value value) {
  return value.getType() == op.getType() ? OpFoldResult(value) : nullptr;
}

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value));
}

/// The splat that a rule of two numbers makes of two splats, or null. Numbers
/// are rounded as at run time.
template <typename FloatRule, typename IntegerRule>
static Attribute foldSplats(Attribute lhs, Attribute rhs, RankedTensorType type,
                            FloatRule floatRule, IntegerRule integerRule) {
  auto left = dyn_cast_or_null<SplatElementsAttr>(lhs),
       right = dyn_cast_or_null<SplatElementsAttr>(rhs);
  if (!left || !right)
    return nullptr;
  if (isa<FloatType>(type.getElementType()))
    return SplatElementsAttr::get(
        type, floatRule(left.template getSplatValue<APFloat>(),
                        right.template getSplatValue<APFloat>()));
  if (type.getElementType().isInteger(
          1)) // arithmetic of booleans belongs to logical ops
    return nullptr;
  return SplatElementsAttr::get(
      type, integerRule(left.template getSplatValue<APInt>(),
                        right.template getSplatValue<APInt>()));
}

/// `foldSplats` of a binary op with one rule for all numbers.
template <typename Op, typename Rule>
static Attribute foldConstants(Op op, typename Op::FoldAdaptor adaptor,
                               Rule rule) {
  return foldSplats(adaptor.getLhs(), adaptor.getRhs(), op.getType(), rule,
                    rule);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (Attribute folded =
          foldConstants(*this, adaptor, [](auto a, auto b) { return a + b; }))
    return folded;
  double zero = isFloat(getLhs()) ? -0.0 : 0.0; // -0 + 0 is 0, not -0
  if (isSplatOf(adaptor.getRhs(), zero))
    return keep(*this, getLhs());
  return isSplatOf(adaptor.getLhs(), zero) ? keep(*this, getRhs()) : nullptr;
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (Attribute folded =
          foldConstants(*this, adaptor, [](auto a, auto b) { return a - b; }))
    return folded;
  return isSplatOf(adaptor.getRhs(), 0.0) ? keep(*this, getLhs()) : nullptr;
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (Attribute folded =
          foldConstants(*this, adaptor, [](auto a, auto b) { return a * b; }))
    return folded;
  if (isSplatOf(adaptor.getRhs(), 1.0))
    return keep(*this, getLhs());
  return isSplatOf(adaptor.getLhs(), 1.0) ? keep(*this, getRhs()) : nullptr;
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  auto divide = [](APFloat a, APFloat b) { return a / b; };
  auto never = [](APInt a, APInt) { return a; }; // operands are floats
  if (Attribute folded = foldSplats(adaptor.getLhs(), adaptor.getRhs(),
                                    getType(), divide, never))
    return folded;
  return isSplatOf(adaptor.getRhs(), 1.0) ? keep(*this, getLhs()) : nullptr;
}

OpFoldResult ReluOp::fold(FoldAdaptor) {
  return getInput().getDefiningOp<ReluOp>() ? OpFoldResult(getInput())
                                            : nullptr;
}

OpFoldResult CastOp::fold(FoldAdaptor) { return keep(*this, getInput()); }

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getOnTrue() == getOnFalse())
    return keep(*this, getOnTrue());
  auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getCondition());
  if (!splat)
    return nullptr;
  return keep(*this, splat.getSplatValue<bool>() ? getOnTrue() : getOnFalse());
}

OpFoldResult SumOp::fold(FoldAdaptor) {
  return getDims().empty() ? keep(*this, getInput()) : nullptr;
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput()))
    return dense.reshape(getType());
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    setOperand(inner.getInput());
    return getResult();
  }
  return keep(*this, getInput());
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  if (auto inner = getInput().getDefiningOp<TransposeOp>()) {
    Shape composed;
    for (int64_t dim : getPermutation())
      composed.push_back(inner.getPermutation()[dim]);
    setPermutation(composed);
    setOperand(inner.getInput());
    return getResult();
  }
  for (auto [position, dim] : llvm::enumerate(getPermutation()))
    if (dim != int64_t(position))
      return nullptr;
  return keep(*this, getInput());
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  if (auto inner = getInput().getDefiningOp<BroadcastOp>()) {
    setOperand(inner.getInput());
    return getResult();
  }
  return keep(*this, getInput());
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  if (auto inner = getInput().getDefiningOp<SliceOp>()) {
    Shape starts(inner.getStarts()), limits, strides(inner.getStrides());
    for (auto [dim, extent] : llvm::enumerate(getType().getShape())) {
      // Of no elements there is no first one, of one no next one.
      starts[dim] = extent ? starts[dim] + getStarts()[dim] * strides[dim] : 0;
      strides[dim] = extent > 1 ? strides[dim] * getStrides()[dim] : 1;
      limits.push_back(extent ? starts[dim] + (extent - 1) * strides[dim] + 1
                              : 0);
    }
    setStarts(starts);
    setLimits(limits);
    setStrides(strides);
    setOperand(inner.getInput());
    return getResult();
  }
  return keep(*this, getInput());
}
