// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The items of a file: dims, constants, functions, modules, train and run
// blocks.

#include "sinter/Frontend/Parser.h"
#include "ParserImpl.h"
#include "llvm/ADT/StringSwitch.h"

using namespace sinter;
using namespace sinter::ast;
using llvm::StringRef;

std::unique_ptr<Program> sinter::parseProgram(const Source &source,
                                              Diagnostics &diagnostics) {
  auto program = std::make_unique<Program>(source);
  Parser(*program, diagnostics).parseFile();
  return program;
}

Expr *sinter::parseExpression(Program &program, Diagnostics &diagnostics) {
  unsigned before = diagnostics.numErrors();
  Expr *expr = Parser(program, diagnostics).parseLoneExpression();
  return diagnostics.numErrors() == before ? expr : nullptr;
}

void Parser::parseFile() {
  List<Decl *> items;
  skipSeparators(/*commas=*/false);
  while (!at(TokenKind::EndOfFile)) {
    size_t start = index;
    Decl *item = nullptr;
    if (at(TokenKind::RightBrace)) {
      error(token().range, "expected an item, but got a '}' without a '{'");
      while (takeIf(TokenKind::RightBrace))
        ;
    } else if ((item = parseItem())) {
      items.push_back(item);
    } else {
      recover(start);
    }
    skipSeparators(/*commas=*/false);
  }
  program.items = program.copy<Decl *>(items);
}

Decl *Parser::parseItem() {
  if (atName("dim"))
    return parseDims();
  if (atName("const"))
    return parseConst();
  if (atName("fn"))
    return parseFunction();
  if (atName("module"))
    return parseModule();
  if (atName("train") || atName("run"))
    return parseTrainRun();
  Diagnostic &problem =
      expected("'dim', 'const', 'fn', 'module', 'train' or 'run'");
  StringRef meant = closestName(
      token().text, {"dim", "const", "fn", "module", "train", "run"});
  if (at(TokenKind::Name) && !meant.empty())
    problem.fixIt(token().range, meant).message +=
        ("; did you mean '" + meant + "'?").str();
  return nullptr;
}

Decl *Parser::parseDims() {
  auto *dims = program.make<DimsDecl>();
  List<Dim> names;
  uint32_t begin = take().range.begin;
  do {
    skipNewlines();
    Dim &dim = names.emplace_back();
    if (!expectName(dim.name, "the name of a dim"))
      return nullptr;
    if (!takeIf(TokenKind::Assign))
      continue;
    skipNewlines();
    if (!at(TokenKind::Number) || !token().isInteger || token().integer < 1) {
      expected("a positive integer as the default of the dim '" +
               dim.name.name + "'");
      return nullptr;
    }
    dim.defaultExtent = take().integer;
  } while (takeIf(TokenKind::Comma));
  dims->range = rangeFrom(begin);
  dims->dims = program.copy<Dim>(names);
  return dims;
}

Decl *Parser::parseConst() {
  uint32_t begin = take().range.begin;
  auto *constant = parseNamedValue<ConstDecl>("the name of a constant");
  if (constant)
    constant->range.begin = begin;
  return constant;
}

FunctionDecl *Parser::parseFunction() {
  auto *function = program.make<FunctionDecl>();
  uint32_t begin = take().range.begin;
  bool header = expectName(function->name, "the name of a function") &&
                open(TokenKind::LeftParen, "after the name of the function") &&
                parseParams(function->params) && parseResult(function->result);
  if (!header && !recoverToBlock())
    return nullptr;
  if (!parseBlock(function->body) || !header)
    return nullptr;
  function->range = rangeFrom(begin);
  return function;
}

/// Behind the '(': parameters and the ')'.
bool Parser::parseParams(llvm::ArrayRef<Parameter> &params) {
  List<Parameter> parsed;
  if (!at(TokenKind::RightParen)) {
    do {
      if (!parseParam(parsed.emplace_back()))
        return false;
    } while (takeIf(TokenKind::Comma));
  }
  params = program.copy<Parameter>(parsed);
  return close(TokenKind::RightParen);
}

bool Parser::parseParam(Parameter &param) {
  uint32_t begin = token().range.begin;
  if (atName("self")) {
    bool isFirstOfMore = nextKind() == TokenKind::Comma;
    Token self = take();
    error(self.range, "expected no parameter 'self': a fn knows the members "
                      "of its module by their names alone")
        .fixIt({self.range.begin,
                isFirstOfMore ? token().range.end : self.range.end},
               "");
    param.name = {self.text, self.range};
    return true;
  }
  if (!expectName(param.name, "the name of a parameter"))
    return false;
  if (takeIf(TokenKind::Colon) && !(param.type = parseType()))
    return false;
  if (takeIf(TokenKind::Assign)) {
    skipNewlines();
    if (!(param.defaultValue = parseExpr()))
      return false;
  }
  param.range = rangeFrom(begin);
  return true;
}

/// "-> …", or nothing.
bool Parser::parseResult(std::optional<Result> &result) {
  if (!takeIf(TokenKind::Arrow))
    return true;
  skipNewlines();
  uint32_t begin = token().range.begin;
  List<ResultField> fields;
  if (at(TokenKind::LeftParen)) {
    open(TokenKind::LeftParen, "");
    do {
      if (!parseField(fields.emplace_back()))
        return false;
    } while (takeIf(TokenKind::Comma));
    if (!close(TokenKind::RightParen))
      return false;
  } else if (!parseField(fields.emplace_back())) {
    return false;
  }
  result = Result{rangeFrom(begin), program.copy<ResultField>(fields)};
  return true;
}

bool Parser::parseField(ResultField &field) {
  uint32_t begin = token().range.begin;
  if (!openBrackets.empty() && at(TokenKind::Name)) {
    if (!expectName(field.name, "the name of a result") ||
        !expect(TokenKind::Colon, "after the name of a result"))
      return false;
  }
  field.type = parseType();
  field.range = rangeFrom(begin);
  return field.type != nullptr;
}

TypeExpr *Parser::parseType() {
  Level guard(*this);
  if (tooDeep())
    return nullptr;
  if (at(TokenKind::LeftParen))
    return parseTupleType();
  if (!at(TokenKind::DType)) {
    Diagnostic &problem = expected("a type such as f32[N, 10]");
    if (std::optional<DType> meant = torchDType(token().text))
      problem.fixIt(token().range, nameOf(*meant));
    return nullptr;
  }
  auto *type = program.make<TypeExpr>();
  Token dtype = take();
  type->dtype = *dtypeNamed(dtype.text);
  if (at(TokenKind::LeftBracket)) {
    List<Expr *> dims;
    bool trailingComma = false;
    open(TokenKind::LeftBracket, "");
    if (!parseElements(TokenKind::RightBracket, dims, &trailingComma))
      return nullptr;
    type->dims = program.copy<Expr *>(dims);
  }
  type->range = rangeFrom(dtype.range.begin);
  return type;
}

TypeExpr *Parser::parseTupleType() {
  auto *type = program.make<TypeExpr>();
  List<TypeExpr *> elements;
  uint32_t begin = token().range.begin;
  open(TokenKind::LeftParen, "");
  do {
    TypeExpr *element = parseType();
    if (!element)
      return nullptr;
    elements.push_back(element);
  } while (takeIf(TokenKind::Comma));
  if (!close(TokenKind::RightParen))
    return nullptr;
  type->isTuple = true;
  type->elements = program.copy<TypeExpr *>(elements);
  type->range = rangeFrom(begin);
  return type;
}
