// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dot products: the sums of their lanes, and the epilogue.

#include "DotBuilder.h"
#include "OperationInterleaver.h"
#include "Outputs.h"
#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace sinter::cpu {

/// The sums of the lanes of as many vectors as there are lanes, or fewer, which
/// are a power of two then: lane l of the result belongs to vector l modulo
/// their number. Two vectors that hold runs of `held` lanes for the vectors
/// before them become one that holds runs of both in turns: what stays where it
/// is, plus what moves from one run to the next.
Value DotBuilder::sumLanes(SmallVector<Value> vectors) {
  OpBuilder &builder = evaluator.getBuilder();
  int64_t lanes = evaluator.getLanes(), held = 1;
  auto shuffle = [&](Value left, Value right, auto sourceOf) -> Value {
    SmallVector<int64_t> sources;
    for (int64_t lane = 0; lane < lanes; ++lane)
      sources.push_back(sourceOf(lane));
    return builder.create<vector::ShuffleOp>(loc, left, right, sources);
  };
  for (; vectors.size() > 1; held *= 2) {
    auto ofRight = [&](int64_t lane) { return (lane & held) ? lanes : 0; };
    for (size_t i = 0; i < vectors.size() / 2; ++i) {
      Value left = vectors[2 * i], right = vectors[2 * i + 1];
      Value stays = shuffle(left, right,
                            [&](int64_t lane) { return lane + ofRight(lane); });
      Value moves = shuffle(left, right, [&](int64_t lane) {
        return (lane ^ held) + ofRight(lane);
      });
      vectors[i] = builder.create<arith::AddFOp>(loc, stays, moves);
    }
    vectors.resize(vectors.size() / 2);
  }
  Value sums = vectors.front();
  for (int64_t distance = lanes / 2; distance >= held; distance /= 2) {
    Value moved =
        shuffle(sums, sums, [&](int64_t lane) { return lane ^ distance; });
    sums = builder.create<arith::AddFOp>(loc, sums, moved);
  }
  return sums;
}

/// Puts the sums of the lanes of a block's results into their places, as many
/// rows at a time as have room in a vector.
void DotBuilder::storeSums(ArrayRef<Value> sums, int64_t columns,
                           function_ref<SmallVector<Value>(int64_t)> placeOf,
                           Value results) {
  OpBuilder &builder = evaluator.getBuilder();
  int64_t lanes = evaluator.getLanes(),
          width = std::min<int64_t>(llvm::PowerOf2Ceil(columns), lanes),
          rows = sums.size() / columns;
  if (sums.size() == 1) {
    Value sum = Combiner::match(product.op, 0)->combineLanes(builder, sums[0]);
    builder.create<memref::StoreOp>(loc, sum, results, placeOf(0));
    return;
  }
  Value zero = evaluator.toLanes(evaluator.getScalar(element, 0));
  for (int64_t first = 0; first < rows; first += lanes / width) {
    int64_t count = std::min(rows - first, lanes / width);
    SmallVector<Value> vectors(llvm::PowerOf2Ceil(count) * width, zero);
    for (int64_t row = 0; row < count; ++row)
      llvm::copy(sums.slice((first + row) * columns, columns),
                 vectors.begin() + row * width);
    Value lanesOfRows = sumLanes(vectors);
    for (int64_t row = 0; row < count; ++row) {
      Value own = builder.create<vector::ExtractStridedSliceOp>(
          loc, lanesOfRows, row * width, width, 1);
      builder.create<vector::StoreOp>(loc, own, results, placeOf(first + row));
    }
  }
}

/// The results of some rows pass through the epilogue to their only store.
LogicalResult DotBuilder::emitEpilogue(const Group &group, AffineExpr row,
                                       int64_t rows) {
  evaluator.setActiveLanes(group.columns);
  OperationInterleaver interleaver(evaluator.getBuilder());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t gate = 0; gate < int64_t(product.gates.size()); ++gate)
      if (failed(bindResult(group, row + i, gate)))
        return failure();
    interleaver.startSequence();
    Index point =
        group.at(product, row + i, group.firstColumn + space.getLane());
    if (failed(emitOutputs(kernel, evaluator, point, /*ofRows=*/true)))
      return failure();
  }
  evaluator.setMask(Value());
  interleaver.interleave();
  return success();
}

/// Makes a row of one gate, with the initial value, the product's value.
LogicalResult DotBuilder::bindResult(const Group &group, AffineExpr row,
                                     int64_t gate) {
  OpBuilder &builder = evaluator.getBuilder();
  Index index = product.getResultIndex(
      group.at(product, row,
               group.firstColumn + product.gates[gate] + space.getLane()),
      space);
  Value result = builder.create<vector::LoadOp>(
      loc, evaluator.getLanesType(element), group.results,
      ValueRange{space.getIndex(gate), space.emit(row), space.getIndex(0)});
  Combiner combiner = *Combiner::match(product.op, 0);
  Value init = product.op.getDpsInits()[0];
  if (!combiner.isNeutral(init)) {
    FailureOr<Value> start = evaluator.evaluate(init, index);
    if (failed(start))
      return failure();
    result = combiner.combine(builder, evaluator.toLanes(*start), result);
  }
  evaluator.bind(product.op.getResult(0), index, result);
  return success();
}
} // namespace sinter::cpu
