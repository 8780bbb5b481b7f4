// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lexer's strings and their C escapes.

#include "sinter/Frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"

using namespace sinter;
using llvm::StringRef;

/// The byte that a one-letter escape stands for, or -1.
static int simpleEscape(char letter) {
  static constexpr StringRef letters = "abfnrtv\\\"'?";
  static constexpr StringRef bytes = "\a\b\f\n\r\t\v\\\"'?";
  size_t at = letters.find(letter);
  return at == StringRef::npos ? -1 : bytes[at];
}

void Lexer::lexString(Token &token) {
  size_t begin = position++;
  std::string value;
  bool closed = false;
  while (!atEnd() && peek() != '\n' && !closed) {
    if (peek() == '"') {
      closed = true;
      ++position;
    } else if (peek() == '\\') {
      lexEscape(value);
    } else {
      value.push_back(text[position++]);
    }
  }
  token.kind = TokenKind::String;
  token.range = rangeFrom(begin);
  token.text = program.copy(StringRef(value));
  if (!closed)
    diagnostics.error({uint32_t(begin), uint32_t(begin + 1)},
                      "expected '\"' at the end of the string, but got the end "
                      "of the line");
}

/// At a backslash: appends the byte it stands for. Digits beyond those that an
/// escape may have (two hexadecimal, three octal) belong to the string.
void Lexer::lexEscape(std::string &value) {
  size_t begin = position++;
  char letter = peek();
  unsigned base = letter == 'x' ? 16 : 8;
  size_t most = letter == 'x' ? 2 : 3;
  if (int byte = simpleEscape(letter); letter != '\0' && byte >= 0) {
    value.push_back(byte);
    ++position;
    return;
  }
  if (letter == 'x')
    ++position;
  StringRef digits = text.substr(position, most).take_while([base](char c) {
    return llvm::hexDigitValue(c) < base;
  });
  position += digits.size();
  unsigned number = 0;
  if (!digits.getAsInteger(base, number) && number <= 0xff) {
    value.push_back(char(number));
    return;
  }
  if (digits.empty() && letter != 'x' && !atEnd() && letter != '\n')
    ++position;
  diagnostics.error(
      rangeFrom(begin),
      "expected an escape of C such as '\\n' or '\\x41', but got '" +
          text.slice(begin, position) + "'");
}

/// A string in single quotes: reported, and taken as the string it is meant to
/// be.
void Lexer::lexQuoted(Token &token) {
  size_t begin = position;
  StringRef line =
      text.substr(position + 1).take_until([](char c) { return c == '\n'; });
  size_t length = line.find('\'');
  bool closed = length != StringRef::npos;
  StringRef value = line.take_front(length);
  position += 1 + value.size() + closed;
  token.kind = TokenKind::String;
  token.range = rangeFrom(begin);
  token.text = value;
  Diagnostic &error = diagnostics.error(
      token.range,
      "expected a string in double quotes, but got a single quote");
  if (closed && !value.contains('"'))
    error.fixIt(token.range, "\"" + value + "\"");
}
