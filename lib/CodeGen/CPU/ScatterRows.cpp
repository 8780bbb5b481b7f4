// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the rows of a block begin and end with, and which of them rest.

#include "Outputs.h"
#include "ScatterEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::cpu {

/// Emits whether rows without updates rest: what +0 is multiplied by gives +0.
LogicalResult ScatterEmitter::emitRests() {
  std::optional<SmallVector<RegionValue>> factors;
  if (marks)
    factors = analysis.findRestingRows(sum);
  if (!factors)
    return success();
  OpBuilder &builder = evaluator.getBuilder();
  rests = space.materialize(builder.getBoolAttr(true));
  Index anywhere(kernel.getRank(), space.getConstant(0));
  for (const RegionValue &factor : *factors) {
    FailureOr<Value> value = evaluate(factor, anywhere);
    if (failed(value))
      return failure();
    Value zero = evaluator.getScalar(value->getType(), 0);
    Value product = builder.create<arith::MulFOp>(loc, *value, zero);
    Type bits = builder.getIntegerType(zero.getType().getIntOrFloatBitWidth());
    Value isZero = builder.create<arith::CmpIOp>(
        loc, arith::CmpIPredicate::eq,
        builder.create<arith::BitcastOp>(loc, bits, product),
        space.materialize(builder.getIntegerAttr(bits, 0)));
    rests = builder.create<arith::AndIOp>(loc, rests, isZero);
  }
  return success();
}

LogicalResult ScatterEmitter::emitZeros(const Block &block) {
  return emitLoop(block.rows,
                  [&](AffineExpr row) { return emitZeroRow(block, row); });
}

LogicalResult ScatterEmitter::emitZeroRow(const Block &block, AffineExpr row) {
  Value zero = space.materialize(sum.combiner.neutral);
  Index point = block.point;
  point[sum.rowDim] = block.firstRow + row;
  return emitColumns(
      block, point,
      [&](const Index &place, AffineExpr column) -> LogicalResult {
        auto [buffer, index] = getPlace(place, row, column);
        return evaluator.store(zero, buffer, index, loc);
      });
}

/// No row is marked yet, or all are and have sums if they do not rest.
LogicalResult ScatterEmitter::emitMarks(const Block &block) {
  OpBuilder &builder = evaluator.getBuilder();
  Value all = builder.create<arith::SelectOp>(
      loc, rests, space.materialize(builder.getI8IntegerAttr(0)),
      space.materialize(builder.getI8IntegerAttr(1)));
  if (failed(emitLoop(block.rows, [&](AffineExpr row) {
        return evaluator.store(all, marks, {row}, loc);
      })))
    return failure();
  Value isDense = builder.create<arith::XOrIOp>(
      loc, rests, space.materialize(builder.getBoolAttr(true)));
  return emitIf(isDense, [&] { return emitZeros(block); });
}

/// Makes a row one that does not rest.
LogicalResult ScatterEmitter::emitMark(const Block &block, AffineExpr row) {
  OpBuilder &builder = evaluator.getBuilder();
  FailureOr<Value> mark = evaluator.load(marks, {row}, loc);
  if (failed(mark))
    return failure();
  Value isFirst = builder.create<arith::CmpIOp>(
      loc, arith::CmpIPredicate::eq, *mark,
      space.materialize(builder.getI8IntegerAttr(0)));
  return emitIf(isFirst, [&]() -> LogicalResult {
    Value one = space.materialize(builder.getI8IntegerAttr(1));
    if (failed(evaluator.store(one, marks, {row}, loc)))
      return failure();
    return emitZeroRow(block, row);
  });
}

/// Gives the kernel's results for the rows of a block, whose sums are there.
LogicalResult ScatterEmitter::emitResults(const Block &block) {
  if (laneDim)
    return emitLoop(block.rows, [&](AffineExpr row) -> LogicalResult {
      if (!rests)
        return emitResultRow(block, row);
      FailureOr<Value> mark = evaluator.load(marks, {row}, loc);
      if (failed(mark))
        return failure();
      OpBuilder &builder = evaluator.getBuilder();
      Value isMarked = builder.create<arith::CmpIOp>(
          loc, arith::CmpIPredicate::ne, *mark,
          space.materialize(builder.getI8IntegerAttr(0)));
      return emitIf(isMarked, [&] { return emitResultRow(block, row); });
    });
  Index point = block.point;
  Values done =
      emitVectors(evaluator, loc, space.getConstant(0), block.rows, kUnroll, {},
                  [&](ArrayRef<AffineExpr> rows, ValueRange) -> Values {
                    for (AffineExpr row : rows) {
                      point[sum.rowDim] = block.firstRow + row;
                      if (failed(emitResult(point, row, space.getConstant(0))))
                        return failure();
                    }
                    return SmallVector<Value>();
                  });
  return success(succeeded(done));
}

LogicalResult ScatterEmitter::emitResultRow(const Block &block,
                                            AffineExpr row) {
  Index point = block.point;
  point[sum.rowDim] = block.firstRow + row;
  return emitColumns(block, point, [&](const Index &place, AffineExpr column) {
    return emitResult(place, row, column);
  });
}

LogicalResult ScatterEmitter::emitResult(const Index &point, AffineExpr row,
                                         AffineExpr column) {
  auto [buffer, index] = getPlace(point, row, column);
  FailureOr<Value> value = evaluator.load(buffer, index, loc);
  if (failed(value))
    return failure();
  RowReduction reduction = *sum.reduction;
  evaluator.bind(reduction.op.getResult(0),
                 analysis.substitute(reduction.index, point), *value);
  return emitOutputs(kernel, evaluator, point, /*ofRows=*/true);
}

} // namespace sinter::cpu
