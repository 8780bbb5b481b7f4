// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the graph says about an entry and no table holds: which indices are
// legal, and where in the model file a result is computed. No LLVM here.
#ifndef SINTER_EXECUTION_ENTRYFACTS_H
#define SINTER_EXECUTION_ENTRYFACTS_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sinter {

/// Legal values of an input of indices.
struct IndexRange {
  int64_t first = 0;              ///< legal from this
  std::optional<int64_t> limit;   ///< legal below this; not given: unknown
  std::optional<int64_t> ignored; ///< legal as well
  bool isDescending = false;      ///< none may be above the one before

  /// The first legal value alone.
  IndexRange smallest() const { return {first, first + 1, std::nullopt}; }
};

/// Facts about one instance of an entry.
struct EntryFacts {
  std::vector<IndexRange> inputs; ///< one per input of the instance
  /// "file:line:column" of the ops that compute results, by their names, and
  /// segments of the state after the call, by their keys.
  std::map<std::string, std::string> resultSources, stateSources;

  /// The legal values of an input, in inputs or not.
  IndexRange rangeOf(size_t input) const {
    return input < inputs.size() ? inputs[input] : IndexRange();
  }
};

} // namespace sinter
#endif
