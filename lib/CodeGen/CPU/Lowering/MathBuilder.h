// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short notation for arithmetic on values of one shape: scalars or vectors.
#ifndef SINTER_LIB_CODEGEN_CPU_LOWERING_MATHBUILDER_H
#define SINTER_LIB_CODEGEN_CPU_LOWERING_MATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/ArrayRef.h"

namespace sinter {

/// Builds arithmetic on values shaped like one given value. Numbers are 32 or
/// 64 bits wide, in the manner of the value that an operation is applied to.
class MathBuilder {
public:
  MathBuilder(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value like)
      : builder(builder), loc(loc), shape(like.getType()) {}

  /// `element` in the shape of this builder.
  mlir::Type typeOf(mlir::Type element) const;
  /// A floating point number of the type of `like`.
  mlir::Value number(double value, mlir::Value like);
  /// An integer of the type of `like`.
  mlir::Value integer(int64_t value, mlir::Value like);

  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value fma(mlir::Value a, double b, mlir::Value c);
  mlir::Value abs(mlir::Value a);
  mlir::Value neg(mlir::Value a);
  mlir::Value copySign(mlir::Value magnitude, mlir::Value sign);
  /// Coefficients from the constant term up, in Horner's scheme.
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<double> coefficients);

  mlir::Value addInt(mlir::Value a, mlir::Value b);
  mlir::Value subInt(mlir::Value a, mlir::Value b);
  mlir::Value andInt(mlir::Value a, mlir::Value b);
  mlir::Value shiftLeft(mlir::Value a, int64_t bits);
  /// Keeps the sign.
  mlir::Value shiftRight(mlir::Value a, int64_t bits);

  using Compare = mlir::arith::CmpFPredicate;
  mlir::Value compare(Compare predicate, mlir::Value a, mlir::Value b);
  mlir::Value compare(Compare predicate, mlir::Value a, double b);
  mlir::Value both(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, double a, mlir::Value b);
  /// Values beyond the bounds become them; NaN stays NaN.
  mlir::Value atLeast(mlir::Value x, double low);
  mlir::Value atMost(mlir::Value x, double high);
  mlir::Value clamp(mlir::Value x, double low, double high);

  mlir::Value bits(mlir::Value floating);
  mlir::Value fromBits(mlir::Value integer);
  mlir::Value toDouble(mlir::Value x);
  mlir::Value toFloat(mlir::Value x);
  mlir::Value intToFloat(mlir::Value x);
  /// The nearest integer, ties to even, as a number and in the low bits of an
  /// integer. For |x| < 2^22 (f32) or 2^51 (f64); no undefined value for NaN.
  std::pair<mlir::Value, mlir::Value> roundToInt(mlir::Value x);
  /// 2^n of an integer, f32 or f64 by its width; n must be in the range of
  /// normal numbers.
  mlir::Value powerOfTwo(mlir::Value n);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type shape;
};

/// e^x of f32, to about 1 ulp, also where the result is subnormal.
mlir::Value buildExp(MathBuilder &math, mlir::Value x);

/// Replaces `OpT`, of one f32 operand, by what `build` makes.
template <typename OpT, mlir::Value (*build)(MathBuilder &, mlir::Value)>
struct ExpandUnary : mlir::OpRewritePattern<OpT> {
  using mlir::OpRewritePattern<OpT>::OpRewritePattern;
  mlir::LogicalResult
  matchAndRewrite(OpT op, mlir::PatternRewriter &rewriter) const override {
    mlir::Value x = op.getOperand();
    if (!mlir::getElementTypeOrSelf(x).isF32())
      return rewriter.notifyMatchFailure(op, "not of f32");
    MathBuilder math(rewriter, op.getLoc(), x);
    rewriter.replaceOp(op, build(math, x));
    return mlir::success();
  }
};

} // namespace sinter
#endif
