// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass over the text.
#include "Lexer.h"
#include "llvm/ADT/StringExtras.h"

using namespace sinter::ptx;

static bool continuesWord(char c) {
  return llvm::isAlnum(c) || c == '_' || c == '$' || c == '%';
}

namespace {
class Lexer {
public:
  explicit Lexer(llvm::StringRef text) : text(text) {}

  std::vector<Token> run() {
    while (skipSpace(), at < text.size())
      tokens.push_back(next());
    tokens.push_back({Token::End, "", here()});
    return std::move(tokens);
  }

private:
  char peek(size_t ahead = 0) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }
  Position here() const { return {line, unsigned(at - lineStart + 1)}; }
  void advance() {
    if (text[at++] == '\n') {
      ++line;
      lineStart = at;
    }
  }

  void skipSpace() {
    while (at < text.size()) {
      if (text.substr(at).starts_with("//")) {
        while (at < text.size() && peek() != '\n')
          advance();
      } else if (text.substr(at).starts_with("/*")) {
        size_t end = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
        while (at < end)
          advance();
      } else if (llvm::isSpace(peek()) || !peek()) {
        advance();
      } else {
        return;
      }
    }
  }

  Token next() {
    Position position = here();
    size_t begin = at;
    auto token = [&](Token::Kind kind) {
      return Token{kind, text.slice(begin, at), position};
    };
    if (peek() == '"') {
      advance();
      while (at < text.size() && peek() != '"' && peek() != '\n')
        advance();
      Token string{Token::String, text.slice(begin + 1, at), position};
      if (peek() == '"')
        advance();
      return string;
    }
    if (llvm::isDigit(peek())) {
      while (llvm::isAlnum(peek()) || peek() == '.')
        advance();
      return token(Token::Number);
    }
    if (!wordPart()) {
      advance();
      return token(Token::Punctuation);
    }
    do
      at += wordPart();
    while (wordPart());
    return token(Token::Word);
  }

  /// Characters of the next part of a word: one, or two of "::" and a dot that
  /// something follows.
  size_t wordPart() const {
    if (continuesWord(peek()))
      return 1;
    if (peek() == '.' && continuesWord(peek(1)))
      return 2;
    return peek() == ':' && peek(1) == ':' ? 2 : 0;
  }

  llvm::StringRef text;
  size_t at = 0, lineStart = 0;
  unsigned line = 1;
  std::vector<Token> tokens;
};
} // namespace

std::vector<Token> sinter::ptx::tokenize(llvm::StringRef text) {
  return Lexer(text).run();
}
