// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of layers that their gradients and their decompositions share.
#ifndef SINTER_LIB_DIALECT_NN_IR_LAYERPARTS_H
#define SINTER_LIB_DIALECT_NN_IR_LAYERPARTS_H

#include "sinter/Dialect/NN/IR/Builders.h"

namespace sinter::nn {

/// The dimensions of a batch normalization.
struct BatchNormParts {
  BatchNormParts(BatchNormOp op, mlir::OpBuilder &builder);

  /// A vector [C] as [1, C, 1, …].
  mlir::Value perChannel(mlir::Value vector) {
    return b.restoreDims(vector, shape, dims);
  }
  /// Mean and variance (divided by the count) of each channel of x, vectors
  /// [C]. Those of large images are taken one sample after the other, which
  /// stays in a cache, and combined exactly (Chan, Golub and LeVeque 1979).
  std::pair<mlir::Value, mlir::Value> statistics(mlir::Value x);

  TensorBuilder b;
  Shape shape;
  Shape dims;    ///< all but the channels
  int64_t count; ///< elements per channel
};

/// The masks of a negative log likelihood.
struct NllLossParts {
  NllLossParts(NllLossOp op, mlir::OpBuilder &builder);

  /// A tensor of the target's shape with a unit dimension in the place of the
  /// classes.
  mlir::Value alongClasses(mlir::Value value) {
    return b.restoreDims(value, shape, classDim);
  }
  /// The weights of the classes, broadcastable to the input.
  mlir::Value classWeights();
  /// The sum of the weights of the targets that count, rank 0.
  mlir::Value totalWeight();

  NllLossOp op;
  TensorBuilder b;
  Shape shape;
  int64_t classDim;
  mlir::Value isCounted; ///< [N, 1, d…]: not ignored
  mlir::Value isTarget;  ///< [N, C, d…]: the target's class, and counted
};

} // namespace sinter::nn
#endif
