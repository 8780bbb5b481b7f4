// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// powf, log2 and log10 on f32, through a logarithm in f64: there the error of
// log2(x) is far below what multiplication by y can make visible in f32.
#include "MathBuilder.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include <cmath>
#include <limits>

using namespace mlir;
using sinter::MathBuilder;
using Compare = MathBuilder::Compare;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double quietNaN = std::numeric_limits<double>::quiet_NaN();

/// log2 of a number in f64 that came from f32, relative error about 2^-45.
/// 0 gives -inf, +inf itself, negative numbers and NaN give NaN.
static Value buildLog2InDouble(MathBuilder &math, Value x) {
  Value bits = math.bits(x);
  // 0x3fe6a09e667f3bcd are the bits of sqrt(1/2): m is near 1.
  Value k = math.shiftRight(
      math.subInt(bits, math.integer(0x3fe6a09e667f3bcd, bits)), 52);
  Value m = math.fromBits(math.subInt(bits, math.shiftLeft(k, 52)));
  Value one = math.number(1, m);
  // log(m) = 2 atanh(s) = 2 (s + s^3/3 + s^5/5 + …), with |s| < 0.172.
  Value s = math.div(math.sub(m, one), math.add(m, one));
  static constexpr double series[] = {1.0,      1.0 / 3,  1.0 / 5,
                                      1.0 / 7,  1.0 / 9,  1.0 / 11,
                                      1.0 / 13, 1.0 / 15, 1.0 / 17};
  Value sum = math.mul(s, math.polynomial(math.mul(s, s), series));
  Value result = math.fma(sum, 2 / std::log(2.0), math.intToFloat(k));
  result = math.select(math.compare(Compare::OEQ, x, infinity), x, result);
  result = math.select(math.compare(Compare::OEQ, x, 0.0), -infinity, result);
  return math.select(math.compare(Compare::ULT, x, 0.0), quietNaN, result);
}

/// 2^t in f64, to about 2^-45, for what will be rounded to f32: beyond its
/// range the result only overflows or vanishes in f32.
static Value buildExp2InDouble(MathBuilder &math, Value t) {
  t = math.clamp(t, -300, 300);
  auto [n, integer] = math.roundToInt(t);
  Value r = math.mul(math.sub(t, n), math.number(std::log(2.0), t));
  static constexpr double series[] = {
      1.0,         1.0,          1.0 / 2,       1.0 / 6,
      1.0 / 24,    1.0 / 120,    1.0 / 720,     1.0 / 5040,
      1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
  Value magic = math.integer(0x4338000000000000, integer);
  return math.mul(math.polynomial(r, series),
                  math.powerOfTwo(math.subInt(integer, magic)));
}

static Value buildLog2(MathBuilder &math, Value x) {
  return math.toFloat(buildLog2InDouble(math, math.toDouble(x)));
}

static Value buildLog10(MathBuilder &math, Value x) {
  Value log2 = buildLog2InDouble(math, math.toDouble(x));
  return math.toFloat(math.mul(log2, math.number(std::log10(2.0), log2)));
}

namespace {

/// C99's special cases, in the order of their strength at the end.
struct ExpandPow : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not of f32");
    MathBuilder math(rewriter, op.getLoc(), op.getResult());
    Value x = math.toDouble(op.getLhs()), y = math.toDouble(op.getRhs());
    Value size = math.abs(x);
    // 0 times infinity is NaN; but 1 to any power is 1.
    Value isUnit = math.compare(Compare::OEQ, size, 1.0);
    Value log = math.mul(y, buildLog2InDouble(math, size));
    log = math.select(isUnit, 0.0, log);
    Value result = buildExp2InDouble(math, log);

    auto floor = [&](Value value) -> Value {
      return rewriter.create<math::FloorOp>(op.getLoc(), value);
    };
    Value half = math.mul(y, math.number(0.5, y));
    Value isInteger = math.compare(Compare::OEQ, floor(y), y);
    Value isOdd =
        math.both(isInteger, math.compare(Compare::ONE, floor(half), half));
    // -0 to an odd power is -0 or -infinity.
    result = math.select(isOdd, math.copySign(result, x), result);
    Value noPower =
        math.both(math.both(math.compare(Compare::OLT, x, 0.0),
                            math.compare(Compare::OGT, x, -infinity)),
                  math.compare(Compare::UNE, floor(y), y));
    result = math.select(noPower, quietNaN, result);
    result = math.select(math.compare(Compare::UNO, y, y), quietNaN, result);
    result = math.select(math.compare(Compare::OEQ, y, 0.0), 1.0, result);
    result = math.select(math.compare(Compare::OEQ, x, 1.0), 1.0, result);
    rewriter.replaceOp(op, math.toFloat(result));
    return success();
  }
};

} // namespace

void sinter::populateExpandPowerPatterns(RewritePatternSet &patterns) {
  patterns.add<sinter::ExpandUnary<math::Log2Op, buildLog2>,
               sinter::ExpandUnary<math::Log10Op, buildLog10>, ExpandPow>(
      patterns.getContext());
}
