// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Literals, names, tuples, lists and arguments.

#include "ParserImpl.h"

using namespace sinter;
using namespace sinter::ast;

Expr *Parser::parseAtom() {
  switch (kind()) {
  case TokenKind::LeftParen:
    return parseParenthesized();
  case TokenKind::LeftBracket:
    return parseList();
  case TokenKind::Number:
  case TokenKind::String:
  case TokenKind::Name:
  case TokenKind::DType:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::None:
    return parseLiteral();
  default:
    expected("an expression");
    return nullptr;
  }
}

Expr *Parser::parseLiteral() {
  Token literal = take();
  uint32_t begin = literal.range.begin;
  if (literal.kind == TokenKind::Number) {
    auto *number = program.make<NumberExpr>();
    number->spelling = literal.text;
    number->isInteger = literal.isInteger;
    number->integer = literal.integer;
    number->value = literal.value;
    return finish(number, begin);
  }
  if (literal.kind == TokenKind::String) {
    auto *string = program.make<StringExpr>();
    string->value = literal.text;
    return finish(string, begin);
  }
  if (literal.kind == TokenKind::Name) {
    auto *name = program.make<NameExpr>();
    name->name = literal.text;
    return finish(name, begin);
  }
  if (literal.kind == TokenKind::DType) {
    auto *dtype = program.make<DTypeExpr>();
    dtype->dtype = *dtypeNamed(literal.text);
    return finish(dtype, begin);
  }
  if (literal.kind == TokenKind::None)
    return finish(program.make<NoneExpr>(), begin);
  auto *boolean = program.make<BoolExpr>();
  boolean->value = literal.kind == TokenKind::True;
  return finish(boolean, begin);
}

Expr *Parser::parseParenthesized() {
  uint32_t begin = token().range.begin;
  List<Expr *> elements;
  bool trailingComma = false;
  open(TokenKind::LeftParen, "");
  if (!parseElements(TokenKind::RightParen, elements, &trailingComma))
    return nullptr;
  if (elements.size() == 1 && !trailingComma)
    return finish(elements.front(), begin);
  auto *tuple = program.make<TupleExpr>();
  tuple->elements = program.copy<Expr *>(elements);
  for (const Expr *element : elements)
    if (!checkDepth(*tuple, element))
      return nullptr;
  return finish(tuple, begin);
}

Expr *Parser::parseList() {
  uint32_t begin = token().range.begin;
  List<Expr *> elements;
  bool trailingComma = false;
  open(TokenKind::LeftBracket, "");
  if (!parseElements(TokenKind::RightBracket, elements, &trailingComma))
    return nullptr;
  auto *list = program.make<ListExpr>();
  list->elements = program.copy<Expr *>(elements);
  for (const Expr *element : elements)
    if (!checkDepth(*list, element))
      return nullptr;
  return finish(list, begin);
}

/// Expressions up to and with the closing bracket.
bool Parser::parseElements(TokenKind closing, List<Expr *> &elements,
                           bool *trailingComma) {
  while (!at(closing)) {
    Expr *element = parseExpr();
    if (!element)
      return false;
    elements.push_back(element);
    *trailingComma = takeIf(TokenKind::Comma);
    if (!*trailingComma)
      break;
  }
  return close(closing);
}

bool Parser::parseArgument(Argument &argument) {
  uint32_t begin = token().range.begin;
  if (at(TokenKind::Name) && nextKind() == TokenKind::Assign) {
    Token name = take();
    argument.name = {name.text, name.range};
    take();
    skipNewlines();
  }
  argument.value = parseExpr();
  argument.range = rangeFrom(begin);
  return argument.value != nullptr;
}

/// Arguments separated by commas, with a comma behind the last one or without,
/// until `atEnd` or no comma.
bool Parser::parseArguments(llvm::ArrayRef<Argument> &arguments,
                            llvm::function_ref<bool()> atEnd) {
  List<Argument> parsed;
  while (!atEnd()) {
    if (!parseArgument(parsed.emplace_back()))
      return false;
    if (!takeIf(TokenKind::Comma))
      break;
    skipNewlines();
  }
  arguments = program.copy<Argument>(parsed);
  return true;
}
