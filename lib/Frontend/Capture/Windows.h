// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions and pooling share: numbers per spatial dim, inputs without
// a batch.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_WINDOWS_H
#define SINTER_LIB_FRONTEND_CAPTURE_WINDOWS_H

#include "Call.h"
#include "sinter/Dialect/NN/IR/Convolution.h"
#include "llvm/Support/MathExtras.h"

namespace sinter::capturing {

/// How many spatial dims a function or layer has by its name: 2 of "conv2d".
int64_t spatialRank(llvm::StringRef name);

/// An argument that is one number for all spatial dims or one for each, none
/// below `lowest`. After an error zeros.
Shape perSpatialDim(Call &call, llvm::StringRef name, int64_t spatial,
                    int64_t lowest);

/// An argument that is one number for all spatial dims or one for each; empty
/// after an error.
std::vector<double> numbersPerDim(Call &call, llvm::StringRef name,
                                  int64_t spatial);

/// An input [N, C, S…]; one without a batch gets one of extent 1.
struct SpatialInput {
  Tensor tensor;
  bool isBatched = true;

  /// A result without the batch that the input did not have.
  Tensor result(Graph &graph, Tensor value) const {
    return isBatched ? value : graph.squeeze(value, 0);
  }
};

/// Whether all extents are below 2^31, as windows and convolutions count.
bool areCountable(llvm::ArrayRef<int64_t> extents);

/// Whether a tensor that a call reads on the way can be counted, and in 31 bits
/// along each dim; an error otherwise.
bool checkCountable(Call &call, llvm::ArrayRef<int64_t> shape,
                    mlir::Type element);

/// Whether so many numbers may be listed while compiling, one for each element
/// along a dim; an error otherwise.
bool mayList(Call &call, int64_t count);

/// The argument 'input' as [N, C, S…]; null after an error.
SpatialInput spatialInput(Call &call, Tensor input, int64_t spatial);

/// The windows of a pooling along one dim of extent `extent`.
struct PoolLine {
  int64_t extent, size, stride, dilation, padding, count;

  int64_t start(int64_t window) const { return window * stride - padding; }
  int64_t span() const { return dilation * (size - 1) + 1; }
  /// Elements of the input up to the last that a window reaches.
  int64_t reached() const {
    return std::min(start(count - 1) + span(), extent);
  }
  /// Elements after the input that the last window reaches.
  int64_t high() const {
    return std::max<int64_t>(start(count - 1) + span() - extent, 0);
  }
};

/// Which window a dim belongs to when it is cut into `count` parts that cover
/// it: PyTorch's adaptive pooling.
struct AdaptiveLine {
  int64_t extent, count;

  /// Whether all parts are equal, and there are some.
  bool isEven() const { return count > 0 && extent % count == 0; }
  int64_t begin(int64_t part) const { return part * extent / count; }
  int64_t end(int64_t part) const {
    return llvm::divideCeil((part + 1) * extent, count);
  }
  /// Whether parts are read as slices, each by a kernel, or taken together.
  bool isSliced() const { return count <= 64; }
  /// Elements of the longest part, if parts differ.
  int64_t longest() const;
  /// The elements of all parts, where shorter ones have their last one again.
  std::vector<int64_t> places() const;
};

/// The arguments of a pooling of x [N, C, S…]; empty after an error.
std::vector<PoolLine> readPoolLines(Call &call, Tensor x, bool hasPadding,
                                    bool hasDilation);
/// [N, C, S…] with the zeros around that the windows reach.
Tensor surround(Graph &g, Tensor x, llvm::ArrayRef<PoolLine> lines);
/// `dim` as the windows' elements, in a dim of their own before, and their
/// number.
Tensor windowsOf(Graph &g, Tensor x, int64_t dim, const PoolLine &line);
/// The parts of an adaptive pooling of x [N, C, S…] by its `output_size`, where
/// none stays as the input's; empty after an error.
std::vector<AdaptiveLine> readAdaptiveLines(Call &call, Tensor x);

/// Numbers along one dim of a tensor of that rank, to be broadcast.
Tensor alongDim(Graph &g, llvm::ArrayRef<double> numbers, int64_t rank,
                int64_t dim, mlir::Type element);
/// Slices of a dim by numbers known while compiling.
Tensor takeAlong(Graph &g, Tensor x, int64_t dim,
                 llvm::ArrayRef<int64_t> indices);

} // namespace sinter::capturing
#endif
