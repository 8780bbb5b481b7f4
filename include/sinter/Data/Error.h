// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one exception of Data and Training, caught at the border by the driver.
#ifndef SINTER_DATA_ERROR_H
#define SINTER_DATA_ERROR_H

#include <algorithm>
#include <stdexcept>
#include <string>

namespace sinter {

/// What the user must know, complete: the file, what was expected, what was
/// found. Lower case, no full stop. A NUL, which a name may have, would end it.
class Error : public std::runtime_error {
public:
  explicit Error(std::string message)
      : std::runtime_error(withoutNul(std::move(message))) {}

private:
  static std::string withoutNul(std::string message) {
    std::replace(message.begin(), message.end(), '\0', '?');
    return message;
  }
};

} // namespace sinter
#endif
