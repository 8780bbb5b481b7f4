// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Interval arithmetic of arith and of affine expressions.

#include "ValueRanges.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sinter;

static Interval rangeOfType(Type type) {
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return {llvm::minIntN(std::min(width, 64u)),
          llvm::maxIntN(std::min(width, 64u))};
}

static bool isInteger(Type type) { return type.isIntOrIndex(); }

/// The result of `low` and `high`, unless one of them overflowed or the type
/// does not hold them: then the type's.
static Interval fitted(std::optional<Interval> range, Type type) {
  Interval all = rangeOfType(type);
  return range && range->isWithin(all.low, all.high) ? *range : all;
}

template <typename Combine>
static std::optional<Interval> combineEnds(Interval a, Interval b,
                                           Combine combine) {
  std::optional<Interval> result;
  for (int64_t left : {a.low, a.high})
    for (int64_t right : {b.low, b.high}) {
      int64_t value;
      if (combine(left, right, value))
        return std::nullopt;
      if (!result)
        result = Interval{value, value};
      result->low = std::min(result->low, value);
      result->high = std::max(result->high, value);
    }
  return result;
}

static std::optional<Interval> sum(Interval a, Interval b) {
  return combineEnds(a, b, llvm::AddOverflow<int64_t>);
}
static std::optional<Interval> difference(Interval a, Interval b) {
  return combineEnds(a, b, llvm::SubOverflow<int64_t>);
}
static std::optional<Interval> product(Interval a, Interval b) {
  return combineEnds(a, b, llvm::MulOverflow<int64_t>);
}

ValueRanges::ValueRanges(linalg::GenericOp generic)
    : loops(generic.getStaticLoopRanges()) {
  for (Operation &op : generic.getBody()->without_terminator())
    if (op.getNumResults() == 1 && isInteger(op.getResult(0).getType()))
      known[op.getResult(0)] = compute(&op);
}

Interval ValueRanges::of(Value value) const {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  return rangeOfType(value.getType());
}

/// Quotients and remainders of numbers that are not negative by positive ones.
static std::optional<Interval> divided(Operation *op, Interval a, Interval b) {
  if (b.low < 1)
    return std::nullopt;
  if (isa<arith::RemUIOp>(op) || (isa<arith::RemSIOp>(op) && a.low >= 0))
    return Interval{0, a.low >= 0 ? std::min(a.high, b.high - 1) : b.high - 1};
  if (a.low < 0)
    return std::nullopt;
  bool roundsUp = isa<arith::CeilDivSIOp, arith::CeilDivUIOp>(op);
  return Interval{a.low / b.high, roundsUp
                                      ? int64_t(llvm::divideCeil(a.high, b.low))
                                      : a.high / b.low};
}

/// As numbers without sign, negative ones are above all others.
static std::optional<Interval> unsignedExtremum(bool isMin, Interval a,
                                                Interval b) {
  if (a.low >= 0 && b.low >= 0)
    return isMin ? Interval{std::min(a.low, b.low), std::min(a.high, b.high)}
                 : Interval{std::max(a.low, b.low), std::max(a.high, b.high)};
  if (!isMin || (a.low < 0 && b.low < 0))
    return std::nullopt;
  return Interval{0, a.low >= 0 ? a.high : b.high};
}

Interval ValueRanges::compute(Operation *op) const {
  Type type = op->getResult(0).getType();
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return {0, std::max<int64_t>(loops[index.getDim()], 1) - 1};
  APInt constant;
  if (matchPattern(op->getResult(0), m_ConstantInt(&constant)))
    return constant.getSignificantBits() <= 64
               ? Interval{constant.getSExtValue(), constant.getSExtValue()}
               : rangeOfType(type);
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return ofSelect(select.getCondition(), select.getTrueValue(),
                    select.getFalseValue());
  if (op->getNumOperands() == 0 || !isInteger(op->getOperand(0).getType()))
    return rangeOfType(type);
  Interval a = of(op->getOperand(0));
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
    return fitted(a, type);
  if (isa<arith::ExtUIOp, arith::IndexCastUIOp>(op))
    return fitted(a.low >= 0 ? std::optional(a) : std::nullopt, type);
  if (op->getNumOperands() != 2)
    return rangeOfType(type);
  Interval b = of(op->getOperand(1));
  std::optional<Interval> result;
  if (isa<arith::AddIOp>(op))
    result = sum(a, b);
  else if (isa<arith::SubIOp>(op))
    result = difference(a, b);
  else if (isa<arith::MulIOp>(op))
    result = product(a, b);
  else if (isa<arith::MaxSIOp>(op))
    result = {std::max(a.low, b.low), std::max(a.high, b.high)};
  else if (isa<arith::MinSIOp>(op))
    result = {std::min(a.low, b.low), std::min(a.high, b.high)};
  else if (isa<arith::MaxUIOp, arith::MinUIOp>(op))
    result = unsignedExtremum(isa<arith::MinUIOp>(op), a, b);
  else if (isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
               arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
    result = divided(op, a, b);
  return fitted(result, type);
}

/// What `value` can be where `condition` holds.
void ValueRanges::refine(Value condition, Value value, Interval &range) const {
  SmallVector<Value> conjuncts{condition};
  while (!conjuncts.empty()) {
    Value one = conjuncts.pop_back_val();
    if (auto both = one.getDefiningOp<arith::AndIOp>()) {
      conjuncts.append({both.getLhs(), both.getRhs()});
      continue;
    }
    auto compare = one.getDefiningOp<arith::CmpIOp>();
    if (!compare || compare.getLhs() != value)
      continue;
    Interval bound = of(compare.getRhs());
    switch (compare.getPredicate()) {
    case arith::CmpIPredicate::ult:
    case arith::CmpIPredicate::ule:
      if (bound.low < 0)
        break;
      range.low = std::max<int64_t>(range.low, 0);
      [[fallthrough]];
    case arith::CmpIPredicate::slt:
    case arith::CmpIPredicate::sle: {
      bool isStrict = compare.getPredicate() == arith::CmpIPredicate::ult ||
                      compare.getPredicate() == arith::CmpIPredicate::slt;
      if (!isStrict || bound.high != INT64_MIN)
        range.high = std::min(range.high, bound.high - isStrict);
      break;
    }
    case arith::CmpIPredicate::sgt:
      if (bound.low != INT64_MAX)
        range.low = std::max(range.low, bound.low + 1);
      break;
    case arith::CmpIPredicate::sge:
      range.low = std::max(range.low, bound.low);
      break;
    default:
      break;
    }
  }
}

Interval ValueRanges::ofSelect(Value condition, Value whenTrue,
                               Value whenFalse) const {
  Interval first = of(whenTrue), second = of(whenFalse);
  refine(condition, whenTrue, first);
  // A condition that never holds leaves nothing of its side.
  if (first.low > first.high)
    return second;
  return {std::min(first.low, second.low), std::max(first.high, second.high)};
}

bool ValueRanges::isSafeDivisor(Value divisor, bool isSigned) const {
  auto isSafe = [&](Interval range) {
    return range.low > 0 || range.high < (isSigned ? -1 : 0);
  };
  if (isSafe(of(divisor)))
    return true;
  auto select = divisor.getDefiningOp<arith::SelectOp>();
  if (!select || !isSafe(of(select.getTrueValue())))
    return false;
  bool notZero = false, notMinusOne = !isSigned;
  SmallVector<Value> disjuncts{select.getCondition()};
  while (!disjuncts.empty()) {
    Value one = disjuncts.pop_back_val();
    if (auto either = one.getDefiningOp<arith::OrIOp>()) {
      disjuncts.append({either.getLhs(), either.getRhs()});
      continue;
    }
    auto compare = one.getDefiningOp<arith::CmpIOp>();
    if (!compare || compare.getPredicate() != arith::CmpIPredicate::eq ||
        compare.getLhs() != select.getFalseValue())
      continue;
    Interval replaced = of(compare.getRhs());
    notZero |= replaced.isWithin(0, 0);
    notMinusOne |= replaced.isWithin(-1, -1);
  }
  return notZero && notMinusOne;
}

std::optional<Interval> sinter::rangeOfExpr(AffineExpr expr,
                                            ArrayRef<int64_t> extents) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Interval{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return Interval{0, extents[dim.getPosition()] - 1};
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto left = rangeOfExpr(binary.getLHS(), extents),
       right = rangeOfExpr(binary.getRHS(), extents);
  if (!left || !right)
    return std::nullopt;
  bool isDivision = expr.getKind() == AffineExprKind::FloorDiv ||
                    expr.getKind() == AffineExprKind::CeilDiv ||
                    expr.getKind() == AffineExprKind::Mod;
  if (isDivision && (right->low != right->high || right->low < 1))
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return sum(*left, *right);
  case AffineExprKind::Mul:
    return product(*left, *right);
  case AffineExprKind::FloorDiv:
    return Interval{llvm::divideFloorSigned(left->low, right->low),
                    llvm::divideFloorSigned(left->high, right->low)};
  case AffineExprKind::CeilDiv:
    return Interval{llvm::divideCeilSigned(left->low, right->low),
                    llvm::divideCeilSigned(left->high, right->low)};
  case AffineExprKind::Mod:
    return left->isWithin(0, right->low - 1) ? *left
                                             : Interval{0, right->low - 1};
  default:
    return std::nullopt;
  }
}
