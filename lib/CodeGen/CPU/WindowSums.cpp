// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums over the taps of padded windows.

#include "WindowSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::cpu {

AffineExpr WindowSums::getPlace(const PaddedWindow &window,
                                const Index &point) const {
  int64_t dim = product.getDimOfLoop(window.placeLoop);
  return kernel.domain[dim] == 1 ? space.getConstant(0) : point[dim];
}

/// The taps at which all places read elements; nothing if it is not known which
/// of them do so at the other taps.
std::optional<Range>
WindowSums::getCommonTaps(const PaddedWindow &window,
                          ArrayRef<AffineExpr> places) const {
  Range common = {0, window.taps - 1};
  bool areConstant = true;
  for (AffineExpr place : places) {
    std::optional<Range> range = space.getRange(place);
    if (!range)
      return std::nullopt;
    Range own = window.getCommonTaps(*range);
    common = {std::max(common.minimum, own.minimum),
              std::min(common.maximum, own.maximum)};
    areConstant &= isa<AffineConstantExpr>(place);
  }
  bool areAll = common.minimum == 0 && common.maximum == window.taps - 1;
  if (!areAll && !areConstant)
    return std::nullopt;
  return common;
}

FailureOr<SmallVector<Value>>
WindowSums::emitAt(const PaddedWindow &window, const Index &point,
                   ArrayRef<AffineExpr> reduction, ValueRange sums,
                   Evaluator::LoopBody body) const {
  AffineExpr at = getPlace(window, point);
  std::optional<Range> common = getCommonTaps(window, at);
  if (common)
    return evaluator.emitLoop(
        loc, space.getIndex(common->minimum),
        space.getIndex(common->maximum + 1), 1,
        {common->minimum, std::max(common->minimum, common->maximum)}, sums,
        body);
  OpBuilder &b = evaluator.getBuilder();
  Value place = space.emit(at * window.stride);
  // The quotient, rounded down, of what is not less than 0 then.
  auto quotient = [&](int64_t minuend) -> Value {
    Value difference =
        b.create<arith::SubIOp>(loc, space.getIndex(minuend), place);
    Value least = b.create<arith::MaxSIOp>(loc, difference, space.getIndex(0));
    return window.dilation == 1
               ? least
               : b.create<arith::DivUIOp>(loc, least,
                                          space.getIndex(window.dilation));
  };
  Value lower = quotient(window.inside.minimum + window.dilation - 1),
        upper = b.create<arith::MinSIOp>(
            loc, quotient(window.inside.maximum + window.dilation),
            space.getIndex(window.taps));
  return evaluator.emitLoop(
      loc, lower, upper, 1, {0, window.taps - 1}, sums,
      [&](AffineExpr tap, ValueRange values) {
        Index all(reduction);
        all.push_back(tap);
        all.resize(product.reductionLoops.size(), space.getConstant(0));
        Evaluator::Frame frame = product.getFrame(point, all, space);
        Fact inside{space.apply(window.coordinate, frame.iteration).front(),
                    window.inside};
        space.pushFacts(inside);
        Values results = body(tap, values);
        space.popFacts(1);
        return results;
      });
}

FailureOr<SmallVector<Value>> WindowSums::emitOver(const PaddedWindow &window,
                                                   ArrayRef<AffineExpr> places,
                                                   ValueRange sums,
                                                   RangeBody emitCommon,
                                                   PartsBody emitSome) const {
  std::optional<Range> common = getCommonTaps(window, places);
  if (!common) // each product looks where it reads
    return emitCommon({0, window.taps - 1}, sums);
  int64_t begin = common->minimum, end = common->maximum + 1;
  if (begin >= end)
    begin = end = window.taps;
  Values values = SmallVector<Value>(sums);
  auto emitTap = [&](int64_t tap) {
    SmallVector<size_t> inside;
    for (auto [number, place] : llvm::enumerate(places))
      if (window.isInside(cast<AffineConstantExpr>(place).getValue(), tap))
        inside.push_back(number);
    if (!inside.empty() && succeeded(values))
      values = emitSome(space.getConstant(tap), inside, *values);
  };
  for (int64_t tap = 0; tap < begin; ++tap)
    emitTap(tap);
  if (succeeded(values))
    values = emitCommon({begin, end - 1}, *values);
  for (int64_t tap = end; tap < window.taps; ++tap)
    emitTap(tap);
  return values;
}

} // namespace sinter::cpu
