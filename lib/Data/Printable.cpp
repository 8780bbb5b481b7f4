// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Messages without control characters.
#include "sinter/Data/Printable.h"
#include <cstdint>

/// The bytes of the character that `text` begins with, and its code; 0 bytes if
/// it is not UTF-8 in its shortest form.
static size_t decode(std::string_view text, uint32_t &code) {
  const uint8_t first = uint8_t(text[0]);
  const size_t length = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || length > text.size())
    return 0;
  code = length == 1 ? first : first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((uint8_t(text[i]) & 0xc0) != 0x80)
      return 0;
    code = code << 6 | (uint8_t(text[i]) & 0x3f);
  }
  static constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool isCharacter = code >= smallest[length] && code < 0x110000 &&
                     (code < 0xd800 || code > 0xdfff);
  return isCharacter ? length : 0;
}

static bool isObeyed(uint32_t code) {
  if (code == '\n' || code == '\t')
    return false;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e ||
         code == 0x200f || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string sinter::printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    uint32_t code = 0;
    size_t length = decode(text, code);
    if (length == 0 || isObeyed(code))
      result += '?';
    else
      result += text.substr(0, length);
    text.remove_prefix(length ? length : 1);
  }
  return result;
}
