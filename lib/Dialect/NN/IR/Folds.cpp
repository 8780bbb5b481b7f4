// Part of the Sinter project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds that keep dumps readable and change no number.

#include "mlir/Dialect/CommonFolders.h"
#include "mlir/IR/Matchers.h"
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

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  double zero = isFloat(getLhs()) ? -0.0 : 0.0; // -0 + 0 is 0, not -0
  if (isSplatOf(adaptor.getRhs(), zero))
    return keep(*this, getLhs());
  return isSplatOf(adaptor.getLhs(), zero) ? keep(*this, getRhs()) : nullptr;
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  return isSplatOf(adaptor.getRhs(), 0.0) ? keep(*this, getLhs()) : nullptr;
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getRhs(), 1.0))
    return keep(*this, getLhs());
  return isSplatOf(adaptor.getLhs(), 1.0) ? keep(*this, getRhs()) : nullptr;
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  return isSplatOf(adaptor.getRhs(), 1.0) ? keep(*this, getLhs()) : nullptr;
}

OpFoldResult ReluOp::fold(FoldAdaptor) {
  return getInput().getDefiningOp<ReluOp>() ? OpFoldResult(getInput()) : nullptr;
}

OpFoldResult CastOp::fold(FoldAdaptor) { return keep(*this, getInput()); }

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getOnTrue() == getOnFalse())
    return keep(*this, getOnTrue());
  auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getCondition());
  if (!splat)
    return nullptr;
  return keep(*this,
              splat.getSplatValue<bool>() ? getOnTrue() : getOnFalse());
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
  return keep(*this, getInput());
}
