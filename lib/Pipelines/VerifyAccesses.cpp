// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// No op of a kernel in the linalg phase reads or writes outside of its
// operands, whatever the data are.

#include "ValueRanges.h"
#include "Verification.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sinter;

/// A slice of static place, all of it in the larger tensor.
template <typename SliceOp>
static LogicalResult verifySlice(SliceOp slice, RankedTensorType whole) {
  auto places =
      llvm::zip_equal(slice.getStaticOffsets(), slice.getStaticSizes(),
                      slice.getStaticStrides(), whole.getShape());
  auto isInside = [](int64_t offset, int64_t size, int64_t stride,
                     int64_t extent) {
    for (int64_t number : {offset, size, stride})
      if (ShapedType::isDynamic(number))
        return false;
    int64_t last;
    if (size < 0 || llvm::MulOverflow(size - 1, stride, last) ||
        llvm::AddOverflow(offset, last, last))
      return false;
    auto isIn = [&](int64_t at) { return 0 <= at && at < extent; };
    return size == 0 || (isIn(offset) && isIn(last));
  };
  bool isEmpty = llvm::is_contained(slice.getStaticSizes(), 0);
  for (auto [offset, size, stride, extent] : places)
    if (!isInside(isEmpty ? 0 : offset, isEmpty ? 0 : size, stride, extent))
      return slice.emitOpError("expected a static slice inside of ")
             << whole << ", but got " << size << " elements from " << offset
             << " in steps of " << stride;
  return success();
}

/// All values are countable, so that no stride overflows.
static LogicalResult verifyTypes(Operation *op) {
  SmallVector<Type> types(op->getOperandTypes());
  llvm::append_range(types, op->getResultTypes());
  for (Type type : types) {
    auto shaped = dyn_cast<ShapedType>(type);
    if (shaped && !(shaped.hasStaticShape() && nn::isCountable(shaped)))
      return op->emitOpError("expected tensors of static shape, but got ")
             << type;
  }
  return success();
}

/// Every point of the iteration space is an element of every operand.
static LogicalResult verifyMaps(linalg::GenericOp generic,
                                ArrayRef<int64_t> loops) {
  for (OpOperand &operand : generic->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    AffineMap map = generic.getMatchingIndexingMap(&operand);
    if (!type)
      continue;
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      std::optional<Interval> range = rangeOfExpr(expr, loops);
      if (!range || !range->isWithin(0, type.getDimSize(dim) - 1))
        return generic.emitOpError("expected an indexing map into ")
               << type << ", but got " << AffineMapAttr::get(map)
               << " of the extents " << nn::shapeText(loops);
    }
  }
  return success();
}

static LogicalResult verifyExtract(tensor::ExtractOp extract,
                                   const ValueRanges &ranges) {
  auto type = cast<RankedTensorType>(extract.getTensor().getType());
  for (auto [index, extent] :
       llvm::zip_equal(extract.getIndices(), type.getShape())) {
    const ConstantIntRanges range = ranges.of(index);
    if (range.smin().isNegative() || range.smax().sge(extent))
      return extract.emitOpError("expected indices that are known to be inside "
                                 "of ")
             << type << ", but got one from " << range.smin().getSExtValue()
             << " to " << range.smax().getSExtValue() << " for " << extent
             << " elements";
  }
  return success();
}

static LogicalResult verifyDivision(Operation *op, const ValueRanges &ranges) {
  bool isSigned = isa<arith::DivSIOp, arith::RemSIOp, arith::FloorDivSIOp,
                      arith::CeilDivSIOp>(op);
  if (!isSigned && !isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(op))
    return success();
  if (ranges.isSafeDivisor(op->getOperand(1), isSigned))
    return success();
  return op->emitOpError("expected a divisor that is known not to be ")
         << (isSigned ? "0 or -1" : "0");
}

static LogicalResult verifyGeneric(linalg::GenericOp generic) {
  SmallVector<int64_t> loops = generic.getStaticLoopRanges();
  for (int64_t extent : loops)
    if (ShapedType::isDynamic(extent))
      return generic.emitOpError("expected static loops");
  if (llvm::is_contained(loops, 0))
    return success(); // there is no point
  if (failed(verifyMaps(generic, loops)))
    return failure();
  ValueRanges ranges(generic);
  for (Operation &op : generic.getBody()->without_terminator()) {
    auto extract = dyn_cast<tensor::ExtractOp>(op);
    if (failed(verifyTypes(&op)) || failed(verifyDivision(&op, ranges)) ||
        (extract && failed(verifyExtract(extract, ranges))))
      return failure();
  }
  return success();
}

/// What is written has the shape of its buffer.
static LogicalResult
verifyDestination(bufferization::MaterializeInDestinationOp op) {
  auto source = cast<ShapedType>(op.getSource().getType()),
       target = cast<ShapedType>(op.getDest().getType());
  if (source.getShape() == target.getShape() &&
      source.getElementType() == target.getElementType())
    return success();
  return op.emitOpError("expected a buffer of the tensor's shape, but got ")
         << target << " for " << source;
}

LogicalResult sinter::verifyAccesses(func::FuncOp kernel) {
  LogicalResult result = success();
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    LogicalResult one = verifyTypes(&op);
    if (succeeded(one))
      one = llvm::TypeSwitch<Operation *, LogicalResult>(&op)
                .Case([](tensor::ExtractSliceOp slice) {
                  return verifySlice(slice, slice.getSourceType());
                })
                .Case([](tensor::InsertSliceOp slice) {
                  return verifySlice(slice, slice.getDestType());
                })
                .Case([](linalg::GenericOp generic) {
                  return verifyGeneric(generic);
                })
                .Case([](bufferization::MaterializeInDestinationOp write) {
                  return verifyDestination(write);
                })
                .Default([](Operation *) { return success(); });
    if (failed(one))
      result = failure();
  }
  return result;
}
