// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lexer: names, numbers and punctuation; strings are in LexerString.cpp.

#include "sinter/Frontend/Lexer.h"
#include "sinter/Data/Printable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include <cmath>
#include <cstdlib>

using namespace sinter;
using llvm::StringRef;

namespace {
struct Spelling {
  TokenKind kind;
  StringRef text;
};
} // namespace

static constexpr Spelling reservedWords[] = {
    {TokenKind::True, "true"},   {TokenKind::False, "false"},
    {TokenKind::None, "none"},   {TokenKind::Return, "return"},
    {TokenKind::Yield, "yield"}, {TokenKind::For, "for"},
    {TokenKind::In, "in"},       {TokenKind::If, "if"},
    {TokenKind::Else, "else"},   {TokenKind::And, "and"},
    {TokenKind::Or, "or"},       {TokenKind::Not, "not"},
};

/// The longest come first, so that the first match is the token.
static constexpr Spelling punctuation[] = {
    {TokenKind::Ellipsis, "..."},    {TokenKind::DotDot, ".."},
    {TokenKind::Arrow, "->"},        {TokenKind::Equal, "=="},
    {TokenKind::NotEqual, "!="},     {TokenKind::LessEqual, "<="},
    {TokenKind::GreaterEqual, ">="}, {TokenKind::StarStar, "**"},
    {TokenKind::SlashSlash, "//"},   {TokenKind::Semicolon, ";"},
    {TokenKind::Comma, ","},         {TokenKind::Colon, ":"},
    {TokenKind::Dot, "."},           {TokenKind::LeftParen, "("},
    {TokenKind::RightParen, ")"},    {TokenKind::LeftBracket, "["},
    {TokenKind::RightBracket, "]"},  {TokenKind::LeftBrace, "{"},
    {TokenKind::RightBrace, "}"},    {TokenKind::Assign, "="},
    {TokenKind::Less, "<"},          {TokenKind::Greater, ">"},
    {TokenKind::Plus, "+"},          {TokenKind::Minus, "-"},
    {TokenKind::Star, "*"},          {TokenKind::Slash, "/"},
    {TokenKind::Percent, "%"},       {TokenKind::At, "@"},
    {TokenKind::Newline, "\n"},
};

/// What other languages write, and what is meant here; a function of tensors
/// has no operator to put in its place.
static constexpr struct {
  StringRef foreign;
  TokenKind kind;
  StringRef meant;
  bool isFunction;
} foreignOperators[] = {{"&&", TokenKind::And, "and", false},
                        {"||", TokenKind::Or, "or", false},
                        {"!", TokenKind::Not, "not", false},
                        {"&", TokenKind::And, "logical_and(a, b)", true},
                        {"|", TokenKind::Or, "logical_or(a, b)", true},
                        {"^", TokenKind::NotEqual, "a != b", true},
                        {"~", TokenKind::Minus, "logical_not(a)", true}};

StringRef sinter::describe(TokenKind kind) {
  switch (kind) {
  case TokenKind::EndOfFile:
    return "the end of the file";
  case TokenKind::Newline:
    return "the end of the line";
  case TokenKind::Name:
    return "a name";
  case TokenKind::DType:
    return "a dtype";
  case TokenKind::Number:
    return "a number";
  case TokenKind::String:
    return "a string";
  default:
    break;
  }
  for (const Spelling &word : reservedWords)
    if (word.kind == kind)
      return word.text;
  for (const Spelling &mark : punctuation)
    if (mark.kind == kind)
      return mark.text;
  return "a token";
}

static bool isNameStart(char c) { return llvm::isAlpha(c) || c == '_'; }
static bool isNamePart(char c) { return llvm::isAlnum(c) || c == '_'; }

Lexer::Lexer(ast::Program &program, Diagnostics &diagnostics)
    : program(program), diagnostics(diagnostics),
      text(program.getSource().text()) {}

std::vector<Token> Lexer::lexAll() {
  std::vector<Token> tokens;
  if (text.starts_with("\xef\xbb\xbf")) // A byte order mark.
    position = 3;
  while (!atEnd()) {
    char c = peek();
    if (c == ' ' || c == '\t' || c == '\r') {
      ++position;
    } else if (c == '#') {
      position = std::min(text.find('\n', position), text.size());
    } else {
      lexToken(tokens.emplace_back());
    }
  }
  Token end;
  end.range = rangeFrom(position);
  tokens.push_back(end);
  return tokens;
}

void Lexer::lexToken(Token &token) {
  char c = peek();
  if (isNameStart(c))
    lexName(token);
  else if (llvm::isDigit(c) || (c == '.' && llvm::isDigit(peek(1))))
    lexNumber(token);
  else if (c == '"')
    lexString(token);
  else if (c == '\'')
    lexQuoted(token);
  else if (!lexPunctuation(token))
    lexUnexpected(token);
}

void Lexer::finish(Token &token, TokenKind kind, size_t length) {
  token.kind = kind;
  token.text = text.substr(position, length);
  token.range = {uint32_t(position), uint32_t(position + length)};
  position += length;
}

void Lexer::lexName(Token &token) {
  StringRef name = text.substr(position).take_while(isNamePart);
  TokenKind kind = TokenKind::Name;
  for (const Spelling &word : reservedWords)
    if (word.text == name)
      kind = word.kind;
  if (dtypeNamed(name))
    kind = TokenKind::DType;
  finish(token, kind, name.size());
}

/// Digits, a point that neither another point nor a member's name follows
/// ("0..n", "1.exp()"), digits, and an exponent that has digits.
void Lexer::lexNumber(Token &token) {
  size_t length = 0;
  auto skipDigits = [&] {
    while (llvm::isDigit(peek(length)))
      ++length;
  };
  auto exponentAt = [&](size_t at) {
    if (peek(at) != 'e' && peek(at) != 'E')
      return false;
    char sign = peek(at + 1);
    return llvm::isDigit(peek(at + (sign == '-' || sign == '+' ? 2 : 1)));
  };
  token.isInteger = true;
  skipDigits();
  char next = peek(length + 1);
  if (peek(length) == '.' && next != '.' &&
      (!isNameStart(next) || exponentAt(length + 1))) {
    token.isInteger = false;
    ++length;
    skipDigits();
  }
  if (exponentAt(length)) {
    token.isInteger = false;
    length += 2;
    skipDigits();
  }
  finish(token, TokenKind::Number, length);
  if (isNamePart(peek())) {
    while (isNamePart(peek()))
      ++position;
    token.range.end = position;
    diagnostics.error(token.range, "expected a decimal number, but got '" +
                                       text.slice(token.range.begin, position) +
                                       "'");
    return;
  }
  lexNumberValue(token);
}

void Lexer::lexNumberValue(Token &token) {
  // The range of a double is checked by its value: std::strtod does not
  // depend on a terminator here because the text is copied.
  token.value = std::strtod(token.text.str().c_str(), nullptr);
  if (token.isInteger && token.text.getAsInteger(10, token.integer))
    diagnostics.error(
        token.range, "expected an integer of at most 64 bits, but got one of " +
                         llvm::Twine(token.text.size()) + " digits");
  else if (std::isinf(token.value))
    diagnostics.error(token.range,
                      "expected a number in the range of f64, but got '" +
                          token.text.take_front(40) + "'");
}

bool Lexer::lexPunctuation(Token &token) {
  StringRef rest = text.substr(position);
  for (const Spelling &mark : punctuation) {
    if (!rest.starts_with(mark.text))
      continue;
    finish(token, mark.kind, mark.text.size());
    return true;
  }
  for (const auto &entry : foreignOperators) {
    if (!rest.starts_with(entry.foreign))
      continue;
    finish(token, entry.kind, entry.foreign.size());
    Diagnostic &problem = diagnostics.error(
        token.range, "expected '" + entry.meant + "', but got " +
                         (entry.isFunction ? "the operator '" : "'") +
                         entry.foreign + "'");
    if (!entry.isFunction)
      problem.fixIt(token.range, entry.meant);
    return true;
  }
  return false;
}

/// One character in quotes, or its number where a terminal would not show it.
static std::string spell(StringRef character) {
  if (printable(character.str()) == character)
    return ("'" + character + "'").str();
  llvm::UTF32 code = 0, *to = &code;
  auto *from = reinterpret_cast<const llvm::UTF8 *>(character.data());
  llvm::ConvertUTF8toUTF32(&from, from + character.size(), &to, to + 1,
                           llvm::strictConversion);
  return "U+" + llvm::utohexstr(code, /*LowerCase=*/false, /*Width=*/4);
}

/// A run of bytes that begin no token is one invalid token, reported once.
void Lexer::lexUnexpected(Token &token) {
  size_t begin = position;
  auto *first = reinterpret_cast<const llvm::UTF8 *>(text.data() + begin);
  auto *last = reinterpret_cast<const llvm::UTF8 *>(text.end());
  bool isUTF8 = llvm::isLegalUTF8Sequence(first, last);
  unsigned char byte = peek();
  size_t length = isUTF8 ? llvm::getNumBytesForUTF8(byte) : 1;
  auto startsToken = [](unsigned char c) {
    return c < 0x80 && (llvm::isAlnum(c) || llvm::isSpace(c) ||
                        StringRef(".,:;()[]{}=<>+-*/%@\"'#!&|^~").contains(c));
  };
  position += length;
  while (!atEnd() && !startsToken(peek()))
    ++position;
  token.kind = TokenKind::Invalid;
  token.range = rangeFrom(begin);
  SourceRange range = {uint32_t(begin), uint32_t(begin + length)};
  if (isUTF8 && (byte >= 0x80 || llvm::isPrint(byte)))
    diagnostics.error(range, "unexpected character " +
                                 spell(text.substr(begin, length)));
  else if (byte < 0x80)
    diagnostics.error(range, "unexpected control character 0x" +
                                 llvm::utohexstr(byte, /*LowerCase=*/true));
  else
    diagnostics.error(range, "expected UTF-8 text, but got the byte 0x" +
                                 llvm::utohexstr(byte, /*LowerCase=*/true));
}
