// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a kernel function of the linalg phase and checks what emission relies
// on.

#include "Kernel.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace sinter::cpu {

namespace {
enum class OutputKind { Full, Row, RowOfDomainRank, Other };
} // namespace

static OutputKind classify(const Kernel &kernel, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> row, rowOfDomainRank;
  for (auto [size, reduced] :
       llvm::zip_equal(kernel.domain, kernel.isReduced)) {
    rowOfDomainRank.push_back(reduced ? 1 : size);
    if (!reduced)
      row.push_back(size);
  }
  if (shape == ArrayRef(kernel.domain))
    return kernel.hasReducedDims() ? OutputKind::Full : OutputKind::Row;
  if (shape == ArrayRef(row))
    return OutputKind::Row;
  if (shape == ArrayRef(rowOfDomainRank))
    return OutputKind::RowOfDomainRank;
  return OutputKind::Other;
}

/// The generic whose result lies in its buffer otherwise than its iterations
/// follow each other, one iteration per point of the domain; or null.
static linalg::GenericOp getLayoutOp(const Kernel &kernel, Value tensor) {
  auto op = tensor.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumResults() != 1 || op.getNumReductionLoops() > 0 ||
      kernel.hasReducedDims() ||
      op.getStaticLoopRanges() != SmallVector<int64_t>(kernel.domain) ||
      op.getIndexingMapsArray().back().isProjectedPermutation(
          /*allowZeroInResults=*/true))
    return {};
  return op;
}

/// Adds the output of such a generic: a tensor over the domain, and the map by
/// which it is stored.
static void addLayoutOutput(Kernel &kernel, linalg::GenericOp op, Value buffer,
                            Location loc) {
  OpBuilder builder(op);
  Value init = builder.create<tensor::EmptyOp>(
      op.getLoc(), kernel.domain, getElementTypeOrSelf(op.getType(0)));
  auto maps = op.getIndexingMapsArray();
  AffineMap layout = maps.back();
  maps.back() = builder.getMultiDimIdentityMap(kernel.getRank());
  auto inOrder = builder.create<linalg::GenericOp>(op.getLoc(), init.getType(),
                                                   op.getInputs(), init, maps,
                                                   op.getIteratorTypesArray());
  IRMapping mapping;
  op.getRegion().cloneInto(&inOrder.getRegion(), mapping);
  kernel.outputs.push_back({inOrder.getResult(0), buffer, loc,
                            /*isRow=*/true, /*keepsReducedDims=*/false,
                            layout});
}

/// Adds an output per part of a result whose parts lie side by side: part and
/// buffer, and the part's place in it.
static LogicalResult addParts(Kernel &kernel, tensor::InsertSliceOp last,
                              Value buffer, Location loc) {
  SmallVector<tensor::InsertSliceOp> inserts;
  for (auto insert = last; insert;
       insert = insert.getDest().getDefiningOp<tensor::InsertSliceOp>())
    inserts.push_back(insert);
  for (tensor::InsertSliceOp insert : llvm::reverse(inserts)) {
    if (insert.getSourceType().getShape() != ArrayRef(kernel.domain) ||
        kernel.hasReducedDims() || !insert.hasUnitStride())
      return insert.emitOpError("expected a part of the shape of the domain, "
                                "but got ")
             << insert.getSourceType();
    MLIRContext *context = last.getContext();
    SmallVector<AffineExpr> place;
    for (auto [dim, offset] : llvm::enumerate(insert.getStaticOffsets()))
      place.push_back(getAffineDimExpr(dim, context) + offset);
    kernel.outputs.push_back(
        {insert.getSource(), buffer, loc, /*isRow=*/true,
         /*keepsReducedDims=*/false,
         AffineMap::get(kernel.getRank(), 0, place, context)});
  }
  return success();
}

/// `buffer` as one of another shape.
static Value castBuffer(Operation *op, Value buffer, ArrayRef<int64_t> shape) {
  auto type = cast<MemRefType>(buffer.getType());
  if (shape == type.getShape())
    return buffer;
  OpBuilder builder(op);
  return builder.create<memref::ReinterpretCastOp>(
      op->getLoc(), MemRefType::get(shape, type.getElementType()), buffer,
      /*offset=*/0, shape, computeStrides(shape));
}

/// A result that was reshaped last is written in the shape it had before.
static LogicalResult addOutput(Kernel &kernel,
                               bufferization::MaterializeInDestinationOp op) {
  Value tensor = op.getSource();
  if (!isa<MemRefType>(op.getDest().getType()))
    return op.emitOpError("expected a buffer as destination, but got ")
           << op.getDest().getType();
  if (linalg::GenericOp layoutOp = getLayoutOp(kernel, tensor)) {
    addLayoutOutput(kernel, layoutOp, op.getDest(), op.getLoc());
    return success();
  }
  auto shapeOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  while (classify(kernel, shapeOf(tensor)) == OutputKind::Other &&
         tensor.getDefiningOp() &&
         isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
             tensor.getDefiningOp()))
    tensor = tensor.getDefiningOp()->getOperand(0);
  OutputKind kind = classify(kernel, shapeOf(tensor));
  auto parts = tensor.getDefiningOp<tensor::InsertSliceOp>();
  if (kind == OutputKind::Other && !parts)
    return op.emitOpError("expected an output of the shape of the domain or of "
                          "its rows, but got ")
           << op.getSource().getType();
  Value buffer = castBuffer(op, op.getDest(), shapeOf(tensor));
  if (parts)
    return addParts(kernel, parts, buffer, op.getLoc());
  kernel.outputs.push_back({tensor, buffer, op.getLoc(),
                            kind != OutputKind::Full,
                            kind == OutputKind::RowOfDomainRank});
  return success();
}

static LogicalResult readAttributes(Kernel &kernel) {
  func::FuncOp function = kernel.function;
  auto domain = function->getAttrOfType<DenseI64ArrayAttr>("sinter.domain");
  auto reduced = function->getAttrOfType<DenseI64ArrayAttr>("sinter.reduced");
  auto tiles = function->getAttrOfType<DenseI64ArrayAttr>("sinter.tile_sizes");
  if (!domain || !reduced || !tiles)
    return function.emitOpError(
        "expected the attributes sinter.domain, sinter.reduced and "
        "sinter.tile_sizes on a kernel");
  kernel.domain = llvm::to_vector(domain.asArrayRef());
  kernel.tileSizes = llvm::to_vector(tiles.asArrayRef());
  kernel.isReduced.assign(kernel.domain.size(), false);
  if (kernel.tileSizes.size() != kernel.domain.size())
    return function.emitOpError("expected one tile size per dimension of the "
                                "domain, but got ")
           << kernel.tileSizes.size() << " for " << kernel.domain.size();
  for (int64_t dim : reduced.asArrayRef()) {
    if (dim < 0 || dim >= kernel.getRank())
      return function.emitOpError("expected a reduced dimension below ")
             << kernel.getRank() << ", but got " << dim;
    kernel.isReduced[dim] = true;
  }
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim) {
    int64_t size = kernel.domain[dim], &tile = kernel.tileSizes[dim];
    if (size < 0 || tile < 1 || (kernel.isReduced[dim] && tile < size))
      return function.emitOpError("expected a positive tile size, the whole "
                                  "extent for a reduced dimension, but got ")
             << tile << " for dimension " << dim << " of size " << size;
    tile = std::max<int64_t>(1, std::min(tile, size));
  }
  return success();
}

SmallVector<int64_t> Kernel::getTileCounts() const {
  SmallVector<int64_t> counts;
  for (int64_t dim = 0; dim < getRank(); ++dim)
    counts.push_back(
        isReduced[dim] ? 1 : llvm::divideCeil(domain[dim], tileSizes[dim]));
  return counts;
}

FailureOr<Kernel> Kernel::create(func::FuncOp function) {
  Kernel kernel;
  kernel.function = function;
  if (failed(readAttributes(kernel)))
    return failure();
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError("expected a kernel of one block");
  unsigned arguments = function.getNumArguments();
  if (arguments < 2 ||
      !function.getArgument(arguments - 1).getType().isIndex() ||
      !function.getArgument(arguments - 2).getType().isIndex())
    return function.emitOpError(
        "expected a range of tiles as the last two arguments of a kernel");
  kernel.begin = function.getArgument(arguments - 2);
  kernel.end = function.getArgument(arguments - 1);
  for (auto op : llvm::to_vector(
           function.getOps<bufferization::MaterializeInDestinationOp>()))
    if (failed(addOutput(kernel, op)))
      return failure();
  return kernel;
}

} // namespace sinter::cpu
