// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The builder of convolutions from products.
#ifndef SINTER_LIB_DIALECT_NN_IR_CONVOLUTIONBUILDER_H
#define SINTER_LIB_DIALECT_NN_IR_CONVOLUTIONBUILDER_H

#include "sinter/Dialect/NN/IR/Convolution.h"

namespace sinter::nn {

/// A convolution along one spatial dim.
struct Line {
  int64_t stride, dilation, spread, low, high;
};

/// Builds convolutions of x: [N, G, C, S…] with weights: [G, K…, C, O], or
/// [G, C, K…, O] where channels are first; results are [N, G, R…, O].
struct ConvolutionBuilder {
  TensorBuilder b;
  bool channelsFirst;
  int64_t firstOfWeight = channelsFirst ? 2 : 1;

  static constexpr int64_t firstOfInput = 3, firstOfResult = 2;

  static int64_t extentOf(mlir::Value x, int64_t dim) {
    return tensorType(x).getDimSize(dim);
  }

  /// The product with windows that lie inside of x.
  mlir::Value correlate(mlir::Value x, mlir::Value weight,
                        llvm::ArrayRef<int64_t> strides,
                        llvm::ArrayRef<int64_t> dilations);
  mlir::Value build(mlir::Value x, mlir::Value weight,
                    llvm::SmallVector<Line> lines);
  /// The channels of the only group in so many groups, whose results are added.
  mlir::Value buildInParts(mlir::Value x, mlir::Value weight,
                           llvm::SmallVector<Line> lines, int64_t parts);
  /// [N, 1, C, S…] as [N, parts, C / parts, S…]; of a transposed tensor before
  /// it is.
  mlir::Value splitChannels(mlir::Value x, int64_t parts);
  /// Spreads and pads; fails if nothing of x is left.
  mlir::FailureOr<mlir::Value> pad(mlir::Value x, llvm::ArrayRef<Line> lines);
  /// A transposed tensor is padded before: what another convolution reads of
  /// the same tensor is the same then.
  mlir::Value surround(mlir::Value x, llvm::ArrayRef<int64_t> low,
                       llvm::ArrayRef<int64_t> high,
                       llvm::ArrayRef<int64_t> interior);

  // ConvolutionPhases.cpp
  int64_t resultExtent(mlir::Value x, mlir::Value weight, const Line &line,
                       int64_t dim);
  mlir::Value zeros(mlir::Value x, mlir::Value weight,
                    llvm::ArrayRef<Line> lines);
  /// Whether each element of the input gives a block of results of its own, as
  /// large as the weights.
  bool givesBlocks(mlir::Value x, mlir::Value weight,
                   llvm::ArrayRef<Line> lines);
  /// One product with a column for each element of the blocks, which then move
  /// beside each other.
  mlir::Value buildBlocks(mlir::Value x, mlir::Value weight,
                          llvm::ArrayRef<Line> lines);
  /// Of a spread input, the results r = spread · q + phase have the same taps,
  /// on the input as it is: a convolution for each phase.
  mlir::Value interleave(mlir::Value x, mlir::Value weight,
                         llvm::SmallVector<Line> lines, int64_t dim);
};

} // namespace sinter::nn
#endif
