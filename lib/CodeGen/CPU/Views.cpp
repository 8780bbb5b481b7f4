// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Index arithmetic of slices and reshapes.

#include "Views.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace sinter::cpu {

bool isView(Operation *op) {
  return isa<tensor::ExtractSliceOp, tensor::CollapseShapeOp,
             tensor::ExpandShapeOp>(op);
}

static FailureOr<ViewSource> getSliceSource(tensor::ExtractSliceOp slice,
                                            ArrayRef<AffineExpr> index,
                                            const IndexSpace &space) {
  if (llvm::any_of(slice.getStaticOffsets(), ShapedType::isDynamic) ||
      llvm::any_of(slice.getStaticStrides(), ShapedType::isDynamic))
    return slice.emitOpError("expected static offsets and strides in a kernel");
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  ViewSource source{slice.getSource(), {}};
  unsigned next = 0;
  for (auto [dim, offset, stride] :
       llvm::enumerate(slice.getStaticOffsets(), slice.getStaticStrides())) {
    AffineExpr inner = dropped.test(dim) ? space.getConstant(0) : index[next++];
    source.index.push_back(inner * stride + offset);
  }
  return source;
}

/// Each group of dimensions of the longer shape is one dimension of the
/// shorter.
static ViewSource getReshapeSource(Value tensor, Value result,
                                   ArrayRef<ReassociationIndices> groups,
                                   bool collapses, ArrayRef<AffineExpr> index,
                                   const IndexSpace &space) {
  auto longer = cast<RankedTensorType>((collapses ? tensor : result).getType());
  auto sourceType = cast<RankedTensorType>(tensor.getType());
  ViewSource source{tensor, Index(sourceType.getRank(), space.getConstant(0))};
  for (auto [number, group] : llvm::enumerate(groups)) {
    SmallVector<int64_t> shape;
    for (int64_t dim : group)
      shape.push_back(longer.getDimSize(dim));
    if (collapses) {
      Index inner = space.delinearize(index[number], shape);
      for (auto [dim, expr] : llvm::zip_equal(group, inner))
        source.index[dim] = expr;
      continue;
    }
    Index inner;
    for (int64_t dim : group)
      inner.push_back(index[dim]);
    source.index[number] = space.linearize(inner, shape);
  }
  return source;
}

FailureOr<ViewSource> getViewSource(Operation *op, ArrayRef<AffineExpr> index,
                                    const IndexSpace &space) {
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return getSliceSource(slice, index, space);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return getReshapeSource(collapse.getSrc(), collapse.getResult(),
                            collapse.getReassociationIndices(), true, index,
                            space);
  auto expand = cast<tensor::ExpandShapeOp>(op);
  return getReshapeSource(expand.getSrc(), expand.getResult(),
                          expand.getReassociationIndices(), false, index,
                          space);
}

} // namespace sinter::cpu
