// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of ops that move elements: each is the transpose of the move.

#include "Rules.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

GRADIENT(ReshapeOp) {
  TensorBuilder b(builder, getLoc());
  operandGradients[0] =
      b.reshape(resultGradients[0], getInput().getType().getShape());
  return success();
}

GRADIENT(TransposeOp) {
  Shape inverse(getPermutation().size());
  for (auto [position, dim] : llvm::enumerate(getPermutation()))
    inverse[dim] = position;
  operandGradients[0] =
      TensorBuilder(builder, getLoc()).transpose(resultGradients[0], inverse);
  return success();
}

GRADIENT(BroadcastOp) {
  operandGradients[0] = TensorBuilder(builder, getLoc())
                            .sumTo(resultGradients[0], getInput().getType());
  return success();
}

GRADIENT(SliceOp) {
  RankedTensorType input = getInput().getType();
  Shape low, high, interior;
  for (int64_t dim = 0; dim < input.getRank(); ++dim) {
    int64_t count = getType().getDimSize(dim), start = getStarts()[dim],
            stride = getStrides()[dim];
    if (count == 0) { // nothing was taken
      operandGradients[0] =
          TensorBuilder(builder, getLoc()).splat(0, getInput().getType());
      return success();
    }
    low.push_back(start);
    high.push_back(input.getDimSize(dim) - (start + (count - 1) * stride + 1));
    interior.push_back(stride - 1);
  }
  operandGradients[0] = builder.create<PadOp>(
      getLoc(), resultGradients[0], low, high, interior, llvm::APFloat(0.0));
  return success();
}

GRADIENT(PadOp) {
  RankedTensorType input = getInput().getType();
  Shape limits, strides;
  for (int64_t dim = 0; dim < input.getRank(); ++dim) {
    int64_t stride = getInterior()[dim] + 1, count = input.getDimSize(dim);
    limits.push_back(getLow()[dim] +
                     (count == 0 ? 0 : (count - 1) * stride + 1));
    strides.push_back(stride);
  }
  operandGradients[0] = builder.create<SliceOp>(getLoc(), resultGradients[0],
                                                getLow(), limits, strides);
  return success();
}

GRADIENT(ConcatOp) {
  Shape starts(getType().getRank(), 0), limits(getType().getShape()),
      strides(getType().getRank(), 1);
  int64_t dim = getDim();
  for (auto [position, input] : llvm::enumerate(getInputs())) {
    limits[dim] =
        starts[dim] + cast<RankedTensorType>(input.getType()).getDimSize(dim);
    operandGradients[position] = builder.create<SliceOp>(
        getLoc(), resultGradients[0], starts, limits, strides);
    starts[dim] = limits[dim];
  }
  return success();
}

GRADIENT(ReverseOp) {
  operandGradients[0] =
      builder.create<ReverseOp>(getLoc(), resultGradients[0], getDims());
  return success();
}

GRADIENT(GatherOp) {
  operandGradients[0] =
      builder.create<ScatterAddOp>(getLoc(), getInput().getType(),
                                   resultGradients[0], getIndices(), getDim());
  return success();
}

GRADIENT(ScatterAddOp) {
  operandGradients[0] = builder.create<GatherOp>(getLoc(), resultGradients[0],
                                                 getIndices(), getDim());
  return success();
}

GRADIENT(TakeOp) {
  // All elements of a row have the index of the row.
  TensorBuilder b(builder, getLoc());
  RankedTensorType table = getInput().getType();
  int64_t count = getIndices().getType().getNumElements(),
          entries = table.getDimSize(0), width = 1;
  for (int64_t extent : table.getShape().drop_front())
    width *= extent;
  Value rows = b.reshape(resultGradients[0], {count, width});
  Value indices =
      b.broadcast(b.reshape(getIndices(), {count, 1}), {count, width});
  Value sums = b.create<ScatterAddOp>(
      RankedTensorType::get({entries, width}, table.getElementType()), rows,
      indices, /*dim=*/0);
  operandGradients[0] = b.reshape(sums, table.getShape());
  return success();
}
