// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What this machine can do at most, measured: the yardstick of `bench`.
#ifndef SINTER_EXECUTION_ROOFLINE_H
#define SINTER_EXECUTION_ROOFLINE_H

#include "sinter/Runtime/ABI.h"
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sinter {

/// Rates of loops that run on all threads of a context at once, compiled for
/// the host by the code generator that models go through. Each call measures
/// anew, since clock rates change; a rate is 0 if the loops cannot be compiled.
class Roofline {
public:
  /// The context must outlive this.
  explicit Roofline(const sinter_ctx &context);

  /// Floating point operations per second of independent f32 multiply-adds on
  /// registers of the widest vectors. An fma counts 2. Takes about 250 us.
  double measureFmaRate();

  /// Bytes per second of reading `bytes` again and again, each thread an equal
  /// part: from the level of the memory that holds them. Of more than 128 MiB,
  /// so many are read.
  double measureReadRate(int64_t bytes);

private:
  using Loop = void (*)(float *data, int64_t rounds, int64_t period);

  /// Runs the loop on every thread and returns the seconds that takes.
  double run(Loop loop, int64_t rounds, int64_t period);

  /// Makes room for so many elements, from the start of a cache line on.
  void reserve(size_t elements);

  const sinter_ctx &context;
  std::vector<float> memory;
  float *data = nullptr; ///< what is read, the part of thread after thread
};

} // namespace sinter
#endif
