// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic evaluation of index arithmetic.

#include "RegionIndex.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace sinter::cpu {

/// Far enough that no index reaches it, near enough that sums do not overflow.
static constexpr int64_t kFar = int64_t(1) << 60;

static bool isUnsigned(CmpIPredicate predicate) {
  return predicate >= CmpIPredicate::ult;
}

AffineExpr RegionIndex::getExpr(Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  AffineExpr expr = value.getType().isIndex() ? computeExpr(value) : nullptr;
  known[value] = expr;
  return expr;
}

AffineExpr RegionIndex::computeExpr(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return space.getConstant(constant.getSExtValue());
  Operation *defining = value.getDefiningOp();
  if (!defining)
    return {};
  if (auto index = dyn_cast<linalg::IndexOp>(defining))
    return iteration[index.getDim()];
  if (auto select = dyn_cast<arith::SelectOp>(defining)) {
    if (std::optional<bool> decided = decide(select.getCondition()))
      return getExpr(*decided ? select.getTrueValue() : select.getFalseValue());
    return assume(getExpr(select.getTrueValue()),
                  getExpr(select.getFalseValue()));
  }
  if (defining->getNumOperands() != 2)
    return {};
  AffineExpr lhs = getExpr(defining->getOperand(0)),
             rhs = getExpr(defining->getOperand(1));
  if (!lhs || !rhs)
    return {};
  if (isa<arith::AddIOp>(defining))
    return lhs + rhs;
  if (isa<arith::SubIOp>(defining))
    return lhs + rhs * -1;
  if (isa<arith::MulIOp>(defining) &&
      (lhs.isSymbolicOrConstant() || rhs.isSymbolicOrConstant()))
    return lhs * rhs;
  if (isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp, arith::RemUIOp,
          arith::RemSIOp>(defining))
    return divide(defining);
  if (isa<arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp>(
          defining))
    return chooseExtremum(defining);
  return {};
}

/// The side of an unknown choice that is no constant.
AffineExpr RegionIndex::assume(AffineExpr first, AffineExpr second) {
  if (!inInterior)
    return {};
  assumed = true;
  return first && !isa<AffineConstantExpr>(first) ? first : second;
}

/// All ways to divide agree on what is not negative.
AffineExpr RegionIndex::divide(Operation *division) {
  AffineExpr dividend = getExpr(division->getOperand(0));
  auto divisor = dyn_cast<AffineConstantExpr>(getExpr(division->getOperand(1)));
  std::optional<Range> range = space.getRange(dividend);
  if (!divisor || divisor.getValue() <= 0 || !range || range->minimum < 0)
    return {};
  return isa<arith::RemUIOp, arith::RemSIOp>(division)
             ? space.mod(dividend, divisor.getValue())
             : space.floorDiv(dividend, divisor.getValue());
}

AffineExpr RegionIndex::chooseExtremum(Operation *extremum) {
  AffineExpr lhs = getExpr(extremum->getOperand(0)),
             rhs = getExpr(extremum->getOperand(1));
  std::optional<Range> range = space.getRange(lhs + rhs * -1);
  bool isMaximum = isa<arith::MaxSIOp, arith::MaxUIOp>(extremum);
  if (isa<arith::MaxUIOp, arith::MinUIOp>(extremum))
    for (AffineExpr expr : {lhs, rhs}) {
      std::optional<Range> own = space.getRange(expr);
      if (!own || own->minimum < 0)
        return {};
    }
  if (range && range->minimum >= 0)
    return isMaximum ? lhs : rhs;
  if (range && range->maximum <= 0)
    return isMaximum ? rhs : lhs;
  return assume(lhs, rhs);
}

std::optional<bool> RegionIndex::decide(Value condition) {
  APInt constant;
  if (matchPattern(condition, m_ConstantInt(&constant)))
    return !constant.isZero();
  Operation *defining = condition.getDefiningOp();
  if (auto comparison = dyn_cast_or_null<arith::CmpIOp>(defining))
    return decideComparison(comparison);
  if (!isa_and_nonnull<arith::AndIOp, arith::OrIOp>(defining))
    return std::nullopt;
  // One side can be enough: false for "and", true for "or".
  bool enough = isa<arith::OrIOp>(defining);
  std::optional<bool> lhs = decide(defining->getOperand(0)),
                      rhs = decide(defining->getOperand(1));
  if (lhs == enough || rhs == enough)
    return enough;
  return lhs && rhs ? std::optional<bool>(!enough) : std::nullopt;
}

/// Whether a difference in this range makes a comparison true; nullopt if it
/// may do both.
static std::optional<bool> decideDifference(CmpIPredicate predicate,
                                            Range difference) {
  auto below = [&](int64_t limit) -> std::optional<bool> {
    if (difference.maximum < limit)
      return true;
    return difference.minimum >= limit ? std::optional<bool>(false)
                                       : std::nullopt;
  };
  auto opposite = [](std::optional<bool> truth) {
    return truth ? std::optional<bool>(!*truth) : std::nullopt;
  };
  auto isZero = [&]() -> std::optional<bool> {
    if (difference.minimum > 0 || difference.maximum < 0)
      return false;
    return difference.minimum == difference.maximum ? std::optional<bool>(true)
                                                    : std::nullopt;
  };
  switch (predicate) {
  case CmpIPredicate::eq:
    return isZero();
  case CmpIPredicate::ne:
    return opposite(isZero());
  case CmpIPredicate::slt:
  case CmpIPredicate::ult:
    return below(0);
  case CmpIPredicate::sle:
  case CmpIPredicate::ule:
    return below(1);
  case CmpIPredicate::sgt:
  case CmpIPredicate::ugt:
    return opposite(below(1));
  case CmpIPredicate::sge:
  case CmpIPredicate::uge:
    return opposite(below(0));
  }
  llvm_unreachable("all predicates are covered");
}

std::optional<bool> RegionIndex::decideComparison(arith::CmpIOp comparison) {
  AffineExpr lhs = getExpr(comparison.getLhs()),
             rhs = getExpr(comparison.getRhs());
  std::optional<Range> difference, left, right;
  if (lhs && rhs) {
    difference = space.getRange(lhs + rhs * -1);
    left = space.getRange(lhs);
    right = space.getRange(rhs);
  }
  if (!difference || !left || !right)
    return std::nullopt;
  CmpIPredicate predicate = comparison.getPredicate();
  if (isUnsigned(predicate) && (left->minimum < 0 || right->minimum < 0)) {
    // What is negative is above all numbers that are not.
    bool isAbove = left->maximum < 0 && right->minimum >= 0;
    if (!isAbove)
      return std::nullopt;
    return predicate == CmpIPredicate::ugt || predicate == CmpIPredicate::uge;
  }
  return decideDifference(predicate, *difference);
}

SmallVector<Fact> RegionIndex::getFacts(Value condition, bool truth) {
  SmallVector<Fact> facts;
  SmallVector<Value> pending = {condition};
  while (!pending.empty()) {
    Operation *defining = pending.pop_back_val().getDefiningOp();
    if (auto comparison = dyn_cast_or_null<arith::CmpIOp>(defining))
      addFacts(comparison, truth, facts);
    // Both sides of an "and" hold, and neither of an "or" that does not.
    else if (truth ? isa_and_nonnull<arith::AndIOp>(defining)
                   : isa_and_nonnull<arith::OrIOp>(defining))
      llvm::append_range(pending, defining->getOperands());
  }
  return facts;
}

void RegionIndex::addFacts(arith::CmpIOp comparison, bool truth,
                           SmallVectorImpl<Fact> &facts) {
  AffineExpr lhs = getExpr(comparison.getLhs()),
             rhs = getExpr(comparison.getRhs());
  if (!lhs || !rhs)
    return;
  CmpIPredicate predicate = comparison.getPredicate();
  if (!truth)
    predicate = arith::invertPredicate(predicate);
  AffineExpr difference = lhs + rhs * -1;
  std::optional<Range> left = space.getRange(lhs), right = space.getRange(rhs);
  bool isBelow =
      predicate == CmpIPredicate::ult || predicate == CmpIPredicate::ule;
  if (isUnsigned(predicate)) {
    if (!left || !right || right->minimum < 0)
      return;
    if (isBelow)
      facts.push_back({lhs, {0, kFar}});
    else if (left->minimum < 0)
      return; // above, or negative
  }
  switch (predicate) {
  case CmpIPredicate::eq:
    return facts.push_back({difference, {0, 0}});
  case CmpIPredicate::ne:
    return;
  case CmpIPredicate::slt:
  case CmpIPredicate::ult:
    return facts.push_back({difference, {-kFar, -1}});
  case CmpIPredicate::sle:
  case CmpIPredicate::ule:
    return facts.push_back({difference, {-kFar, 0}});
  case CmpIPredicate::sgt:
  case CmpIPredicate::ugt:
    return facts.push_back({difference, {1, kFar}});
  case CmpIPredicate::sge:
  case CmpIPredicate::uge:
    return facts.push_back({difference, {0, kFar}});
  }
}

/// Adds the first number of a variable at which `expr`, which must be affine in
/// it alone, is at least `threshold` or no longer is.
void RegionIndex::addBreakpoint(AffineExpr expr, int64_t threshold,
                                SmallVectorImpl<Breakpoint> &breakpoints) {
  auto [rest, constant] = space.splitConstant(expr);
  int64_t factor = 1;
  if (auto product = dyn_cast<AffineBinaryOpExpr>(rest);
      product && rest.getKind() == AffineExprKind::Mul &&
      isa<AffineConstantExpr>(product.getRHS())) {
    factor = cast<AffineConstantExpr>(product.getRHS()).getValue();
    rest = product.getLHS();
  }
  auto variable = dyn_cast<AffineDimExpr>(rest);
  if (!variable || factor == 0)
    return;
  int64_t distance = threshold - constant;
  int64_t position = factor > 0
                         ? llvm::divideCeilSigned(distance, factor)
                         : llvm::divideFloorSigned(-distance, -factor) + 1;
  breakpoints.push_back({variable.getPosition(), position});
}

SmallVector<Breakpoint> RegionIndex::getBreakpoints() {
  SmallVector<Breakpoint> breakpoints;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (inner.getNumOperands() != 2)
      continue;
    AffineExpr lhs = getExpr(inner.getOperand(0)),
               rhs = getExpr(inner.getOperand(1));
    if (!lhs || !rhs)
      continue;
    AffineExpr difference = lhs + rhs * -1;
    // Where both sides are equal, the constant may as well belong to either.
    if (isa<arith::MaxSIOp, arith::MaxUIOp>(inner))
      addBreakpoint(difference, isa<AffineConstantExpr>(lhs) ? 1 : 0,
                    breakpoints);
    if (isa<arith::MinSIOp, arith::MinUIOp>(inner))
      addBreakpoint(difference, isa<AffineConstantExpr>(lhs) ? 0 : 1,
                    breakpoints);
    auto comparison = dyn_cast<arith::CmpIOp>(inner);
    if (!comparison)
      continue;
    CmpIPredicate predicate = comparison.getPredicate();
    if (isUnsigned(predicate))
      addBreakpoint(lhs, 0, breakpoints);
    bool isEquality =
        predicate == CmpIPredicate::eq || predicate == CmpIPredicate::ne;
    bool isStrict =
        predicate == CmpIPredicate::slt || predicate == CmpIPredicate::sge ||
        predicate == CmpIPredicate::ult || predicate == CmpIPredicate::uge;
    if (isStrict || isEquality)
      addBreakpoint(difference, 0, breakpoints);
    if (!isStrict || isEquality)
      addBreakpoint(difference, 1, breakpoints);
  }
  return breakpoints;
}

} // namespace sinter::cpu
