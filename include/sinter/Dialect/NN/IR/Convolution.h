// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the front end, types, gradients and decompositions of convolutions
// share.
#ifndef SINTER_DIALECT_NN_IR_CONVOLUTION_H
#define SINTER_DIALECT_NN_IR_CONVOLUTION_H

#include "sinter/Dialect/NN/IR/Builders.h"

namespace sinter::nn {

/// What an extent, a stride, an amount of padding is below: products of two are
/// exact.
inline constexpr int64_t windowAmountLimit = int64_t(1) << 31;

/// How many windows, `stride` elements apart, of `taps` elements, `dilation`
/// apart, lie inside of `extent` elements.
inline int64_t countWindows(int64_t extent, int64_t taps, int64_t stride,
                            int64_t dilation) {
  int64_t span = (taps - 1) * dilation + 1;
  return extent < span ? 0 : (extent - span) / stride + 1;
}

/// A weight [G · A, B, K…] as [G · B, A, K…], its taps from the last to the
/// first: that of the convolution which is its transpose.
mlir::Value transposeWeight(TensorBuilder &builder, mlir::Value weight,
                            int64_t groups);

/// The result of a convolution in which each channel has a group of its own, as
/// a sum of few shifted tensors; null of others.
mlir::Value decomposeDepthwise(const TensorBuilder &builder, ConvolutionOp op);

} // namespace sinter::nn
#endif
