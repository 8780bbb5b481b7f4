// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A GPU that is executed on the host: memory, and launches of kernels.
#ifndef SINTER_PTX_DEVICE_H
#define SINTER_PTX_DEVICE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sinter::ptx {

struct Kernel;
class Machine;

/// Extents of a grid or a block.
struct Dimensions {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

struct LaunchOptions {
  Dimensions grid, block;
  /// Bytes of the `.extern .shared` arrays.
  uint32_t dynamicSharedBytes = 0;
  /// All blocks are resident, and the grid may synchronise.
  bool cooperative = false;
  /// From which the order of blocks, of threads and of copies is drawn.
  uint64_t seed = 1;
  /// Backward branches and calls that a thread may take.
  uint64_t fuel = 50'000'000;
};

/// Something that a kernel must not do, or that it did not finish.
struct Report {
  /// "race in shared memory", "deadlock", …
  std::string kind;
  /// "file:line:column: error: kind: details", with lines of notes.
  std::string text;
};

/// Owns the memory and runs one launch at a time. An address of its memory is
/// one of the host, where the host may read and write.
class Device {
public:
  /// Reserves address space, which costs memory only where it is used.
  static llvm::Expected<std::unique_ptr<Device>> create();
  ~Device();

  /// The address of `bytes` uninitialised bytes at a power of two, or 0 if
  /// there is no room.
  uint64_t allocate(uint64_t bytes, uint64_t alignment = 256);
  /// False unless `address` came from allocate.
  bool free(uint64_t address);
  /// Copies to the device, where the bytes are initialised from then on. False
  /// if they do not lie in one allocation.
  bool write(uint64_t address, const void *source, uint64_t bytes);
  /// Copies from the device. False if the bytes do not lie in one allocation.
  bool read(uint64_t address, void *target, uint64_t bytes) const;
  /// Whether something wrote each of the bytes.
  bool isInitialised(uint64_t address, uint64_t bytes) const;

  /// Runs a kernel to its end. `arguments` point to the values of the
  /// parameters, in order. What is wrong is reported, each kind once a place.
  std::vector<Report> launch(const Kernel &kernel, const LaunchOptions &options,
                             llvm::ArrayRef<const void *> arguments);

  /// For what the library itself does with it.
  Machine &implementation() { return *machine; }

private:
  Device();
  std::unique_ptr<Machine> machine;
};

} // namespace sinter::ptx
#endif
