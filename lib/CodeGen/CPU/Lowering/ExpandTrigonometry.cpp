// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sin, cos and erf on f32.
#include "MathBuilder.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"

using namespace mlir;
using sinter::MathBuilder;
using Compare = MathBuilder::Compare;

/// erf(x) / x - 1 in x^2 for |x| <= 0.93.
static constexpr double erfSmall[] = {1.283791512e-01, -3.761249483e-01,
                                      1.128180325e-01, -2.676557191e-02,
                                      4.990982823e-03, -5.976893590e-04};

/// (log(1 - erf(x)) + x) / x for x from 0.92 to 4; there erf is 1.
static constexpr double erfLarge[] = {
    -1.286521554e-01, -6.351359487e-01, -1.062631309e-01, 2.378533781e-02,
    -3.653760999e-03, 3.256523341e-04,  -1.152230016e-05};

// Taylor series, in f64, enough for f32: the next terms are below 2^-33 of the
// result for |r| <= pi/4.
static constexpr double sinSeries[] = {
    1.0, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800};
static constexpr double cosSeries[] = {
    1.0,         -1.0 / 2,       1.0 / 24,       -1.0 / 720,
    1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600};

/// Above, n = x / (pi/2) has too many bits for the reduction in f64.
static constexpr double largestAngle = 0x1p45;

/// sin(x) or cos(x) = sin(x + pi/2): the quadrant is counted in f64, in which
/// the multiple of pi/2 is taken away in two parts.
static Value buildSinCos(MathBuilder &math, Value angle, int64_t quarterTurns) {
  // Larger angles have a path of their own; here they must only be harmless.
  Value x = math.toDouble(math.clamp(angle, -largestAngle, largestAngle));
  auto [n, integer] =
      math.roundToInt(math.mul(x, math.number(0x1.45f306dc9c883p-1, x)));
  Value r = math.fma(n, -0x1.921fb54442d18p0, x);
  r = math.fma(n, -0x1.1a62633145c07p-54, r);
  Value quadrant = math.addInt(integer, math.integer(quarterTurns, integer));
  Value square = math.mul(r, r);
  Value sine = math.mul(r, math.polynomial(square, sinSeries));
  Value cosine = math.polynomial(square, cosSeries);
  // Bit 0 of the quadrant chooses the function, bit 1 the sign.
  Value one = math.integer(1, quadrant);
  Value odd = math.fromBits(math.shiftLeft(math.andInt(quadrant, one), 62));
  Value result =
      math.select(math.compare(Compare::UNE, odd, 0.0), cosine, sine);
  Value sign = math.shiftLeft(math.andInt(quadrant, math.integer(2, one)), 62);
  return math.toFloat(math.fromBits(math.addInt(math.bits(result), sign)));
}

static Value buildErf(MathBuilder &math, Value x) {
  Value size = math.clamp(math.abs(x), 0, 4);
  Value square = math.mul(size, size);
  Value small = math.fma(size, math.polynomial(square, erfSmall), size);
  Value exponent =
      math.fma(size, math.polynomial(size, erfLarge), math.neg(size));
  Value power = sinter::buildExp(math, exponent);
  Value large = math.sub(math.number(1, power), power);
  Value isSmall = math.compare(Compare::OLT, size, 0.925);
  return math.copySign(math.select(isSmall, small, large), x);
}

namespace {

/// Expands sin or cos; if any lane is a huge angle, the whole vector goes
/// through libm in f64, which reduces any angle exactly.
template <typename OpT, int64_t quarterTurns>
struct ExpandSinCos : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (!getElementTypeOrSelf(x).isF32())
      return rewriter.notifyMatchFailure(op, "not of f32");
    Location loc = op.getLoc();
    MathBuilder math(rewriter, loc, x);
    Value huge = math.compare(Compare::OGT, math.abs(x), largestAngle);
    if (isa<VectorType>(x.getType()))
      huge = anyLane(rewriter, loc, huge);
    auto choice = rewriter.create<scf::IfOp>(
        loc, huge,
        [&](OpBuilder &builder, Location at) {
          MathBuilder exact(builder, at, x);
          Value result = builder.create<OpT>(at, exact.toDouble(x));
          builder.create<scf::YieldOp>(at, exact.toFloat(result));
        },
        [&](OpBuilder &builder, Location at) {
          MathBuilder quick(builder, at, x);
          builder.create<scf::YieldOp>(at, buildSinCos(quick, x, quarterTurns));
        });
    rewriter.replaceOp(op, choice);
    return success();
  }

  static Value anyLane(OpBuilder &builder, Location loc, Value lanes) {
    auto type = cast<VectorType>(lanes.getType());
    if (type.getRank() != 1)
      lanes = builder.create<vector::ShapeCastOp>(
          loc, VectorType::get(type.getNumElements(), builder.getI1Type()),
          lanes);
    return builder.create<vector::ReductionOp>(loc, vector::CombiningKind::OR,
                                               lanes);
  }
};

} // namespace

void sinter::populateExpandTrigonometryPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandSinCos<math::SinOp, 0>, ExpandSinCos<math::CosOp, 1>,
               ExpandUnary<math::ErfOp, buildErf>>(patterns.getContext());
}
