// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one exception of Data and Training, caught at the border by the driver.
#ifndef SINTER_DATA_ERROR_H
#define SINTER_DATA_ERROR_H

#include <stdexcept>
#include <string>

namespace sinter {

/// What the user must know, complete: the file, what was expected, what was
/// found. Lower case, no full stop.
class Error : public std::runtime_error {
public:
  explicit Error(const std::string &message) : std::runtime_error(message) {}
};

} // namespace sinter
#endif
