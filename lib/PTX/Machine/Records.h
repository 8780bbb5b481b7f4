// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What compiled code hands to the machine by address: places, accesses and
// matrix operations. They live as long as the module.
#ifndef SINTER_PTX_RECORDS_H
#define SINTER_PTX_RECORDS_H

#include "sinter/PTX/Syntax.h"

namespace sinter::ptx {

/// Where an instruction stands, for reports.
struct Place {
  /// "file:line:column" in the PTX.
  std::string location;
  /// "ld.shared.f32"
  std::string instruction;
  /// "model.sinter:3:5" in what the PTX was made from, or "".
  std::string source;
  /// Index into Machine::places; 0 for those that are too many to have one.
  uint16_t id = 0;
};

/// A load, a store or both.
struct Access {
  enum Flag : uint8_t {
    Store = 1,
    Atomic = 2,
    /// volatile, relaxed, acquire, release: races with its like are meant.
    Strong = 4,
    /// By ld.global.nc.
    NonCoherent = 8,
    /// Orders what follows a load after what the store published.
    Acquire = 16,
    /// Publishes what came before the store.
    Release = 32
  };
  const Place *place;
  uint8_t bytes;
  uint8_t flags;
  Space space;
};

/// An operation of a whole warp on matrices.
struct MatrixOperation {
  enum Kind : uint8_t { Load, Store, Transpose, Multiply, TileLoad, TileStore };
  enum Element : uint8_t { F16, BF16, F32, TF32, F64, S8, U8, S32 };
  Kind kind;
  const Place *place;
  /// Shape of a product.
  uint32_t m = 0, n = 0, k = 0;
  Element a = F16, b = F16, c = F32, d = F32;
  /// 8x8 matrices of ldmatrix and stmatrix.
  uint8_t count = 0;
  bool transposed = false;
  /// The fragments are wmma's, whose layout nothing else may know.
  bool opaque = false;
  /// Of a tile of wmma.load and wmma.store: its extents and order.
  uint32_t rows = 0, columns = 0;
  bool rowMajor = true;
  /// Registers of the operands, each in a slot of eight bytes: D, A, B, C.
  uint8_t registersD = 0, registersA = 0, registersB = 0, registersC = 0;
};

} // namespace sinter::ptx
#endif
