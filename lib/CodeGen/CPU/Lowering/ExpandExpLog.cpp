// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// exp, log and their kin on f32. Each reduces its argument exactly (up to a
// term that is carried on) and evaluates a minimax polynomial; coefficients are
// Remez fits rounded to f32, with their error beside them.
#include "MathBuilder.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include <cmath>
#include <limits>

using namespace mlir;
using sinter::MathBuilder;
using Compare = MathBuilder::Compare;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double quietNaN = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two parts; n times the first is exact for |n| < 2^9.
static constexpr double ln2High = 0x1.62e4p-1, ln2Low = 0x1.7f7d1cp-20;

/// (e^r - 1 - r) / r^2 for |r| <= ln2 / 2, relative error of e^r 2^-28.
static constexpr double expTail[] = {4.999999404e-01, 1.666651964e-01,
                                     4.166839272e-02, 8.368780836e-03,
                                     1.381446607e-03};

/// The same, with relative error of e^r - 1 below 2^-31.
static constexpr double expm1Tail[] = {5.000000000e-01, 1.666666567e-01,
                                       4.166635871e-02, 8.333390579e-03,
                                       1.394072082e-03, 1.984547416e-04};

/// (2^r - 1) / r for |r| <= 1/2, relative error of 2^r 2^-28.
static constexpr double exp2Tail[] = {6.931471825e-01, 2.402265072e-01,
                                      5.550327897e-02, 9.618003853e-03,
                                      1.340027433e-03, 1.547641004e-04};

/// (log(1 + f) - f + f^2 / 2) / f^3 for 1 + f from sqrt(1/2) to sqrt(2).
static constexpr double logTail[] = {
    3.333331347e-01,  -2.500000894e-01, 2.000211775e-01,
    -1.666799635e-01, 1.421956271e-01,  -1.240557805e-01,
    1.188809574e-01,  -1.167574450e-01, 6.746895611e-02};

/// (tanh(x) - x) / x^3 in x^2, for |x| <= 0.55.
static constexpr double tanhTail[] = {-3.333331645e-01, 1.333258599e-01,
                                      -5.385235325e-02, 2.107180282e-02,
                                      -6.274356507e-03};

namespace {
/// x = n ln2 + r, with n as a number's low bits.
struct ExpReduction {
  Value n, r;
};

/// x = 2^k (1 + f), with 1 + f near 1; k as a number.
struct LogReduction {
  Value k, f;
};
} // namespace

/// Needs |x| < 2^9, or NaN.
static ExpReduction reduceExp(MathBuilder &math, Value x) {
  // Rounds to an integer, which then stands in the low bits.
  Value magic = math.number(0x1.8p23, x);
  Value shifted = math.fma(x, 1 / std::log(2.0), magic);
  Value n = math.sub(shifted, magic);
  Value r = math.fma(n, -ln2High, x);
  r = math.fma(n, -ln2Low, r);
  // The low bits of the integer are n; those above are the magic number's.
  Value integer = math.bits(shifted);
  return {math.subInt(integer, math.integer(0x4b400000, integer)), r};
}

/// e^r for the rest of a reduction.
static Value expOfRest(MathBuilder &math, Value r) {
  Value one = math.number(1, r);
  return math.fma(math.fma(math.polynomial(r, expTail), r, one), r, one);
}

/// x 2^n, in two steps, so that neither factor leaves the normal range and only
/// the last product rounds.
static Value scale(MathBuilder &math, Value x, Value n) {
  Value half = math.shiftRight(n, 1);
  Value rest = math.subInt(n, half);
  return math.mul(math.mul(x, math.powerOfTwo(half)), math.powerOfTwo(rest));
}

Value sinter::buildExp(MathBuilder &math, Value x) {
  auto [n, r] = reduceExp(math, math.clamp(x, -104.0, 89.0));
  return scale(math, expOfRest(math, r), n);
}

/// e^x for x <= 0 or NaN: the first factor is normal for every n, so that the
/// second can be the same for all.
static Value buildExpOfNegative(MathBuilder &math, Value x) {
  auto [n, r] = reduceExp(math, math.atLeast(x, -104.0));
  Value factor = math.powerOfTwo(math.addInt(n, math.integer(64, n)));
  return math.mul(math.mul(expOfRest(math, r), factor),
                  math.number(0x1p-64, x));
}

/// e^x for 0 <= x <= 64 or NaN.
static Value buildExpOfSmall(MathBuilder &math, Value x) {
  auto [n, r] = reduceExp(math, x);
  return math.mul(expOfRest(math, r), math.powerOfTwo(n));
}

static Value buildExp2(MathBuilder &math, Value x) {
  x = math.clamp(x, -151.0, 129.0);
  auto [n, integer] = math.roundToInt(x);
  Value r = math.sub(x, n);
  Value power = math.fma(math.polynomial(r, exp2Tail), r, math.number(1, r));
  return scale(math, power,
               math.subInt(integer, math.integer(0x4b400000, integer)));
}

static Value buildExpm1(MathBuilder &math, Value x) {
  auto [n, r] = reduceExp(math, math.clamp(x, -25.0, 89.0));
  Value tail = math.polynomial(r, expm1Tail);
  Value small = math.fma(math.mul(r, r), tail, r);
  // Half of the result, since 2^n itself overflows for the largest arguments.
  Value half = math.powerOfTwo(math.subInt(n, math.integer(1, n)));
  Value result = math.fma(half, small, math.sub(half, math.number(0.5, half)));
  result = math.add(result, result);
  // Keeps the sign of zero and the last bit of tiny arguments.
  return math.select(math.compare(Compare::OLT, math.abs(x), 0x1p-26), x,
                     result);
}

/// For positive normal x. 0x3f3504f3 are the bits of sqrt(1/2).
static LogReduction reduceLog(MathBuilder &math, Value x) {
  Value bits = math.bits(x);
  Value k =
      math.shiftRight(math.subInt(bits, math.integer(0x3f3504f3, bits)), 23);
  Value one = math.fromBits(math.subInt(bits, math.shiftLeft(k, 23)));
  return {math.intToFloat(k), math.sub(one, math.number(1, one))};
}

/// k ln2 + log(1 + f) + correction.
static Value combineLog(MathBuilder &math, Value k, Value f, Value correction) {
  Value square = math.mul(f, f);
  Value tail = math.mul(math.mul(square, f), math.polynomial(f, logTail));
  tail = math.fma(k, ln2Low, math.add(tail, correction));
  tail = math.fma(square, -0.5, tail);
  return math.fma(k, ln2High, math.add(f, tail));
}

/// The limits that the reduction does not give: `zero` stands for x (or 1 + x)
/// where the logarithm has its pole.
static Value limitsOfLog(MathBuilder &math, Value argument, Value result) {
  result = math.select(math.compare(Compare::OEQ, argument, infinity), argument,
                       result);
  result =
      math.select(math.compare(Compare::OEQ, argument, 0.0), -infinity, result);
  return math.select(math.compare(Compare::ULT, argument, 0.0), quietNaN,
                     result);
}

static Value buildLog(MathBuilder &math, Value x) {
  Value tiny = math.compare(Compare::OLT, x, 0x1p-126);
  Value normal = math.select(tiny, math.mul(x, math.number(0x1p23, x)), x);
  auto [k, f] = reduceLog(math, normal);
  k = math.select(tiny, math.sub(k, math.number(23, k)), k);
  return limitsOfLog(math, x, combineLog(math, k, f, math.number(0, f)));
}

static Value buildLog1p(MathBuilder &math, Value x) {
  Value one = math.number(1, x);
  Value sum = math.add(one, x);
  // What the sum lost, exactly.
  Value part = math.sub(sum, one);
  Value lost = math.add(math.sub(one, math.sub(sum, part)), math.sub(x, part));
  auto [k, f] = reduceLog(math, sum);
  // Without a power of two, f is x itself and nothing is lost.
  Value plain = math.compare(Compare::OEQ, k, 0.0);
  f = math.select(plain, x, f);
  Value correction = math.select(plain, 0.0, math.div(lost, sum));
  Value result = combineLog(math, k, f, correction);
  result = limitsOfLog(math, sum, result);
  return math.select(math.compare(Compare::OLT, math.abs(x), 0x1p-26), x,
                     result);
}

static Value buildTanh(MathBuilder &math, Value x) {
  Value size = math.atMost(math.abs(x), 10);
  Value square = math.mul(size, size);
  Value small =
      math.fma(math.mul(square, size), math.polynomial(square, tanhTail), size);
  // 1 - 2 / (e^2x + 1)
  Value power = buildExpOfSmall(math, math.add(size, size));
  Value one = math.number(1, power);
  Value large =
      math.sub(one, math.div(math.number(2, power), math.add(power, one)));
  Value isSmall = math.compare(Compare::OLT, size, 0.55);
  return math.copySign(math.select(isSmall, small, large), x);
}

/// 1 / (1 + e^-x) as e^min(x, 0) / (1 + e^-|x|): the power never overflows, so
/// that the result is right down to subnormal numbers.
static Value buildLogistic(MathBuilder &math, Value x) {
  Value power = buildExpOfNegative(math, math.neg(math.abs(x)));
  Value one = math.number(1, power);
  Value negative = math.compare(Compare::OLT, x, 0.0);
  Value sum = math.add(one, power);
  Value quotient = math.div(math.select(negative, power, one), sum);
  // What the sum lost counts most where it is near 1, so that no division by
  // it is needed here.
  Value lost = math.sub(power, math.sub(sum, one));
  return math.fma(math.neg(quotient), lost, quotient);
}

static bool isOne(Value value) {
  // The constant may still be a scalar that is broadcast.
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    value = broadcast.getSource();
  FloatAttr number;
  DenseFPElementsAttr numbers;
  if (matchPattern(value, m_Constant(&number)))
    return number.getValue().isExactlyValue(1.0);
  return matchPattern(value, m_Constant(&numbers)) && numbers.isSplat() &&
         numbers.getSplatValue<APFloat>().isExactlyValue(1.0);
}

namespace {

struct ExpandLogistic : OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::DivFOp op,
                                PatternRewriter &rewriter) const override {
    auto sum = op.getRhs().getDefiningOp<arith::AddFOp>();
    if (!getElementTypeOrSelf(op.getType()).isF32() || !isOne(op.getLhs()) ||
        !sum)
      return rewriter.notifyMatchFailure(op, "not 1 / (a + b) of f32");
    auto power = sum.getRhs().getDefiningOp<math::ExpOp>();
    Value one = sum.getLhs();
    if (!power) {
      power = sum.getLhs().getDefiningOp<math::ExpOp>();
      one = sum.getRhs();
    }
    if (!power || !isOne(one))
      return rewriter.notifyMatchFailure(op, "not 1 / (1 + exp(a))");
    MathBuilder math(rewriter, op.getLoc(), op.getResult());
    auto negation = power.getOperand().getDefiningOp<arith::NegFOp>();
    Value x = negation ? negation.getOperand() : math.neg(power.getOperand());
    rewriter.replaceOp(op, buildLogistic(math, x));
    return success();
  }
};

} // namespace

void sinter::populateExpandLogisticPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandLogistic>(patterns.getContext());
}

void sinter::populateExpandExpLogPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<math::ExpOp, buildExp>,
               ExpandUnary<math::Exp2Op, buildExp2>,
               ExpandUnary<math::ExpM1Op, buildExpm1>,
               ExpandUnary<math::LogOp, buildLog>,
               ExpandUnary<math::Log1pOp, buildLog1p>,
               ExpandUnary<math::TanhOp, buildTanh>>(patterns.getContext());
}
