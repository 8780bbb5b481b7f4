// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Simplification and emission of index expressions.

#include "IndexSpace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

using namespace mlir;

namespace sinter::cpu {

IndexSpace::IndexSpace(OpBuilder &builder, Block &entry, int64_t lanes)
    : builder(builder), entry(entry), lanes(lanes) {
  variables.push_back({Value(), {0, lanes - 1}});
  pushScope();
}

AffineExpr IndexSpace::getLane() const { return builder.getAffineDimExpr(0); }

AffineExpr IndexSpace::getConstant(int64_t value) const {
  return builder.getAffineConstantExpr(value);
}

AffineExpr IndexSpace::addVariable(Value value, int64_t maximum,
                                   int64_t multiple, int64_t minimum) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return getConstant(*constant);
  variables.push_back({value, {minimum, maximum}, multiple});
  return builder.getAffineDimExpr(variables.size() - 1);
}

AffineExpr IndexSpace::addSymbolicVariable(int64_t maximum) {
  variables.push_back({Value(), {0, maximum}});
  return builder.getAffineDimExpr(variables.size() - 1);
}

bool IndexSpace::isVarying(AffineExpr expr) const {
  bool varying = false;
  expr.walk([&](AffineExpr part) {
    if (auto dim = dyn_cast<AffineDimExpr>(part)) {
      Value value = variables[dim.getPosition()].value;
      varying |= !value || isa<VectorType>(value.getType());
    }
  });
  return varying;
}

std::optional<int64_t> IndexSpace::getLaneStride(AffineExpr expr) const {
  if (!isVarying(expr))
    return 0;
  if (expr == getLane())
    return 1;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> lhs = getLaneStride(binary.getLHS());
  std::optional<int64_t> rhs = getLaneStride(binary.getRHS());
  if (!lhs || !rhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return *lhs + *rhs;
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul && factor)
    return *lhs * factor.getValue();
  return std::nullopt;
}

std::optional<LaneOffsets> IndexSpace::getLaneOffsets(AffineExpr expr) const {
  if (expr == getLane())
    return LaneOffsets{getConstant(0),
                       llvm::to_vector<16>(llvm::seq<int64_t>(0, lanes))};
  if (!isVarying(expr))
    return LaneOffsets{expr, llvm::SmallVector<int64_t, 16>(lanes, 0)};
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<LaneOffsets> lhs = getLaneOffsets(binary.getLHS());
  if (!lhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add) {
    std::optional<LaneOffsets> rhs = getLaneOffsets(binary.getRHS());
    if (!rhs)
      return std::nullopt;
    lhs->base = lhs->base + rhs->base;
    for (auto [offset, more] : llvm::zip_equal(lhs->offsets, rhs->offsets))
      offset += more;
    return lhs;
  }
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!constant)
    return std::nullopt;
  int64_t factor = constant.getValue();
  if (expr.getKind() == AffineExprKind::Mul) {
    lhs->base = lhs->base * factor;
    for (int64_t &offset : lhs->offsets)
      offset *= factor;
    return lhs;
  }
  // A divisor of what the lanes share divides what each lane adds.
  auto [rest, added] = splitConstant(lhs->base);
  bool isDivision = expr.getKind() == AffineExprKind::FloorDiv,
       isRemainder = expr.getKind() == AffineExprKind::Mod;
  if (factor <= 0 || (!isDivision && !isRemainder) ||
      getMultiple(rest) % factor != 0)
    return std::nullopt;
  lhs->base = isDivision ? floorDiv(rest, factor) : getConstant(0);
  for (int64_t &offset : lhs->offsets)
    offset = isDivision ? llvm::divideFloorSigned(offset + added, factor)
                        : llvm::mod(offset + added, factor);
  return lhs;
}

std::pair<AffineExpr, int64_t>
IndexSpace::splitConstant(AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {getConstant(0), constant.getValue()};
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    auto [lhs, lhsConstant] = splitConstant(sum.getLHS());
    auto [rhs, rhsConstant] = splitConstant(sum.getRHS());
    return {lhs + rhs, lhsConstant + rhsConstant};
  }
  return {expr, 0};
}

void IndexSpace::pushFacts(ArrayRef<Fact> facts) {
  for (const Fact &fact : facts) {
    auto [expr, constant] = splitConstant(fact.expr);
    knownFacts.push_back(
        {expr, {fact.range.minimum - constant, fact.range.maximum - constant}});
  }
}

std::optional<Range>
IndexSpace::getRangeOfBinary(AffineBinaryOpExpr expr) const {
  std::optional<Range> lhs = getRange(expr.getLHS());
  std::optional<Range> rhs = getRange(expr.getRHS());
  if (!lhs || !rhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return Range{lhs->minimum + rhs->minimum, lhs->maximum + rhs->maximum};
  if (rhs->minimum != rhs->maximum)
    return std::nullopt;
  int64_t factor = rhs->minimum;
  if (expr.getKind() == AffineExprKind::Mul) {
    auto [low, high] =
        std::minmax(lhs->minimum * factor, lhs->maximum * factor);
    return Range{low, high};
  }
  if (factor <= 0)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mod)
    return Range{0, factor - 1};
  if (expr.getKind() == AffineExprKind::FloorDiv && lhs->minimum >= 0)
    return Range{lhs->minimum / factor, lhs->maximum / factor};
  return std::nullopt;
}

std::optional<Range> IndexSpace::getRange(AffineExpr expr) const {
  std::optional<Range> range;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Range{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    range = variables[dim.getPosition()].range;
  else if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr))
    range = getRangeOfBinary(binary);
  if (!range || knownFacts.empty())
    return range;
  auto [rest, constant] = splitConstant(expr);
  for (const Fact &fact : knownFacts)
    if (fact.expr == rest) {
      range->minimum = std::max(range->minimum, fact.range.minimum + constant);
      range->maximum = std::min(range->maximum, fact.range.maximum + constant);
    }
  return range;
}

int64_t IndexSpace::getMaximum(AffineExpr expr) const {
  std::optional<Range> range = getRange(expr);
  return range ? range->maximum : std::numeric_limits<int32_t>::max();
}

std::pair<AffineExpr, AffineExpr> IndexSpace::split(AffineExpr expr,
                                                    int64_t divisor) const {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    auto [lhsQuotient, lhsRest] = split(sum.getLHS(), divisor);
    auto [rhsQuotient, rhsRest] = split(sum.getRHS(), divisor);
    return {lhsQuotient + rhsQuotient, lhsRest + rhsRest};
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {getConstant(llvm::divideFloorSigned(constant.getValue(), divisor)),
            getConstant(llvm::mod(constant.getValue(), divisor))};
  if (getMultiple(expr) % divisor == 0)
    return {expr.floorDiv(divisor), getConstant(0)};
  return {getConstant(0), expr};
}

int64_t IndexSpace::getMultiple(AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::abs(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return variables[dim.getPosition()].multiple;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return 1;
  int64_t lhs = getMultiple(binary.getLHS()),
          rhs = getMultiple(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
  case AffineExprKind::Mod: // A remainder keeps what divides the divisor too.
    return std::gcd(lhs, rhs);
  case AffineExprKind::Mul:
    return lhs * rhs;
  default:
    return 1;
  }
}

static void collectTerms(AffineExpr expr, SmallVectorImpl<AffineExpr> &terms) {
  if (expr.getKind() != AffineExprKind::Add) {
    terms.push_back(expr);
    return;
  }
  auto sum = cast<AffineBinaryOpExpr>(expr);
  collectTerms(sum.getLHS(), terms);
  collectTerms(sum.getRHS(), terms);
}

std::pair<AffineExpr, AffineExpr> IndexSpace::divide(AffineExpr expr,
                                                     int64_t divisor) const {
  auto [quotient, rest] = split(expr, divisor);
  SmallVector<AffineExpr> terms;
  collectTerms(rest, terms);
  SmallVector<int64_t> grains = {divisor};
  for (AffineExpr term : terms)
    grains.push_back(std::gcd(getMultiple(term), divisor));
  llvm::sort(grains, std::greater<>());
  // Multiples of a grain are that far apart: what is smaller than the grain
  // never reaches the next multiple of the divisor.
  for (int64_t grain : grains) {
    AffineExpr coarse = getConstant(0), fine = getConstant(0);
    for (AffineExpr term : terms)
      (getMultiple(term) % grain == 0 ? coarse : fine) =
          (getMultiple(term) % grain == 0 ? coarse : fine) + term;
    std::optional<Range> coarseRange = getRange(coarse),
                         fineRange = getRange(fine);
    if (!coarseRange || coarseRange->minimum < 0 || !fineRange ||
        fineRange->minimum < 0 || fineRange->maximum >= grain)
      continue;
    if (coarseRange->maximum < divisor)
      return {quotient, rest};
    return {quotient + coarse.floorDiv(divisor), coarse % divisor + fine};
  }
  return {expr.floorDiv(divisor), expr % divisor};
}

AffineExpr IndexSpace::floorDiv(AffineExpr expr, int64_t divisor) const {
  return divide(expr, divisor).first;
}

AffineExpr IndexSpace::mod(AffineExpr expr, int64_t divisor) const {
  return divide(expr, divisor).second;
}

AffineExpr IndexSpace::substitute(AffineExpr expr,
                                  ArrayRef<AffineExpr> index) const {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr.replaceDims(index);
  AffineExpr lhs = substitute(binary.getLHS(), index),
             rhs = substitute(binary.getRHS(), index);
  auto divisor = dyn_cast<AffineConstantExpr>(rhs);
  if (divisor && divisor.getValue() > 0) {
    if (expr.getKind() == AffineExprKind::FloorDiv)
      return floorDiv(lhs, divisor.getValue());
    if (expr.getKind() == AffineExprKind::Mod)
      return mod(lhs, divisor.getValue());
  }
  return getAffineBinaryOpExpr(expr.getKind(), lhs, rhs);
}

Index IndexSpace::apply(AffineMap map, ArrayRef<AffineExpr> index) const {
  Index result;
  for (AffineExpr expr : map.getResults())
    result.push_back(substitute(expr, index));
  return result;
}

AffineExpr IndexSpace::linearize(ArrayRef<AffineExpr> index,
                                 ArrayRef<int64_t> shape) const {
  AffineExpr linear = getConstant(0);
  for (auto [expr, size] : llvm::zip_equal(index, shape))
    linear = linear * size + expr;
  return linear;
}

Index IndexSpace::delinearize(AffineExpr linear,
                              ArrayRef<int64_t> shape) const {
  Index index(shape.size(), getConstant(0));
  size_t outermost = 0;
  while (outermost + 1 < shape.size() && shape[outermost] == 1)
    ++outermost;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1)
      continue;
    if (i == outermost) {
      index[i] = linear;
      break;
    }
    index[i] = mod(linear, shape[i]);
    linear = floorDiv(linear, shape[i]);
  }
  return index;
}

Value IndexSpace::emit(AffineExpr expr) { return emitExpr(expr, false); }
Value IndexSpace::emitLanes(AffineExpr expr) { return emitExpr(expr, true); }

Value IndexSpace::emitExpr(AffineExpr expr, bool wantLanes) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    if (!wantLanes)
      return getIndex(constant.getValue());
    auto type = VectorType::get(lanes, builder.getIndexType());
    return materialize(DenseElementsAttr::get(
        type, builder.getIndexAttr(constant.getValue())));
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return emitVariable(dim.getPosition(), wantLanes);
  for (auto &[scalars, vectors] : llvm::reverse(scopes))
    if (Value value = (wantLanes ? vectors : scalars).lookup(expr))
      return value;
  Value value = emitBinary(cast<AffineBinaryOpExpr>(expr), wantLanes);
  auto &[scalars, vectors] = scopes.back();
  (wantLanes ? vectors : scalars)[expr] = value;
  return value;
}

Value IndexSpace::emitVariable(unsigned number, bool wantLanes) {
  auto type = VectorType::get(lanes, builder.getIndexType());
  Value value = variables[number].value;
  if (!value) { // The lane.
    if (!wantLanes)
      return getIndex(0);
    SmallVector<Attribute> numbers;
    for (int64_t lane = 0; lane < lanes; ++lane)
      numbers.push_back(builder.getIndexAttr(lane));
    return materialize(DenseElementsAttr::get(type, numbers));
  }
  Location loc = value.getLoc();
  if (isa<VectorType>(value.getType()) == wantLanes)
    return value;
  if (wantLanes)
    return builder.create<vector::BroadcastOp>(loc, type, value);
  return builder.create<vector::ExtractOp>(loc, value, int64_t(0));
}

/// The quotient or remainder of indices in vectors: in 32 bits, since vectors
/// have no instructions for 64.
static Value emitNarrowDivision(OpBuilder &builder, AffineExprKind kind,
                                Value lhs, Value rhs) {
  Location loc = lhs.getLoc();
  auto type = cast<VectorType>(lhs.getType());
  VectorType narrow = VectorType::get(type.getShape(), builder.getI32Type());
  lhs = builder.createOrFold<arith::IndexCastOp>(loc, narrow, lhs);
  rhs = builder.createOrFold<arith::IndexCastOp>(loc, narrow, rhs);
  Value result = kind == AffineExprKind::Mod
                     ? builder.createOrFold<arith::RemUIOp>(loc, lhs, rhs)
                     : builder.createOrFold<arith::DivUIOp>(loc, lhs, rhs);
  return builder.create<arith::IndexCastUIOp>(loc, type, result);
}

Value IndexSpace::emitBinary(AffineBinaryOpExpr expr, bool wantLanes) {
  Value lhs = emitExpr(expr.getLHS(), wantLanes);
  Value rhs = emitExpr(expr.getRHS(), wantLanes);
  Location loc = lhs.getLoc();
  bool isDivision = expr.getKind() == AffineExprKind::Mod ||
                    expr.getKind() == AffineExprKind::FloorDiv;
  if (wantLanes && isDivision) {
    std::optional<Range> dividend = getRange(expr.getLHS()),
                         divisor = getRange(expr.getRHS());
    if (dividend && divisor && dividend->minimum >= 0 && divisor->minimum > 0 &&
        llvm::isInt<32>(dividend->maximum) && llvm::isInt<32>(divisor->maximum))
      return emitNarrowDivision(builder, expr.getKind(), lhs, rhs);
  }
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  case AffineExprKind::Mul:
    return builder.createOrFold<arith::MulIOp>(loc, lhs, rhs);
  case AffineExprKind::Mod:
    return builder.createOrFold<arith::RemUIOp>(loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return builder.createOrFold<arith::DivUIOp>(loc, lhs, rhs);
  default:
    return builder.createOrFold<arith::CeilDivUIOp>(loc, lhs, rhs);
  }
}

Value IndexSpace::materialize(TypedAttr value) {
  Value &constant = constants[value];
  if (constant)
    return constant;
  OpBuilder atEntry = OpBuilder::atBlockBegin(&entry);
  constant =
      atEntry.create<arith::ConstantOp>(entry.getParentOp()->getLoc(), value);
  return constant;
}

Value IndexSpace::getIndex(int64_t value) {
  return materialize(builder.getIndexAttr(value));
}

} // namespace sinter::cpu
