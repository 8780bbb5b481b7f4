// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cumulations: the points of a row follow one another, and each is stored with
// what the accumulators are there.

#include "NestEmitter.h"

using namespace mlir;

namespace sinter::cpu {

/// Steps every cumulation at a point of each row, makes its value there known,
/// and stores. Gives the new accumulators.
FailureOr<SmallVector<Value>>
NestEmitter::emitCumulationSteps(ArrayRef<Index> points,
                                 ValueRange accumulators) {
  SmallVector<Value> next;
  for (const Index &point : points)
    for (const Cumulation &cumulation : analysis.getCumulations()) {
      linalg::GenericOp op = cumulation.op;
      Index iteration = analysis.substitute(cumulation.iteration, point);
      Evaluator::Frame frame(op, iteration);
      size_t first = next.size();
      for (auto [i, argument] :
           llvm::enumerate(op.getRegionOutputArgs().drop_front()))
        frame.values[argument] = accumulators[first + i];
      auto yielded = op.getBlock()->getTerminator()->getOperands();
      for (auto [i, operand] : llvm::enumerate(yielded)) {
        FailureOr<Value> value = evaluator.evaluateInRegion(frame, operand);
        if (failed(value))
          return failure();
        if (i == 0)
          evaluator.bind(op.getResult(0), iteration, *value);
        else
          next.push_back(toLanesAt(point, *value));
      }
    }
  if (failed(emitStores(points, /*ofRows=*/false)))
    return failure();
  return next;
}

LogicalResult NestEmitter::emitCumulations(ArrayRef<Index> rows) {
  SmallVector<Value> initial;
  for (const Index &row : rows)
    for (const Cumulation &cumulation : analysis.getCumulations()) {
      linalg::GenericOp op = cumulation.op;
      for (OpOperand &init : llvm::drop_begin(op.getDpsInitsMutable())) {
        Index index = evaluator.getSpace().apply(
            op.getMatchingIndexingMap(&init),
            analysis.substitute(cumulation.iteration, row));
        FailureOr<Value> value = evaluator.evaluate(init.get(), index);
        if (failed(value))
          return failure();
        initial.push_back(toLanesAt(row, *value));
      }
    }
  Values done = emitReducedPoints(
      rows, 0, 1, initial, [&](ArrayRef<Index> points, ValueRange values) {
        return emitCumulationSteps(points, values);
      });
  return failed(done) ? failure() : emitStores(rows, /*ofRows=*/true);
}

} // namespace sinter::cpu
