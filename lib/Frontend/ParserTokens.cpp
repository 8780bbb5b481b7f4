// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parser's view of the tokens, its errors, and recovery: after an error,
// parsing goes on at the next statement, member, entry or item.

#include "ParserImpl.h"

using namespace sinter;
using llvm::StringRef;
using llvm::Twine;

Parser::Parser(ast::Program &program, Diagnostics &diagnostics)
    : program(program), diagnostics(diagnostics),
      tokens(Lexer(program, diagnostics).lexAll()) {}

const Token &Parser::token() {
  if (!openBrackets.empty())
    skipNewlines();
  return tokens[index];
}

const Token &Parser::rawAt(size_t place) const {
  return tokens[std::min(place, tokens.size() - 1)];
}

TokenKind Parser::nextKind() {
  token();
  size_t next = index + 1;
  while (!openBrackets.empty() && rawAt(next).kind == TokenKind::Newline)
    ++next;
  return rawAt(next).kind;
}

bool Parser::atName(StringRef text) {
  return at(TokenKind::Name) && token().text == text;
}

bool Parser::atItem() {
  const Token &first = rawAt(index);
  static constexpr StringRef keywords[] = {"dim", "const", "module", "train",
                                           "run"};
  return first.kind == TokenKind::Name && firstOnLine(index) &&
         llvm::is_contained(keywords, first.text) &&
         rawAt(index + 1).kind == TokenKind::Name;
}

bool Parser::firstOnLine(size_t place) const {
  return place == 0 || tokens[place - 1].kind == TokenKind::Newline;
}

Token Parser::take() {
  Token taken = token();
  if (index + 1 < tokens.size())
    ++index;
  previousEnd = taken.range.end;
  return taken;
}

bool Parser::takeIf(TokenKind wanted) {
  if (!at(wanted))
    return false;
  take();
  return true;
}

bool Parser::expect(TokenKind wanted, const Twine &where) {
  if (takeIf(wanted))
    return true;
  expected("'" + describe(wanted) + "' " + where);
  return false;
}

bool Parser::expectName(ast::Identifier &name, const Twine &what) {
  if (!at(TokenKind::Name)) {
    expected(what);
    return false;
  }
  Token taken = take();
  name = {taken.text, taken.range};
  return true;
}

bool Parser::open(TokenKind bracket, const Twine &where) {
  SourceRange range = token().range;
  if (!expect(bracket, where))
    return false;
  openBrackets.push_back({bracket == TokenKind::LeftParen
                              ? TokenKind::RightParen
                              : TokenKind::RightBracket,
                          range});
  return true;
}

bool Parser::close(TokenKind bracket) {
  if (!at(bracket)) {
    bool separated =
        bracket == TokenKind::RightParen || bracket == TokenKind::RightBracket;
    expected(Twine(separated ? "',' or '" : "'") + describe(bracket) + "'")
        .note(openBrackets.back().range,
              "to match this '" +
                  program.getSource().text(openBrackets.back().range) + "'");
    return false;
  }
  // The token is taken first: newlines after the bracket count again.
  Token taken = tokens[index];
  ++index;
  previousEnd = taken.range.end;
  openBrackets.pop_back();
  return true;
}

void Parser::skipNewlines() {
  while (tokens[index].kind == TokenKind::Newline)
    ++index;
}

void Parser::skipSeparators(bool commas) {
  while (at(TokenKind::Newline) || at(TokenKind::Semicolon) ||
         (commas && at(TokenKind::Comma)))
    take();
}

SourceRange Parser::rangeFrom(uint32_t begin) const {
  return {begin, std::max(begin, previousEnd)};
}

Diagnostic &Parser::error(SourceRange range, const Twine &message) {
  if (stopped || lastError == index ||
      tokens[index].kind == TokenKind::Invalid) {
    discarded = Diagnostic();
    return discarded;
  }
  lastError = index;
  return diagnostics.error(range, message);
}

/// "expected …, but got …" at the current token; what is missing at the end of
/// a line is reported where the line ends.
Diagnostic &Parser::expected(const Twine &what) {
  SourceRange range = token().range;
  if (at(TokenKind::Newline) || at(TokenKind::EndOfFile))
    range = {previousEnd, previousEnd};
  return error(range, "expected " + what + ", but got " + found() + habit());
}

/// What words of Python are here.
static constexpr std::pair<StringRef, StringRef> pythonWords[] = {
    {"def", "a function begins with 'fn'"},
    {"class", "a network begins with 'module'"},
    {"import", "built-ins are there without an import"},
    {"from", "built-ins are there without an import"},
    {"elif", "write 'else if'"},
    {"while", "loops are written 'for i in 0..n'"},
    {"lambda", "functions have names: 'fn f(x) { … }'"},
    {"with", "there are no contexts: training and evaluation are compiled "
             "separately"},
    {"pass", "a block may be empty"},
};

/// A hint behind the error at the current token, if a word of Python stands
/// there or before it, or an assignment with an operator.
std::string Parser::habit() {
  for (size_t place : {index, index == 0 ? 0 : index - 1})
    for (auto [word, hint] : pythonWords)
      if (rawAt(place).kind == TokenKind::Name && rawAt(place).text == word)
        return ("; " + hint).str();
  if (!at(TokenKind::Assign) || index == 0)
    return "";
  const Token &before = rawAt(index - 1);
  bool isOperator = StringRef("+ - * / // % @ **").contains(before.text);
  if (!isOperator || before.range.end != token().range.begin)
    return "";
  return ("; write 'x = x " + before.text + " …'").str();
}

std::string Parser::found() {
  constexpr size_t longest = 40;
  switch (kind()) {
  case TokenKind::EndOfFile:
  case TokenKind::Newline:
  case TokenKind::String:
    return describe(kind()).str();
  default:
    break;
  }
  StringRef text = token().text;
  if (text.size() > longest)
    return ("'" + text.take_front(longest) + "…'").str();
  return ("'" + text + "'").str();
}

/// Skips the rest of what began at the token `start`: to the brackets that
/// close those that are open, and on to the end of the line or block.
void Parser::recover(size_t start) {
  recoverBrackets();
  if (index == start && !at(TokenKind::RightBrace))
    take();
  while (!at(TokenKind::Newline) && !at(TokenKind::Semicolon) &&
         !at(TokenKind::RightBrace) && !at(TokenKind::EndOfFile)) {
    if (firstOnLine(index) && index != start)
      return;
    if (at(TokenKind::LeftBrace))
      skipBraces();
    else
      take();
  }
}

/// Moves behind the brackets that close the open ones. If they are missing,
/// stays, as a line that begins with the offending token is not lost then.
void Parser::recoverBrackets() {
  // Bounded, or a file of unclosed brackets would take quadratic time.
  constexpr size_t longest = 10000;
  size_t depth = openBrackets.size();
  size_t last = std::min(index + longest, tokens.size() - 1);
  openBrackets.clear();
  for (size_t place = index; depth > 0 && place <= last; ++place) {
    switch (rawAt(place).kind) {
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
      ++depth;
      break;
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
      if (--depth == 0)
        index = place + 1;
      break;
    case TokenKind::LeftBrace:
    case TokenKind::RightBrace:
    case TokenKind::Return:
    case TokenKind::Yield:
    case TokenKind::For:
    case TokenKind::EndOfFile:
      return;
    default:
      break;
    }
  }
}

/// At '{': skips to the matching '}', or to what must be the next item.
void Parser::skipBraces() {
  unsigned depth = 0;
  do {
    if (at(TokenKind::LeftBrace))
      ++depth;
    else if (at(TokenKind::RightBrace))
      --depth;
    take();
  } while (depth > 0 && !at(TokenKind::EndOfFile) && !atItem());
}

/// After an error in what comes before a block: moves to its '{' if that is on
/// the same line, so that the block's own errors are found too.
bool Parser::recoverToBlock() {
  recoverBrackets();
  size_t place = index;
  while (rawAt(place).kind != TokenKind::LeftBrace) {
    if (rawAt(place).kind == TokenKind::Newline ||
        rawAt(place).kind == TokenKind::EndOfFile)
      return false;
    ++place;
  }
  index = place;
  return true;
}

bool Parser::tooDeep() {
  if (!stopped && level > ast::maxDepth)
    stop();
  return stopped;
}

/// Reports input that nests too deeply and gives up on the rest of the file.
void Parser::stop() {
  error(token().range, "expected at most " + Twine(ast::maxDepth) +
                           " levels of nesting, but got more");
  stopped = true;
  openBrackets.clear();
  index = tokens.size() - 1;
}
