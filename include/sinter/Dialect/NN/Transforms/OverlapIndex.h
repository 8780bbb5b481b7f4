// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranges of bytes by what they overlap.
#ifndef SINTER_DIALECT_NN_TRANSFORMS_OVERLAPINDEX_H
#define SINTER_DIALECT_NN_TRANSFORMS_OVERLAPINDEX_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <array>
#include <cstdint>
#include <map>

namespace sinter::nn {

/// Ranges [begin, end) with a value each, none empty. Ranges of similar length
/// (within a factor of two) stand together, ordered by where they begin: those
/// that overlap another range are then neighbours, and a few long ones among
/// many short ones do not make every look-up long.
template <typename T> class OverlapIndex {
public:
  void insert(int64_t begin, int64_t end, T value) {
    classOf(end - begin).insert({begin, {end, std::move(value)}});
  }

  /// Calls `function` with the value of each range that overlaps [begin, end).
  template <typename Function>
  void forEach(int64_t begin, int64_t end, Function function) {
    visit(begin, end, [&](auto &, auto entry) {
      function(entry->second.value);
      return std::next(entry);
    });
  }

  /// Removes the ranges that overlap [begin, end) and calls `function` with
  /// their values. It must not change the index.
  template <typename Function>
  void takeEach(int64_t begin, int64_t end, Function function) {
    visit(begin, end, [&](auto &ranges, auto entry) {
      function(std::move(entry->second.value));
      return ranges.erase(entry);
    });
  }

private:
  struct Entry {
    int64_t end;
    T value;
  };
  using Ranges = std::multimap<int64_t, Entry>;

  Ranges &classOf(int64_t length) {
    return classes[llvm::Log2_64(uint64_t(length))];
  }

  template <typename Function>
  void visit(int64_t begin, int64_t end, Function function) {
    for (auto [number, ranges] : llvm::enumerate(classes)) {
      if (ranges.empty())
        continue;
      // None of the class is as long as this.
      int64_t longest = int64_t(1) << std::min<size_t>(number + 1, 62);
      auto entry = ranges.upper_bound(begin - longest);
      while (entry != ranges.end() && entry->first < end)
        entry = entry->second.end > begin ? function(ranges, entry)
                                          : std::next(entry);
    }
  }

  std::array<Ranges, 64> classes;
};

} // namespace sinter::nn

#endif
