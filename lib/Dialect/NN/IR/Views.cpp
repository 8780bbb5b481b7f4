// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which ops are views, and of which bytes.

#include "sinter/Dialect/NN/IR/Views.h"
#include "sinter/Dialect/NN/IR/Builders.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// Whole in all dimensions behind the first one that has more than one element.
static bool isConsecutive(SliceOp slice) {
  ArrayRef<int64_t> input = tensorType(slice.getInput()).getShape(),
                    result = slice.getType().getShape();
  bool isSplit = false;
  for (auto [dim, extent] : llvm::enumerate(result)) {
    bool isWhole = extent == input[dim];
    if (!isWhole && isSplit)
      return false;
    if (extent != 1 && slice.getStrides()[dim] != 1)
      return false;
    isSplit |= extent != 1;
  }
  return true;
}

bool sinter::nn::isStoredInTime(Value history) {
  auto scan = history.getDefiningOp<ScanOp>();
  auto readsInTime = [](Operation *user) {
    auto reverse = dyn_cast<ReverseOp>(user);
    return reverse && reverse.getDims() == ArrayRef<int64_t>{0};
  };
  return scan && scan.getReverse() && !history.use_empty() &&
         llvm::is_contained(scan.getHistories(), history) &&
         llvm::all_of(history.getUsers(), readsInTime);
}

bool sinter::nn::isView(Operation *op) {
  if (auto slice = dyn_cast<SliceOp>(op))
    return isConsecutive(slice);
  if (auto reverse = dyn_cast<ReverseOp>(op))
    return isStoredInTime(reverse.getInput());
  return isa<ReshapeOp>(op);
}

bool sinter::nn::isUnitReshape(ReshapeOp op) {
  auto isUnit = [](int64_t extent) { return extent == 1; };
  Shape input(op.getInput().getType().getShape()),
      result(op.getType().getShape());
  llvm::erase_if(input, isUnit);
  llvm::erase_if(result, isUnit);
  return input == result;
}

int64_t sinter::nn::viewOffset(Operation *view) {
  auto slice = dyn_cast<SliceOp>(view);
  if (!slice)
    return 0;
  auto input = tensorType(slice.getInput());
  int64_t element = llvm::divideCeil(input.getElementTypeBitWidth(), 8),
          offset = 0;
  for (auto [start, extent] : llvm::zip(slice.getStarts(), input.getShape()))
    offset = offset * extent + start;
  return offset * element;
}
