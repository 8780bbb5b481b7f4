// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Result types of ops that move elements, and verifiers of those whose type is
// given.

#include "Rules.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// One number per dimension?
static LogicalResult checkRank(std::optional<Location> location, int64_t rank,
                               StringRef what, ArrayRef<int64_t> numbers) {
  if (int64_t(numbers.size()) == rank)
    return success();
  return emitOptionalError(location, "expected ", rank, " ", what, ", but got ",
                           numbers.size());
}

INFER(TransposeOp) {
  TransposeOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  if (failed(checkRank(location, input.getRank(), "dimensions", permutation)))
    return failure();
  SmallVector<bool> seen(permutation.size());
  Shape shape;
  for (int64_t dim : permutation) {
    if (dim < 0 || dim >= input.getRank() || seen[dim])
      return emitOptionalError(location, "expected a permutation, but got ",
                               shapeText(permutation));
    seen[dim] = true;
    shape.push_back(input.getDimSize(dim));
  }
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

INFER(SliceOp) {
  SliceOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  int64_t rank = input.getRank();
  if (failed(checkRank(location, rank, "starts", adaptor.getStarts())) ||
      failed(checkRank(location, rank, "limits", adaptor.getLimits())) ||
      failed(checkRank(location, rank, "strides", adaptor.getStrides())))
    return failure();
  Shape shape;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t start = adaptor.getStarts()[dim], limit = adaptor.getLimits()[dim],
            stride = adaptor.getStrides()[dim];
    if (start < 0 || limit < start || limit > input.getDimSize(dim) ||
        stride < 1)
      return emitOptionalError(location, "expected a slice of ",
                               input.getDimSize(dim), " elements, but got ",
                               start, " to ", limit, " by ", stride);
    shape.push_back(llvm::divideCeil(limit - start, stride));
  }
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

INFER(PadOp) {
  PadOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  int64_t rank = input.getRank();
  if (failed(checkRank(location, rank, "low amounts", adaptor.getLow())) ||
      failed(checkRank(location, rank, "high amounts", adaptor.getHigh())) ||
      failed(
          checkRank(location, rank, "interior amounts", adaptor.getInterior())))
    return failure();
  Shape shape;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t low = adaptor.getLow()[dim], high = adaptor.getHigh()[dim],
            interior = adaptor.getInterior()[dim];
    int64_t extent = input.getDimSize(dim);
    if (low < 0 || high < 0 || interior < 0 ||
        std::max({low, high, interior}) > maxElements ||
        (extent > 1 && interior > maxElements / (extent - 1)))
      return emitOptionalError(location, "expected amounts from 0 to ",
                               maxElements, ", but got ",
                               shapeText({low, high, interior}));
    shape.push_back(low + extent + std::max<int64_t>(extent - 1, 0) * interior +
                    high);
  }
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

SmallVector<int64_t> PackPanelsOp::getDomain() {
  Shape domain(tensorType(getInput()).getShape());
  if (getTransposed())
    std::swap(domain[domain.size() - 2], domain[domain.size() - 1]);
  return domain;
}

INFER(PackPanelsOp) {
  PackPanelsOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  int64_t rank = input.getRank(), width = adaptor.getWidth();
  if (rank < 2 || width < 1)
    return emitOptionalError(location,
                             "expected matrices and a positive width, but got ",
                             shapeText(input.getShape()), " and ", width);
  Shape shape(input.getShape());
  if (adaptor.getTransposed())
    std::swap(shape[rank - 2], shape[rank - 1]);
  shape.insert(shape.end() - 2, llvm::divideCeil(shape.back(), width));
  shape.back() = width;
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

INFER(UnpackPanelsOp) {
  UnpackPanelsOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  int64_t rank = input.getRank(), columns = adaptor.getColumns();
  Shape shape(input.getShape());
  if (rank < 3 || columns < 0 ||
      llvm::divideCeil(columns, std::max<int64_t>(shape[rank - 1], 1)) !=
          uint64_t(shape[rank - 3]))
    return emitOptionalError(location, "expected panels of ", columns,
                             " columns, but got ", shapeText(shape));
  shape.erase(shape.end() - 3);
  shape.back() = columns;
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

INFER(ConcatOp) {
  ConcatOpAdaptor adaptor(operands, attributes, properties, regions);
  if (operands.empty())
    return emitOptionalError(location, "expected at least one operand");
  RankedTensorType first = tensorType(operands[0]);
  int64_t dim = adaptor.getDim();
  if (failed(checkDim(location, first.getRank(), dim)))
    return failure();
  Shape shape(first.getShape());
  shape[dim] = 0;
  for (Value operand : operands) {
    RankedTensorType type = tensorType(operand);
    Shape other(type.getShape());
    if (type.getRank() == first.getRank())
      other[dim] = first.getDimSize(dim);
    if (type.getElementType() != first.getElementType() ||
        ArrayRef<int64_t>(other) != first.getShape())
      return emitOptionalError(location,
                               "expected operands that differ along dimension ",
                               dim, " alone, but got ", first, " and ", type);
    shape[dim] += type.getDimSize(dim);
  }
  results.push_back(RankedTensorType::get(shape, first.getElementType()));
  return success();
}

INFER(ReverseOp) {
  ReverseOpAdaptor adaptor(operands, attributes, properties, regions);
  for (int64_t dim : adaptor.getDims())
    if (failed(checkDim(location, tensorType(operands[0]).getRank(), dim)))
      return failure();
  results.push_back(operands[0].getType());
  return success();
}

INFER(GatherOp) {
  GatherOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]),
                   indices = tensorType(operands[1]);
  if (failed(checkDim(location, input.getRank(), adaptor.getDim())))
    return failure();
  bool fits = input.getRank() == indices.getRank();
  for (int64_t dim = 0; fits && dim < input.getRank(); ++dim)
    fits = dim == int64_t(adaptor.getDim()) ||
           indices.getDimSize(dim) <= input.getDimSize(dim);
  if (!fits)
    return emitOptionalError(location, "expected indices inside ",
                             shapeText(input.getShape()), ", but got ",
                             shapeText(indices.getShape()));
  results.push_back(
      RankedTensorType::get(indices.getShape(), input.getElementType()));
  return success();
}

INFER(TakeOp) {
  RankedTensorType input = tensorType(operands[0]),
                   indices = tensorType(operands[1]);
  if (input.getRank() < 1)
    return emitOptionalError(location, "expected a table, but got a scalar");
  Shape shape(indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front());
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

LogicalResult CastOp::verify() {
  if (getInput().getType().getShape() == getType().getShape())
    return success();
  return emitOpError("expected a result of the input's shape ")
         << shapeText(getInput().getType().getShape()) << ", but got "
         << shapeText(getType().getShape());
}

LogicalResult IotaOp::verify() {
  if (int64_t(getDim()) >= 0 && int64_t(getDim()) < getType().getRank())
    return success();
  return emitOpError("expected a dimension below the rank ")
         << getType().getRank() << ", but got " << int64_t(getDim());
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = getInput().getType(), to = getType();
  if (from.getNumElements() == to.getNumElements() &&
      from.getElementType() == to.getElementType())
    return success();
  return emitOpError("expected ")
         << from.getNumElements() << " elements of " << from.getElementType()
         << ", but got " << to;
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = getInput().getType(), to = getType();
  if (from.getElementType() == to.getElementType() &&
      broadcastsTo(from.getShape(), to.getShape()))
    return success();
  return emitOpError("expected an input that broadcasts to ")
         << to << ", but got " << from;
}

LogicalResult ScatterAddOp::verify() {
  RankedTensorType updates = getUpdates().getType(), to = getType();
  int64_t rank = updates.getRank(), dim = getDim();
  bool fits = to.getRank() == rank && dim >= 0 && dim < rank &&
              updates.getElementType() == to.getElementType() &&
              updates.getShape() == getIndices().getType().getShape();
  for (int64_t other = 0; fits && other < rank; ++other)
    fits = other == dim || updates.getDimSize(other) <= to.getDimSize(other);
  if (fits)
    return success();
  return emitOpError("expected updates and indices of one shape inside ")
         << to << ", but got " << updates << " and " << getIndices().getType()
         << " along " << dim;
}
