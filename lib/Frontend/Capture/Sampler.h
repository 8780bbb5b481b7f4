// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How images are read at places that are computed.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_SAMPLER_H
#define SINTER_LIB_FRONTEND_CAPTURE_SAMPLER_H

#include "Windows.h"

namespace sinter::capturing {

enum class SampleMode { Nearest, Linear, Cubic };
enum class Outside { Zeros, Border, Reflection };

/// One of the elements along a dim that places are interpolated from.
struct Tap {
  Tensor index;  ///< -1 where there is none
  Tensor weight; ///< null is 1
};

/// How places in [-1, 1] read an image.
class Sampler {
public:
  Sampler(Graph &g, SampleMode mode, Outside outside, bool alignsCorners,
          bool isPlane)
      : g(g), mode(mode), outside(outside), alignsCorners(alignsCorners),
        isPlane(isPlane) {}

  /// The taps of places along a dim of extent `extent`.
  std::vector<Tap> taps(Tensor place, int64_t extent);

private:
  Tensor scaled(Tensor place, int64_t extent);
  Tensor reflected(Tensor place, int64_t extent);
  Tensor clipped(Tensor place, int64_t extent);
  Tensor confined(Tensor place, int64_t extent);
  Tensor indexOf(Tensor place, int64_t extent);
  std::vector<Tap> linearTaps(Tensor place, int64_t extent);
  std::vector<Tap> cubicTaps(Tensor place, int64_t extent);

  Graph &g;
  SampleMode mode;
  Outside outside;
  bool alignsCorners;
  bool isPlane; ///< PyTorch takes NaN in another way for volumes
};

} // namespace sinter::capturing
#endif
