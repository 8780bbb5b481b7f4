// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Labels, lengths and indices that an entry would refuse, in words.
#ifndef SINTER_DATA_INDEXERRORS_H
#define SINTER_DATA_INDEXERRORS_H

#include "sinter/Runtime/Model.h"
#include <functional>

namespace sinter {

/// An element that an entry refuses.
struct IndexError {
  size_t input = 0; ///< position in Instance::inputs
  int64_t row = 0;
  std::string text; ///< "expected labels from 0 to 2, but got 9"
};

/// The first element of `rows` rows of `elements` numbers each that the limit
/// refuses; `type` is i64 or i32. Nothing if all are accepted.
std::optional<IndexError> findIndexError(const IndexLimit &limit, DType type,
                                         const void *data, int64_t rows,
                                         int64_t elements);

/// The first element of the inputs that the instance refuses; nothing if it
/// accepts all, or refuses indices that it computes.
std::optional<IndexError>
findIndexError(const Instance &instance,
               const std::vector<const void *> &inputs);

/// What is wrong in a call that returned SINTER_INDEX_OUT_OF_RANGE with `row`:
/// "y: expected labels from 0 to 2, but got 9 in row 3". `placeOf`
/// gives the name of an input and, from its row in the call, that of its
/// source.
std::string describeIndexError(
    const Instance &instance, const std::vector<const void *> &inputs,
    int64_t row,
    const std::function<std::pair<std::string, int64_t>(size_t, int64_t)>
        &placeOf);

} // namespace sinter
#endif
