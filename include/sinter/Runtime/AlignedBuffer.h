// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory as compiled code wants it: zeroed, and aligned to SINTER_ALIGNMENT.
#ifndef SINTER_RUNTIME_ALIGNEDBUFFER_H
#define SINTER_RUNTIME_ALIGNEDBUFFER_H

#include "sinter/Runtime/ABI.h"
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace sinter {

/// Owns bytes aligned to SINTER_ALIGNMENT. Copies are deep. Throws
/// std::bad_alloc when memory runs out.
class AlignedBuffer {
public:
  AlignedBuffer() = default;
  /// `bytes` zeros; data() is not null even for 0 bytes.
  explicit AlignedBuffer(size_t bytes) : memory(allocate(bytes)), count(bytes) {
    std::memset(memory.get(), 0, bytes);
  }
  AlignedBuffer(const AlignedBuffer &other)
      : memory(allocate(other.count)), count(other.count) {
    if (count)
      std::memcpy(memory.get(), other.memory.get(), count);
  }
  AlignedBuffer(AlignedBuffer &&other) noexcept
      : memory(std::move(other.memory)), count(std::exchange(other.count, 0)) {}
  AlignedBuffer &operator=(AlignedBuffer other) noexcept {
    std::swap(memory, other.memory);
    std::swap(count, other.count);
    return *this;
  }

  void *data() { return memory.get(); }
  const void *data() const { return memory.get(); }
  /// The bytes as elements of type T.
  template <typename T> T *as() { return static_cast<T *>(data()); }
  template <typename T> const T *as() const {
    return static_cast<const T *>(data());
  }
  /// In bytes.
  size_t size() const { return count; }

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };

  static void *allocate(size_t bytes) {
    if (bytes > SIZE_MAX - SINTER_ALIGNMENT)
      throw std::bad_alloc();
    size_t rounded = (bytes / SINTER_ALIGNMENT + 1) * SINTER_ALIGNMENT;
    if (void *pointer = std::aligned_alloc(SINTER_ALIGNMENT, rounded))
      return pointer;
    throw std::bad_alloc();
  }

  std::unique_ptr<void, Free> memory;
  size_t count = 0;
};

} // namespace sinter
#endif
