// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognition of windows over padded tensors.

#include "PaddedWindows.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sinter::cpu {

/// From the first tap inside of the window at one place to the last one of that
/// at another.
static Range tapsBetween(const PaddedWindow &window, int64_t first,
                         int64_t last) {
  int64_t begin = llvm::divideCeilSigned(
              window.inside.minimum - first * window.stride, window.dilation),
          end = llvm::divideFloorSigned(
              window.inside.maximum - last * window.stride, window.dilation);
  return {std::max<int64_t>(begin, 0), std::min(end, window.taps - 1)};
}

Range PaddedWindow::getCommonTaps(Range places) const {
  return tapsBetween(*this, places.minimum, places.maximum);
}

Range PaddedWindow::getAnyTaps(Range places) const {
  return tapsBetween(*this, places.maximum, places.minimum);
}

Range PaddedWindow::getInnerPlaces() const {
  return {
      llvm::divideCeilSigned(inside.minimum, stride),
      llvm::divideFloorSigned(inside.maximum - (taps - 1) * dilation, stride)};
}

bool PaddedWindow::isInside(int64_t place, int64_t tap) const {
  int64_t at = place * stride + tap * dilation;
  return inside.minimum <= at && at <= inside.maximum;
}

/// Along each dimension of a tensor of elements with zeros around, where the
/// elements are; nothing if it is none. Dimensions without padding have no
/// range.
static SmallVector<std::optional<Range>> matchZerosAround(Value tensor) {
  auto pad = tensor.getDefiningOp<linalg::GenericOp>();
  if (!pad || pad.getNumResults() != 1 || pad.getNumReductionLoops() != 0)
    return {};
  auto choice = pad.getBody()
                    ->getTerminator()
                    ->getOperand(0)
                    .getDefiningOp<arith::SelectOp>();
  if (!choice || !choice.getTrueValue().getDefiningOp<tensor::ExtractOp>() ||
      !matchPattern(choice.getFalseValue(), m_AnyZeroFloat()))
    return {};
  SmallVector<std::optional<Range>> inside(pad.getNumLoops());
  SmallVector<Value> conditions = {choice.getCondition()};
  while (!conditions.empty()) {
    Operation *condition = conditions.pop_back_val().getDefiningOp();
    if (auto both = dyn_cast_or_null<arith::AndIOp>(condition)) {
      llvm::append_range(conditions, both->getOperands());
      continue;
    }
    auto comparison = dyn_cast_or_null<arith::CmpIOp>(condition);
    APInt low, limit;
    if (!comparison || comparison.getPredicate() != arith::CmpIPredicate::ule ||
        !matchPattern(comparison.getRhs(), m_ConstantInt(&limit)))
      return {};
    Value index = comparison.getLhs();
    if (auto shifted = index.getDefiningOp<arith::SubIOp>()) {
      if (!matchPattern(shifted.getRhs(), m_ConstantInt(&low)))
        return {};
      index = shifted.getLhs();
    }
    auto loop = index.getDefiningOp<linalg::IndexOp>();
    if (!loop)
      return {};
    int64_t first = low.getSExtValue();
    inside[loop.getDim()] = Range{first, first + limit.getSExtValue()};
  }
  return inside;
}

SmallVector<std::optional<PaddedWindow>>
findPaddedWindows(linalg::GenericOp op, OpOperand &input,
                  ArrayRef<unsigned> reductionLoops) {
  SmallVector<std::optional<PaddedWindow>> windows(reductionLoops.size());
  AffineMap map = op.getMatchingIndexingMap(&input);
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  for (auto [dim, inside] : llvm::enumerate(matchZerosAround(input.get()))) {
    SmallVector<int64_t> factors;
    if (!inside ||
        failed(getFlattenedAffineExpr(map.getResult(dim), map.getNumDims(), 0,
                                      &factors)) ||
        factors.back() != 0)
      continue;
    std::optional<unsigned> place, tap;
    for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
      if (factors[loop] != 0)
        (llvm::is_contained(reductionLoops, loop) ? tap : place) = loop;
    if (!place || !tap || factors[*place] < 0 || factors[*tap] < 0 ||
        llvm::count_if(factors, [](int64_t f) { return f != 0; }) != 2)
      continue;
    const auto *number = llvm::find(reductionLoops, *tap);
    windows[number - reductionLoops.begin()] =
        PaddedWindow{*place,        factors[*place], factors[*tap],
                     extents[*tap], *inside,         map.getSubMap(dim)};
  }
  return windows;
}

} // namespace sinter::cpu
