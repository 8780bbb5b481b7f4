// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads and stores at an index: scalars, vectors of neighbours, gathers, and
// booleans, which are bytes in memory.

#include "Evaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace sinter::cpu {

static MemRefType getType(Value buffer) {
  return cast<MemRefType>(buffer.getType());
}

/// Whether the lanes are neighbours in the last dimension alone, so that the
/// access can name the index of each dimension.
static bool isRowAccess(IndexSpace &space, ArrayRef<AffineExpr> index) {
  return !index.empty() && space.getLaneStride(index.back()) == 1 &&
         llvm::none_of(index.drop_back(),
                       [&](AffineExpr expr) { return space.isVarying(expr); });
}

static SmallVector<Value> emitAll(IndexSpace &space,
                                  ArrayRef<AffineExpr> index) {
  SmallVector<Value> values;
  for (AffineExpr expr : index)
    values.push_back(space.emit(expr));
  return values;
}

/// Views are made once, right after the buffer.
static OpBuilder getBuilderAfter(Value buffer) {
  OpBuilder builder(buffer.getContext());
  builder.setInsertionPointAfterValue(buffer);
  return builder;
}

Value Evaluator::getFlat(Value buffer) {
  MemRefType type = getType(buffer);
  if (type.getRank() == 1)
    return buffer;
  Value &view = flatViews[buffer];
  int64_t count = type.getNumElements();
  if (!view)
    view = getBuilderAfter(buffer).create<memref::ReinterpretCastOp>(
        buffer.getLoc(), MemRefType::get({count}, type.getElementType()),
        buffer, /*offset=*/0, ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  return view;
}

/// A vector of i1 in memory would be packed bits, but a boolean is a byte. The
/// cast is between types that are the same pointer in the end.
Value Evaluator::getBytes(Value buffer) {
  MemRefType type = getType(buffer);
  if (!type.getElementType().isInteger(1))
    return buffer;
  Value &view = byteViews[buffer];
  if (!view)
    view =
        getBuilderAfter(buffer)
            .create<UnrealizedConversionCastOp>(
                buffer.getLoc(),
                MemRefType::get(type.getShape(), builder.getI8Type()), buffer)
            .getResult(0);
  return view;
}

Value Evaluator::getFullMask() {
  auto type = getLanesType(builder.getI1Type());
  return space.materialize(DenseElementsAttr::get(type, true));
}

/// 0, stride, 2 * stride …: offsets of the lanes from the first one.
Value Evaluator::getOffsets(int64_t stride) {
  SmallVector<int64_t> offsets;
  for (int64_t lane = 0; lane < getLanes(); ++lane)
    offsets.push_back(lane * stride);
  bool narrow =
      llvm::all_of(offsets, [](int64_t x) { return llvm::isInt<32>(x); });
  SmallVector<Attribute> attributes;
  Type type = narrow ? builder.getI32Type() : builder.getI64Type();
  for (int64_t offset : offsets)
    attributes.push_back(builder.getIntegerAttr(type, offset));
  return space.materialize(
      DenseElementsAttr::get(getLanesType(type), attributes));
}

FailureOr<Value> Evaluator::load(Value buffer, ArrayRef<AffineExpr> index,
                                 Location loc) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
    return emitError(loc, "expected a buffer of static shape and identity "
                          "layout, but got ")
           << buffer.getType();
  ++emittedCount;
  // A side of a choice may have no lane that reads.
  if (sideDepth > 0 || llvm::any_of(index, [&](AffineExpr expr) {
        return space.isVarying(expr);
      }))
    return loadLanes(buffer, index, loc);
  return Value(
      builder.create<memref::LoadOp>(loc, buffer, emitAll(space, index)));
}

FailureOr<Value> Evaluator::loadLanes(Value buffer, ArrayRef<AffineExpr> index,
                                      Location loc) {
  bool isBoolean = getType(buffer).getElementType().isInteger(1);
  Value source = getBytes(buffer);
  VectorType type = getLanesType(getType(source).getElementType());
  AffineExpr linear = space.linearize(index, getType(source).getShape());
  Value value;
  if (space.getLaneStride(linear) == 1) {
    SmallVector<Value> at;
    if (isRowAccess(space, index)) {
      at = emitAll(space, index);
    } else {
      source = getFlat(source);
      at = {space.emit(linear)};
    }
    value = loadPart(source, at, mask, type, loc);
  } else if (!(value = loadShuffled(source, linear, type, loc))) {
    FailureOr<Value> gathered = gather(source, linear, type, loc);
    if (failed(gathered))
      return failure();
    value = *gathered;
  }
  if (!isBoolean)
    return value;
  return Value(builder.create<arith::CmpIOp>(
      loc, arith::CmpIPredicate::ne, value,
      toLanes(getScalar(type.getElementType(), 0))));
}

Value Evaluator::loadPart(Value buffer, ArrayRef<Value> at, Value partMask,
                          VectorType type, Location loc) {
  if (!partMask)
    return builder.create<vector::LoadOp>(loc, type, buffer, at);
  return builder.create<vector::MaskedLoadOp>(
      loc, type, buffer, at, partMask,
      toLanes(getScalar(type.getElementType(), 0)));
}

/// What a masked load leaves out is zero already.
Value Evaluator::selectOrZero(Value lanes, Value value, Location loc) {
  value = toLanes(value);
  if (auto load = value.getDefiningOp<vector::MaskedLoadOp>()) {
    auto both = load.getMask().getDefiningOp<arith::AndIOp>();
    if (load.getMask() == lanes ||
        (both && llvm::is_contained(both->getOperands(), lanes)))
      return value;
  }
  Value zero = toLanes(getScalar(getElementTypeOrSelf(value.getType()), 0));
  return builder.create<arith::SelectOp>(loc, lanes, value, zero);
}

/// Where the elements of the lanes lie within a few vectors, in places that are
/// known when compiling: loads of these vectors and shuffles. Null otherwise.
Value Evaluator::loadShuffled(Value buffer, AffineExpr linear, VectorType type,
                              Location loc) {
  constexpr int64_t kMaximumParts = 4;
  std::optional<LaneOffsets> lanes = space.getLaneOffsets(linear);
  if (!lanes)
    return {};
  ArrayRef<int64_t> offsets = lanes->offsets;
  int64_t count = getLanes(), first = *llvm::min_element(offsets),
          span = *llvm::max_element(offsets) - first + 1;
  bool isDistinct =
      llvm::DenseSet<int64_t>(offsets.begin(), offsets.end()).size() ==
      offsets.size();
  int64_t parts = llvm::divideCeil(span, count);
  // A mask of lanes is one of elements only where each has its own.
  if (parts > kMaximumParts || span == 1 || (!isDistinct && mask))
    return {};
  buffer = getFlat(buffer);
  Value result;
  for (int64_t part = 0; part < parts; ++part) {
    // The last part ends with the last element: nothing beyond is read.
    int64_t begin = std::max<int64_t>(std::min(part * count, span - count), 0);
    SmallVector<int64_t> fromPart(count), toMask(count, count);
    for (int64_t lane = 0; lane < count; ++lane) {
      int64_t element = offsets[lane] - first - begin;
      bool isHere = element >= 0 && element < count;
      fromPart[lane] = isHere ? count + element : lane;
      if (isHere)
        toMask[element] = lane;
    }
    Value partMask;
    if (mask)
      partMask = builder.create<vector::ShuffleOp>(loc, mask, getMaskOfFirst(0),
                                                   toMask);
    else if (span < count)
      partMask = getMaskOfFirst(span);
    Value loaded = loadPart(buffer, {space.emit(lanes->base + (first + begin))},
                            partMask, type, loc);
    result = builder.create<vector::ShuffleOp>(loc, result ? result : loaded,
                                               loaded, fromPart);
  }
  return result;
}

FailureOr<Value> Evaluator::gather(Value buffer, AffineExpr linear,
                                   VectorType type, Location loc) {
  Value base = space.getIndex(0), offsets,
        zero = toLanes(getScalar(type.getElementType(), 0));
  if (getType(buffer).getNumElements() == 0)
    return zero;
  std::optional<int64_t> stride = space.getLaneStride(linear);
  if (stride && *stride == 0 && sideDepth == 0) { // The lanes cancel out.
    Value scalar = builder.create<memref::LoadOp>(loc, getFlat(buffer),
                                                  space.emit(linear));
    return toLanes(scalar);
  }
  if (stride && !mask) {
    base = space.emit(linear);
    offsets = getOffsets(*stride);
  } else {
    offsets = builder.create<arith::IndexCastOp>(
        loc, getLanesType(builder.getI64Type()), space.emitLanes(linear));
  }
  // A masked gather is a branch per lane where the machine's own is slow: lanes
  // that are not in use read the first element.
  if (mask)
    offsets = builder.create<arith::SelectOp>(
        loc, mask, offsets, toLanes(getScalar(builder.getI64Type(), 0)));
  Value gathered = builder.create<vector::GatherOp>(loc, type, getFlat(buffer),
                                                    ValueRange{base}, offsets,
                                                    getFullMask(), zero);
  if (mask)
    gathered = builder.create<arith::SelectOp>(loc, mask, gathered, zero);
  return gathered;
}

LogicalResult Evaluator::store(Value value, Value buffer,
                               ArrayRef<AffineExpr> index, Location loc) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
    return emitError(loc, "expected a buffer of static shape and identity "
                          "layout, but got ")
           << buffer.getType();
  if (llvm::any_of(index,
                   [&](AffineExpr expr) { return space.isVarying(expr); }))
    return storeLanes(toLanes(value), buffer, index, loc);
  if (isLanes(value))
    return emitError(loc,
                     "expected one value for one element of an output, but "
                     "it differs from lane to lane");
  builder.create<memref::StoreOp>(loc, value, buffer, emitAll(space, index));
  return success();
}

LogicalResult Evaluator::storeLanes(Value value, Value buffer,
                                    ArrayRef<AffineExpr> index, Location loc) {
  if (getType(buffer).getElementType().isInteger(1)) {
    buffer = getBytes(buffer);
    value = builder.create<arith::ExtUIOp>(
        loc, getLanesType(builder.getI8Type()), value);
  }
  AffineExpr linear = space.linearize(index, getType(buffer).getShape());
  if (space.getLaneStride(linear) != 1) {
    scatter(value, buffer, linear, loc);
    return success();
  }
  SmallVector<Value> at;
  if (isRowAccess(space, index)) {
    at = emitAll(space, index);
  } else {
    buffer = getFlat(buffer);
    at = {space.emit(linear)};
  }
  if (mask)
    builder.create<vector::MaskedStoreOp>(loc, buffer, at, mask, value);
  else
    builder.create<vector::StoreOp>(loc, value, buffer, at);
  return success();
}

void Evaluator::scatter(Value value, Value buffer, AffineExpr linear,
                        Location loc) {
  Value base = space.getIndex(0), offsets;
  if (std::optional<int64_t> stride = space.getLaneStride(linear)) {
    base = space.emit(linear);
    offsets = getOffsets(*stride);
  } else {
    offsets = builder.create<arith::IndexCastOp>(
        loc, getLanesType(builder.getI64Type()), space.emitLanes(linear));
  }
  builder.create<vector::ScatterOp>(loc, getFlat(buffer), ValueRange{base},
                                    offsets, mask ? mask : getFullMask(),
                                    value);
}

} // namespace sinter::cpu
