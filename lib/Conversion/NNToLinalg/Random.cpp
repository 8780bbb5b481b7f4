// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random draws: Philox4x32-10 in the region, one 32-bit word per element.
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sinter::nn {
namespace {

/// Emits 32-bit and 64-bit integer arithmetic.
struct WordBuilder {
  OpBuilder &builder;
  Location location;

  Value word(int64_t value) {
    return integerConstant(builder, location, builder.getI32Type(),
                           static_cast<int32_t>(value));
  }
  Value low(Value wide) {
    return builder.create<arith::TruncIOp>(location, builder.getI32Type(),
                                           wide);
  }
  Value high(Value wide) { return low(shiftRight(wide, 32)); }
  Value shiftRight(Value value, int64_t bits) {
    Value amount = integerConstant(builder, location, value.getType(), bits);
    return builder.create<arith::ShRUIOp>(location, value, amount);
  }
  Value exclusiveOr(Value left, Value right) {
    return builder.create<arith::XOrIOp>(location, left, right);
  }
  Value add(Value left, Value right) {
    return builder.create<arith::AddIOp>(location, left, right);
  }
  Value select(Value condition, Value left, Value right) {
    return builder.create<arith::SelectOp>(location, condition, left, right);
  }
  /// Whether a bit of a word is set.
  Value bit(Value value, int64_t mask) {
    Value masked = builder.create<arith::AndIOp>(location, value, word(mask));
    return builder.create<arith::CmpIOp>(location, arith::CmpIPredicate::ne,
                                         masked, word(0));
  }
};

/// Ten rounds of Philox4x32 on a counter of four words under a key of two.
std::array<Value, 4> philox(WordBuilder &words, std::array<Value, 4> counter,
                            std::array<Value, 2> key) {
  constexpr int64_t multipliers[] = {0xD2511F53, 0xCD9E8D57},
                    increments[] = {0x9E3779B9, 0xBB67AE85};
  for (int round = 0; round < 10; ++round) {
    if (round)
      for (int part = 0; part < 2; ++part)
        key[part] = words.add(key[part], words.word(increments[part]));
    auto first = words.builder.create<arith::MulUIExtendedOp>(
        words.location, counter[0], words.word(multipliers[0]));
    auto second = words.builder.create<arith::MulUIExtendedOp>(
        words.location, counter[2], words.word(multipliers[1]));
    counter = {words.exclusiveOr(
                   words.exclusiveOr(second.getHigh(), counter[1]), key[0]),
               second.getLow(),
               words.exclusiveOr(words.exclusiveOr(first.getHigh(), counter[3]),
                                 key[1]),
               first.getLow()};
  }
  return counter;
}

/// The row-major number of the element that a generic computes, as an i64.
Value elementNumber(OpBuilder &builder, Location location,
                    ArrayRef<int64_t> shape) {
  Value number = builder.create<arith::ConstantIndexOp>(location, 0);
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    Value index = builder.create<linalg::IndexOp>(location, dim);
    Value length = builder.create<arith::ConstantIndexOp>(location, extent);
    number = dim ? builder.create<arith::MulIOp>(location, number, length)
                       .getResult()
                 : number;
    number =
        dim ? builder.create<arith::AddIOp>(location, number, index).getResult()
            : index;
  }
  return builder.create<arith::IndexCastOp>(location, builder.getI64Type(),
                                            number);
}

/// The four words of the block that element `number` belongs to.
std::array<Value, 4> drawBlock(WordBuilder &words, Value number, Value seed,
                               Value step, Value id) {
  Value block = words.shiftRight(number, 2);
  Value second = words.exclusiveOr(
      words.high(block), words.exclusiveOr(words.high(step), words.high(id)));
  return philox(words,
                {words.low(block), second, words.low(id), words.low(step)},
                {words.low(seed), words.high(seed)});
}

/// A word as a number in [0, 1), a multiple of 2^-24.
Value uniform(WordBuilder &words, Value word, Type type) {
  Value integer = words.shiftRight(word, 8);
  Value number =
      words.builder.create<arith::SIToFPOp>(words.location, type, integer);
  Value unit = floatConstant(words.builder, words.location, type, 0x1p-24);
  return words.builder.create<arith::MulFOp>(words.location, number, unit);
}

Value uniformElement(WordBuilder &words, std::array<Value, 4> block, Value lane,
                     Type type) {
  Value odd = words.bit(lane, 1), upper = words.bit(lane, 2);
  Value word = words.select(upper, words.select(odd, block[3], block[2]),
                            words.select(odd, block[1], block[0]));
  return uniform(words, word, type);
}

/// Box-Muller: two words give a cosine for the even and a sine for the odd
/// element. The sine is the cosine of a quarter turn less, exactly so on the
/// grid of the uniforms.
Value normalElement(WordBuilder &words, std::array<Value, 4> block, Value lane,
                    Type type) {
  OpBuilder &builder = words.builder;
  Location location = words.location;
  auto constant = [&](double value) {
    return floatConstant(builder, location, type, value);
  };
  Value odd = words.bit(lane, 1), upper = words.bit(lane, 2);
  Value first = uniform(words, words.select(upper, block[2], block[0]), type);
  Value second = uniform(words, words.select(upper, block[3], block[1]), type);
  Value positive = builder.create<arith::SubFOp>(
      location, constant(1), first); // in (0, 1]: its logarithm is finite
  Value logarithm = builder.create<math::LogOp>(location, positive);
  Value square =
      builder.create<arith::MulFOp>(location, logarithm, constant(-2));
  Value radius = builder.create<math::SqrtOp>(location, square);
  Value quarter = words.select(odd, constant(0.25), constant(0));
  Value turn = builder.create<arith::SubFOp>(location, second, quarter);
  Value angle = builder.create<arith::MulFOp>(location, turn,
                                              constant(2 * llvm::numbers::pi));
  Value cosine = builder.create<math::CosOp>(location, angle);
  return builder.create<arith::MulFOp>(location, radius, cosine);
}

using ElementBuilder = Value (*)(WordBuilder &, std::array<Value, 4>, Value,
                                 Type);

template <typename Op, ElementBuilder buildElement>
struct RandomLowering : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto body = [&](OpBuilder &builder, Location location, ValueRange scalars) {
      WordBuilder words{builder, location};
      Value number = elementNumber(builder, location, type.getShape());
      Value id = integerConstant(builder, location, builder.getI64Type(),
                                 int64_t(op.getId()));
      if (op.getDraw())
        id = words.add(scalars[2], id);
      std::array<Value, 4> block =
          drawBlock(words, number, scalars[0], scalars[1], id);
      return buildElement(words, block, words.low(number),
                          type.getElementType());
    };
    rewriter.replaceOp(op, buildElementwise(rewriter, op.getLoc(), type,
                                            adaptor.getOperands(), body));
    return success();
  }
};

} // namespace

void populateRandomToLinalg(const TypeConverter &converter,
                            RewritePatternSet &patterns) {
  patterns.add<RandomLowering<RandomUniformOp, uniformElement>,
               RandomLowering<RandomNormalOp, normalElement>>(
      converter, patterns.getContext());
}

} // namespace sinter::nn
