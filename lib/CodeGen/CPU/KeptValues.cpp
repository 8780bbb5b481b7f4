// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stack rows: what is dear to compute and needed in several stages of a row is
// computed in the first and read back in the others.

#include "NestEmitter.h"

#include "sinter/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace sinter::cpu {

/// Only vectors along the row are kept, and only of rows that loops go over:
/// the values of a short one stay in registers.
void NestEmitter::chooseKeptValues() {
  if (!hasReducedLanes())
    return;
  SmallVector<int64_t> shape;
  int64_t points = kernel.domain[*laneDim];
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim)
    if (kernel.isReduced[dim] && dim != *laneDim) {
      shape.push_back(kernel.domain[dim]);
      points *= kernel.domain[dim];
    }
  shape.push_back(kernel.domain[*laneDim]);
  if (points <= 4 * evaluator.getLanes())
    return;
  int64_t bytesLeft = kMaximumScratchBytes;
  OpBuilder atEntry =
      OpBuilder::atBlockBegin(&kernel.function.getBody().front());
  for (const RepeatedValue &value : analysis.findRepeatedValues()) {
    Type element = getElementTypeOrSelf(value.tensor.getType());
    int64_t bytes =
        points * llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
    if (element.isInteger(1) || bytes > bytesLeft)
      continue;
    bytesLeft -= bytes;
    Value buffer = atEntry.create<memref::AllocaOp>(
        loc, MemRefType::get(shape, element), atEntry.getI64IntegerAttr(64));
    keptValues.push_back({value, buffer});
  }
}

/// The place of a point in a stack row: its reduced coordinates, lanes last.
Index NestEmitter::getKeptIndex(const Index &point) const {
  Index index;
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim)
    if (kernel.isReduced[dim] && dim != *laneDim)
      index.push_back(point[dim]);
  index.push_back(point[*laneDim]);
  return index;
}

LogicalResult NestEmitter::loadKeptValues(ArrayRef<Index> points) {
  for (const KeptValue &kept : keptValues) {
    if (stage <= kept.value.firstStage || stage > kept.value.lastStage)
      continue;
    for (const Index &point : points) {
      FailureOr<Value> value =
          evaluator.load(kept.buffer, getKeptIndex(point), loc);
      if (failed(value))
        return failure();
      evaluator.bind(kept.value.tensor,
                     analysis.substitute(kept.value.index, point), *value);
    }
  }
  return success();
}

LogicalResult NestEmitter::storeKeptValues(ArrayRef<Index> points) {
  for (const KeptValue &kept : keptValues) {
    if (stage != kept.value.firstStage)
      continue;
    for (const Index &point : points) {
      FailureOr<Value> value = evaluator.evaluate(
          kept.value.tensor, analysis.substitute(kept.value.index, point));
      if (failed(value) || failed(evaluator.store(*value, kept.buffer,
                                                  getKeptIndex(point), loc)))
        return failure();
    }
  }
  return success();
}

} // namespace sinter::cpu
