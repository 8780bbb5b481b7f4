// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists of updates in stack scratch.

#include "UpdateList.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace sinter::cpu {

UpdateList::UpdateList(Evaluator &evaluator, Location loc, int64_t updates)
    : evaluator(evaluator), loc(loc), updates(updates) {
  OpBuilder &builder = evaluator.getBuilder();
  numbers = builder.create<memref::AllocaOp>(
      loc, MemRefType::get({kCapacity}, builder.getI32Type()),
      builder.getI64IntegerAttr(64));
}

LogicalResult
UpdateList::emit(function_ref<FailureOr<Value>(AffineExpr)> isTaken) {
  OpBuilder &builder = evaluator.getBuilder();
  IndexSpace &space = evaluator.getSpace();
  using Values = FailureOr<SmallVector<Value>>;
  Values counts = evaluator.emitLoop(
      loc, updates, {space.getIndex(0)},
      [&](AffineExpr update, ValueRange carried) -> Values {
        FailureOr<Value> taken = isTaken(update);
        if (failed(taken))
          return failure();
        // What is not taken is overwritten: no branch.
        Value place = builder.create<arith::MinUIOp>(
            loc, carried.front(), space.getIndex(kCapacity - 1));
        Value number = builder.create<arith::IndexCastOp>(
            loc, builder.getI32Type(), space.emit(update));
        builder.create<memref::StoreOp>(loc, number, numbers, place);
        Value one = builder.create<arith::IndexCastUIOp>(
            loc, builder.getIndexType(), *taken);
        return SmallVector<Value>{
            builder.create<arith::AddIOp>(loc, carried.front(), one)};
      });
  if (failed(counts))
    return failure();
  count = counts->front();
  return success();
}

LogicalResult
UpdateList::emitLoop(function_ref<LogicalResult(AffineExpr)> body) {
  OpBuilder &builder = evaluator.getBuilder();
  IndexSpace &space = evaluator.getSpace();
  // The last place of a full list is that of the last update, taken or not.
  Value fits = builder.create<arith::CmpIOp>(
      loc, arith::CmpIPredicate::ult, count, space.getIndex(kCapacity - 1));
  Value end = builder.create<arith::SelectOp>(loc, fits, count,
                                              space.getIndex(updates));
  using Values = FailureOr<SmallVector<Value>>;
  Values done = evaluator.emitLoop(
      loc, space.getIndex(0), end, 1, {0, updates - 1}, {},
      [&](AffineExpr iv, ValueRange) -> Values {
        Value position = space.emit(iv);
        Value place = builder.create<arith::MinUIOp>(
            loc, position, space.getIndex(kCapacity - 1));
        Value listed = builder.create<arith::IndexCastUIOp>(
            loc, builder.getIndexType(),
            builder.create<memref::LoadOp>(loc, numbers, place));
        Value number =
            builder.create<arith::SelectOp>(loc, fits, listed, position);
        if (failed(body(space.addVariable(number, updates - 1))))
          return failure();
        return SmallVector<Value>();
      });
  return success(succeeded(done));
}

} // namespace sinter::cpu
