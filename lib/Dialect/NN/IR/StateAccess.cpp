// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What reads or writes state must agree with the table: in keys, runs and
// types, and in which table an entry has.

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "sinter/Dialect/NN/IR/NN.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// The table that `op` names, which is that of the entry around it.
static FailureOr<StateOp> tableOf(Operation *op, FlatSymbolRefAttr name,
                                  SymbolTableCollection &symbols) {
  auto table = symbols.lookupNearestSymbolFrom<StateOp>(op, name);
  if (!table)
    return op->emitOpError("expected the table of a state, but got '")
           << name.getValue() << "'";
  auto entry = op->getParentOfType<FunctionOpInterface>();
  auto own =
      entry ? entry->getAttrOfType<FlatSymbolRefAttr>("nn.state") : nullptr;
  if (own && own != name)
    return op->emitOpError("expected the state of the entry, '")
           << own.getValue() << "', but got '" << name.getValue() << "'";
  return table;
}

static LogicalResult verifyType(Operation *op, Type expected, Type type) {
  if (expected == type)
    return success();
  return op->emitOpError("expected ") << expected << ", but got " << type;
}

static LogicalResult verifySegment(Operation *op, FlatSymbolRefAttr name,
                                   StringAttr key, Type type,
                                   SymbolTableCollection &symbols) {
  FailureOr<StateOp> table = tableOf(op, name, symbols);
  if (failed(table))
    return failure();
  auto segment =
      dyn_cast_or_null<SegmentOp>(symbols.lookupSymbolIn(*table, key));
  if (!segment)
    return op->emitOpError("expected a segment of '")
           << name.getValue() << "', but got '" << key.getValue() << "'";
  return verifyType(op, segment.getType(), type);
}

static LogicalResult verifyRun(Operation *op, FlatSymbolRefAttr name,
                               StringRef run, Type type,
                               SymbolTableCollection &symbols) {
  FailureOr<StateOp> table = tableOf(op, name, symbols);
  if (failed(table))
    return failure();
  FailureOr<std::pair<int64_t, int64_t>> range = table->getRun(run);
  if (failed(range))
    return op->emitOpError("expected a run of '")
           << name.getValue() << "', but got '" << run << "'";
  auto first =
      cast<RankedTensorType>(table->getRunSegments(run).front().getType());
  return verifyType(
      op, RankedTensorType::get(range->second, first.getElementType()), type);
}

LogicalResult GetSegmentOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifySegment(*this, getStateAttr(), getKeyAttr(), getType(), symbols);
}

LogicalResult SetSegmentOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifySegment(*this, getStateAttr(), getKeyAttr(),
                       getValue().getType(), symbols);
}

LogicalResult GetRunOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyRun(*this, getStateAttr(), getRun(), getType(), symbols);
}

LogicalResult SetRunOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyRun(*this, getStateAttr(), getRun(), getValue().getType(),
                   symbols);
}

LogicalResult PackRunOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(verifyRun(*this, getStateAttr(), "parameter", getType(), symbols)))
    return failure();
  auto table = symbols.lookupNearestSymbolFrom<StateOp>(*this, getStateAttr());
  SmallVector<SegmentOp> segments = table.getRunSegments("parameter");
  if (segments.size() != getInputs().size())
    return emitOpError("expected one value per parameter (")
           << segments.size() << "), but got " << getInputs().size();
  for (auto [segment, input] : llvm::zip(segments, getInputs()))
    if (failed(verifyType(*this, segment.getType(), input.getType())))
      return failure();
  return success();
}
