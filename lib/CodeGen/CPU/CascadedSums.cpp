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

SmallVector<Value> CascadedSums::start(ValueRange initial, bool isWide) {
  OpBuilder &builder = evaluator.getBuilder();
  SmallVector<Value> totals;
  types.clear();
  for (auto [value, cascades] : llvm::zip_equal(initial, isSum)) {
    types.push_back(value.getType());
    totals.push_back(cascades && isWide ? convertFloat(builder, loc, value,
                                                       builder.getF64Type())
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
    Value wide =
        convertFloat(builder, loc, sum, getElementTypeOrSelf(total.getType()));
    next.push_back(builder.create<arith::AddFOp>(loc, total, wide));
  }
  return next;
}

CascadedSums::Values CascadedSums::emitBlocks(int64_t extent,
                                              ArrayRef<int64_t> sizes,
                                              ValueRange totals,
                                              BlockBody body) {
  IndexSpace &space = evaluator.getSpace();
  return emitPart(space.getIndex(0), space.getIndex(extent), extent, sizes,
                  totals, body);
}

/// Emits [lower, upper), which is in [0, extent).
CascadedSums::Values CascadedSums::emitPart(Value lower, Value upper,
                                            int64_t extent,
                                            ArrayRef<int64_t> sizes,
                                            ValueRange totals, BlockBody body) {
  if (sizes.empty())
    return body(lower, upper, totals);
  IndexSpace &space = evaluator.getSpace();
  OpBuilder &builder = evaluator.getBuilder();
  int64_t size = sizes.front();
  return evaluator.emitLoop(
      loc, lower, upper, size, {0, std::max<int64_t>(extent - 1, 0)}, totals,
      [&](AffineExpr first, ValueRange inner) -> Values {
        Value begin = space.emit(first);
        Value end =
            builder.create<arith::AddIOp>(loc, begin, space.getIndex(size));
        if (extent % size != 0)
          end = builder.create<arith::MinUIOp>(loc, end, upper);
        Values block = emitPart(begin, end, extent, sizes.drop_front(),
                                startBlock(inner), body);
        if (failed(block))
          return failure();
        return addBlock(inner, *block);
      });
}

CascadedSums::Values CascadedSums::emitVectorBlocks(int64_t extent,
                                                    ArrayRef<int64_t> sizes,
                                                    int64_t unroll,
                                                    ValueRange totals,
                                                    VectorBody body) {
  return emitVectorPart(evaluator.getSpace().getConstant(0), extent, sizes,
                        unroll, totals, body);
}

/// Emits `extent` elements from `first` on.
CascadedSums::Values
CascadedSums::emitVectorPart(AffineExpr first, int64_t extent,
                             ArrayRef<int64_t> sizes, int64_t unroll,
                             ValueRange totals, VectorBody body) {
  if (sizes.empty())
    return emitVectors(evaluator, loc, first, extent, unroll, totals, body);
  IndexSpace &space = evaluator.getSpace();
  int64_t elements = sizes.front() * unroll * evaluator.getLanes();
  int64_t blocked = extent / elements * elements;
  auto emitBlock = [&](AffineExpr begin, int64_t count,
                       ValueRange inner) -> Values {
    Values block = emitVectorPart(begin, count, sizes.drop_front(), unroll,
                                  startBlock(inner), body);
    if (failed(block))
      return failure();
    return addBlock(inner, *block);
  };
  Values values = evaluator.emitLoop(
      loc, space.getIndex(0), space.getIndex(blocked), elements,
      {0, std::max<int64_t>(blocked - elements, 0)}, totals,
      [&](AffineExpr iv, ValueRange inner) {
        return emitBlock(first + iv, elements, inner);
      });
  if (failed(values) || blocked == extent)
    return values;
  return emitBlock(first + blocked, extent - blocked, *values);
}

} // namespace sinter::cpu
