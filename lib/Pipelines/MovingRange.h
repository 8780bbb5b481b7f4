// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which bytes the operands of a schedule are, in which steps of its loops.
#ifndef SINTER_LIB_PIPELINES_MOVINGRANGE_H
#define SINTER_LIB_PIPELINES_MOVINGRANGE_H

#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter {

/// A range of bytes of a parameter or a constant of an entry.
struct ByteRange {
  mlir::Value base;
  int64_t begin = 0, end = 0;

  bool overlaps(const ByteRange &other) const {
    return base == other.base && begin < other.end && other.begin < end;
  }
  bool contains(const ByteRange &other) const {
    return base == other.base && begin <= other.begin && other.end <= end;
  }
};

/// Steps of loops; 0 for those not in it.
using Steps = llvm::DenseMap<mlir::Operation *, int64_t>;

/// A range that moves with the steps of loops.
struct MovingRange {
  /// `stride` bytes per step or time of a loop, modulo the period.
  struct Move {
    nn::LoopOp loop;
    bool followsTime;
    int64_t stride, period; ///< 0: none

    int64_t at(int64_t step) const;
  };
  ByteRange start; ///< without the moves
  llvm::SmallVector<Move, 1> moves;

  ByteRange at(const Steps &steps) const;

  /// `count` ranges, `stride` >= 0 bytes apart, from `first` on.
  struct Slots {
    ByteRange first;
    int64_t stride = 0, count = 1;
  };
  /// The ranges of all steps of `loop`, each with all steps of loops inside of
  /// it; in given steps of those around it.
  Slots over(nn::LoopOp loop, const Steps &steps) const;
};

/// Looks through views.
MovingRange rangeOf(mlir::Value buffer);

/// Whether two ranges share a byte in some step: the same step for both.
bool overlapInSomeStep(const MovingRange &left, const MovingRange &right);

} // namespace sinter
#endif
