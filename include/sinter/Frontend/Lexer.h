// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the text of a model file to its tokens.

#ifndef SINTER_FRONTEND_LEXER_H
#define SINTER_FRONTEND_LEXER_H

#include "sinter/Frontend/AST.h"
#include "sinter/Frontend/Diagnostics.h"
#include <vector>

namespace sinter {

enum class TokenKind {
  EndOfFile,
  Invalid, ///< Has been reported.
  Newline,
  Name,
  DType,
  Number,
  String,
  // Reserved words.
  True,
  False,
  None,
  Return,
  Yield,
  For,
  In,
  If,
  Else,
  And,
  Or,
  Not,
  // Punctuation.
  Semicolon,
  Comma,
  Colon,
  Dot,
  DotDot,
  Ellipsis,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  Arrow,
  Assign,
  Equal,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Plus,
  Minus,
  Star,
  StarStar,
  Slash,
  SlashSlash,
  Percent,
  At,
};

/// One token. Newlines are tokens: whether one ends a statement is for the
/// parser to say.
struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  bool isInteger = false; ///< Of a Number.
  SourceRange range;
  int64_t integer = 0;  ///< Of an integer Number.
  double value = 0;     ///< Of a Number.
  llvm::StringRef text; ///< The value of a String, else the spelling.
};

/// "'return'", "')'", … or "a name", "a number": for messages.
llvm::StringRef describe(TokenKind kind);

/// Splits a source into tokens; the last one is EndOfFile. Errors are reported
/// and replaced by what was most likely meant, so that parsing can go on.
class Lexer {
public:
  /// Values of strings go into the arena of `program`.
  Lexer(ast::Program &program, Diagnostics &diagnostics);

  std::vector<Token> lexAll();

private:
  void lexToken(Token &token);
  void lexNumber(Token &token);
  void lexNumberValue(Token &token);
  void lexName(Token &token);
  void lexString(Token &token);
  void lexEscape(std::string &value);
  void lexQuoted(Token &token);
  bool lexPunctuation(Token &token);
  void lexUnexpected(Token &token);
  void finish(Token &token, TokenKind kind, size_t length);

  char peek(size_t ahead = 0) const {
    return position + ahead < text.size() ? text[position + ahead] : '\0';
  }
  bool atEnd() const { return position >= text.size(); }
  SourceRange rangeFrom(size_t begin) const {
    return {uint32_t(begin), uint32_t(position)};
  }

  ast::Program &program;
  Diagnostics &diagnostics;
  llvm::StringRef text;
  size_t position = 0;
};

} // namespace sinter

#endif // SINTER_FRONTEND_LEXER_H
