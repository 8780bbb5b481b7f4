// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers that compiled code hands to the machine, so that one function serves
// the forms of an instruction.
#ifndef SINTER_PTX_CODES_H
#define SINTER_PTX_CODES_H

#include <cstdint>

namespace sinter::ptx {

enum class BarrierCode : uint32_t { Sync, Arrive, CountOnes, All, Any };
enum class ShuffleCode : uint32_t { Index, Up, Down, Butterfly };
enum class VoteCode : uint32_t { All, Any, Uniform, Ballot };
enum class ReduceCode : uint32_t {
  Add,
  MinimumSigned,
  MaximumSigned,
  MinimumUnsigned,
  MaximumUnsigned,
  And,
  Or,
  Xor
};
enum class Rounding : uint32_t { NearestEven, Zero, Down, Up };
enum class FloatCode : uint32_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  MultiplyAdd,
  SquareRoot
};
enum class PermuteCode : uint32_t {
  Index,
  Forward,
  Backward,
  ReplicateByte,
  ClampLeft,
  ClampRight,
  ReplicateHalf
};
enum class SpaceCode : uint32_t { Shared, Local, Global, Constant };

} // namespace sinter::ptx
#endif
