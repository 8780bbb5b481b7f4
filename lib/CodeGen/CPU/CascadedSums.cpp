// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops of blocks, and the change between their accumulators and the totals'.

#include "CascadedSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sinter::cpu {

Value convertFloat(OpBuilder &builder, Location loc, Value value,
                   Type element) {
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(element);
  unsigned from = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth(),
           to = element.getIntOrFloatBitWidth();
  if (from == to)
    return value;
  if (from < to)
    return builder.create<arith::ExtFOp>(loc, type, value);
  return builder.create<arith::TruncFOp>(loc, type, value);
}

SmallVector<Value> CascadedSums::widen(ValueRange initial) {
  OpBuilder &builder = evaluator.getBuilder();
  SmallVector<Value> totals;
  types.clear();
  for (auto [value, cascades] : llvm::zip_equal(initial, isSum)) {
    types.push_back(value.getType());
    totals.push_back(
        cascades ? convertFloat(builder, loc, value, builder.getF64Type())
                 : value);
  }
  return totals;
}

SmallVector<Value> CascadedSums::startBlock(ValueRange totals) {
  SmallVector<Value> block;
  for (auto [total, type, cascades] : llvm::zip_equal(totals, types, isSum)) {
    if (!cascades) {
      block.push_back(total);
      continue;
    }
    Value zero = evaluator.getScalar(getElementTypeOrSelf(type), 0);
    block.push_back(isa<VectorType>(type) ? evaluator.toLanes(zero) : zero);
  }
  return block;
}

SmallVector<Value> CascadedSums::addBlock(ValueRange totals, ValueRange block) {
  OpBuilder &builder = evaluator.getBuilder();
  SmallVector<Value> next;
  for (auto [total, sum, cascades] : llvm::zip_equal(totals, block, isSum)) {
    if (!cascades) {
      next.push_back(sum);
      continue;
    }
    Value wide = convertFloat(builder, loc, sum, builder.getF64Type());
    next.push_back(builder.create<arith::AddFOp>(loc, total, wide));
  }
  return next;
}

CascadedSums::Values CascadedSums::emitBlocks(int64_t extent, int64_t size,
                                              ValueRange totals,
                                              BlockBody body) {
  IndexSpace &space = evaluator.getSpace();
  OpBuilder &builder = evaluator.getBuilder();
  return evaluator.emitLoop(
      loc, space.getIndex(0), space.getIndex(extent), size,
      {0, std::max<int64_t>(extent - 1, 0)}, totals,
      [&](AffineExpr first, ValueRange inner) -> Values {
        Value lower = space.emit(first);
        Value upper =
            builder.create<arith::AddIOp>(loc, lower, space.getIndex(size));
        if (extent % size != 0)
          upper = builder.create<arith::MinUIOp>(loc, upper,
                                                 space.getIndex(extent));
        Values block = body(lower, upper, startBlock(inner));
        if (failed(block))
          return failure();
        return addBlock(inner, *block);
      });
}

CascadedSums::Values
CascadedSums::emitVectorBlocks(int64_t extent, int64_t size, int64_t unroll,
                               ValueRange totals, VectorBody body) {
  IndexSpace &space = evaluator.getSpace();
  int64_t elements = size * unroll * evaluator.getLanes();
  int64_t blocked = extent / elements * elements;
  auto emitBlock = [&](AffineExpr first, int64_t count,
                       ValueRange inner) -> Values {
    Values block = emitVectors(evaluator, loc, first, count, unroll,
                               startBlock(inner), body);
    if (failed(block))
      return failure();
    return addBlock(inner, *block);
  };
  Values values = evaluator.emitLoop(
      loc, space.getIndex(0), space.getIndex(blocked), elements,
      {0, std::max<int64_t>(blocked - elements, 0)}, totals,
      [&](AffineExpr first, ValueRange inner) {
        return emitBlock(first, elements, inner);
      });
  if (failed(values) || blocked == extent)
    return values;
  return emitBlock(space.getConstant(blocked), extent - blocked, *values);
}

} // namespace sinter::cpu
