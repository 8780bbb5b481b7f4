// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranges of the integers in a body, by the interface that its ops have, and of
// affine expressions.

#include "ValueRanges.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sinter;

static bool isInteger(Type type) { return type.isIntOrIndex(); }

ValueRanges::ValueRanges(linalg::GenericOp generic) {
  SmallVector<int64_t> loops = generic.getStaticLoopRanges();
  for (Operation &op : generic.getBody()->without_terminator())
    visit(op, loops);
}

ConstantIntRanges ValueRanges::of(Value value) const {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  return ConstantIntRanges::maxRange(
      ConstantIntRanges::getStorageBitwidth(value.getType()));
}

void ValueRanges::visit(Operation &op, ArrayRef<int64_t> loops) {
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    int64_t last = std::max<int64_t>(loops[index.getDim()], 1) - 1;
    known.insert({index, ConstantIntRanges::fromSigned(
                             APInt(64, 0), APInt(64, uint64_t(last)))});
    return;
  }
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    if (isInteger(select.getType()))
      known.insert(
          {select, ofSelect(select.getCondition(), select.getTrueValue(),
                            select.getFalseValue())});
    return;
  }
  auto inferable = dyn_cast<InferIntRangeInterface>(op);
  if (!inferable || !llvm::all_of(op.getOperandTypes(), isInteger))
    return;
  auto operands = llvm::map_to_vector(
      op.getOperands(), [&](Value operand) { return of(operand); });
  inferable.inferResultRanges(
      operands, [&](Value result, const ConstantIntRanges &range) {
        if (isInteger(result.getType()))
          known.insert({result, range});
      });
}

/// The numbers `x` for which `x predicate y` can hold, with y in `bound`.
static ConstantIntRanges allowedBy(arith::CmpIPredicate predicate,
                                   const ConstantIntRanges &bound) {
  unsigned width = bound.smin().getBitWidth();
  const auto all = ConstantIntRanges::maxRange(width);
  const APInt one(width, 1);
  switch (predicate) {
  case arith::CmpIPredicate::ult:
    return bound.umax().isZero() ? all
                                 : ConstantIntRanges::fromUnsigned(
                                       all.umin(), bound.umax() - one);
  case arith::CmpIPredicate::ule:
    return ConstantIntRanges::fromUnsigned(all.umin(), bound.umax());
  case arith::CmpIPredicate::slt:
    return bound.smax().isMinSignedValue()
               ? all
               : ConstantIntRanges::fromSigned(all.smin(), bound.smax() - one);
  case arith::CmpIPredicate::sle:
    return ConstantIntRanges::fromSigned(all.smin(), bound.smax());
  case arith::CmpIPredicate::sgt:
    return bound.smin().isMaxSignedValue()
               ? all
               : ConstantIntRanges::fromSigned(bound.smin() + one, all.smax());
  case arith::CmpIPredicate::sge:
    return ConstantIntRanges::fromSigned(bound.smin(), all.smax());
  default:
    return all;
  }
}

/// What `value` can be where `condition` holds.
ConstantIntRanges ValueRanges::refine(Value condition, Value value) const {
  ConstantIntRanges range = of(value);
  SmallVector<Value> conjuncts{condition};
  while (!conjuncts.empty()) {
    Value one = conjuncts.pop_back_val();
    if (auto both = one.getDefiningOp<arith::AndIOp>())
      conjuncts.append({both.getLhs(), both.getRhs()});
    else if (auto compare = one.getDefiningOp<arith::CmpIOp>();
             compare && compare.getLhs() == value)
      range = range.intersection(
          allowedBy(compare.getPredicate(), of(compare.getRhs())));
  }
  return range;
}

ConstantIntRanges ValueRanges::ofSelect(Value condition, Value whenTrue,
                                        Value whenFalse) const {
  ConstantIntRanges first = refine(condition, whenTrue), second = of(whenFalse);
  // A condition that never holds leaves nothing of its side.
  if (first.smin().sgt(first.smax()) || first.umin().ugt(first.umax()))
    return second;
  return first.rangeUnion(second);
}

bool ValueRanges::isSafeDivisor(Value divisor, bool isSigned) const {
  auto isSafe = [&](const ConstantIntRanges &range) {
    return isSigned ? range.smin().isStrictlyPositive() || range.smax().slt(-1)
                    : !range.umin().isZero();
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
    std::optional<APInt> replaced = of(compare.getRhs()).getConstantValue();
    notZero |= replaced && replaced->isZero();
    notMinusOne |= replaced && replaced->isAllOnes();
  }
  return notZero && notMinusOne;
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
static std::optional<Interval> product(Interval a, Interval b) {
  return combineEnds(a, b, llvm::MulOverflow<int64_t>);
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
