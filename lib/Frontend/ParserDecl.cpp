// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules, train and run blocks, and what is in them.

#include "ParserImpl.h"

using namespace sinter;
using namespace sinter::ast;

Decl *Parser::parseModule() {
  auto *module = program.make<ModuleDecl>();
  uint32_t begin = take().range.begin;
  bool header = expectName(module->name, "the name of a module");
  if (header && at(TokenKind::LeftParen)) {
    open(TokenKind::LeftParen, "");
    header = parseParams(module->params);
  }
  if (!header && !recoverToBlock())
    return nullptr;
  if (takeIf(TokenKind::Assign)) {
    if (!parseModuleValue(*module))
      return nullptr;
  } else if (!at(TokenKind::LeftBrace)) {
    expected("'{' or '=' after the name of the module");
    return nullptr;
  } else if (!parseDecls(module->members, /*isModule=*/true)) {
    return nullptr;
  }
  module->range = rangeFrom(begin);
  return header ? module : nullptr;
}

/// Behind the '=': `expr [: type -> result]`.
bool Parser::parseModuleValue(ModuleDecl &module) {
  skipNewlines();
  if (!(module.value = parseExpr()))
    return false;
  if (!takeIf(TokenKind::Colon))
    return true;
  if (!(module.input = parseType()))
    return false;
  if (at(TokenKind::Arrow))
    return parseResult(module.result);
  expected("'->' and the result after the input's type");
  return false;
}

/// The members of a module, each on a line of its own, or the entries of a
/// train or run block, between which there may also be commas or nothing.
bool Parser::parseDecls(llvm::ArrayRef<Decl *> &decls, bool isModule) {
  SourceRange brace = token().range;
  if (!expect(TokenKind::LeftBrace, "at the beginning of a block"))
    return false;
  List<Decl *> parsed;
  bool ok = true;
  for (skipSeparators(!isModule); !atBlockEnd(brace, ok);
       skipSeparators(!isModule)) {
    size_t start = index;
    Decl *decl = isModule ? parseMember() : parseEntry();
    if (decl)
      parsed.push_back(decl);
    else
      recover(start);
    if (decl && isModule && !at(TokenKind::Newline) &&
        !at(TokenKind::Semicolon) && !at(TokenKind::RightBrace) &&
        !at(TokenKind::EndOfFile)) {
      expected("a new line or ';' after the member");
      recover(start);
    }
  }
  decls = program.copy<Decl *>(parsed);
  return ok;
}

Decl *Parser::parseMember() {
  bool named = nextKind() == TokenKind::Name;
  if (named && (atName("parameter") || atName("buffer")))
    return parseTensor();
  if (named && atName("fn"))
    return parseFunction();
  return parseNamedValue<SubmoduleDecl>(
      "a parameter, a buffer, a function or a submodule");
}

Decl *Parser::parseTensor() {
  auto *tensor = program.make<TensorDecl>();
  Token keyword = take();
  tensor->isBuffer = keyword.text == "buffer";
  if (!expectName(tensor->name, "the name of a " + keyword.text) ||
      !expect(TokenKind::Colon, "and a type after the name") ||
      !(tensor->type = parseType()))
    return nullptr;
  if (takeIf(TokenKind::Assign)) {
    skipNewlines();
    if (!(tensor->init = parseExpr()))
      return nullptr;
  }
  tensor->range = rangeFrom(keyword.range.begin);
  return tensor;
}

Decl *Parser::parseTrainRun() {
  auto *block = program.make<TrainRunDecl>();
  Token keyword = take();
  block->isTrain = keyword.text == "train";
  bool header = expectName(block->name, "the name of a module");
  if (header && at(TokenKind::LeftParen)) {
    open(TokenKind::LeftParen, "");
    header = parseArguments(block->arguments,
                            [this] { return at(TokenKind::RightParen); }) &&
             close(TokenKind::RightParen);
  }
  if (header && atName("as")) {
    take();
    header = expectName(block->alias, "a name after 'as'");
  }
  if (!header && !recoverToBlock())
    return nullptr;
  if (!parseDecls(block->entries, /*isModule=*/false) || !header)
    return nullptr;
  block->range = rangeFrom(keyword.range.begin);
  return block;
}

Decl *Parser::parseEntry() {
  bool named = nextKind() == TokenKind::Name;
  if (named && atName("carry"))
    return parseCarry();
  if (named && atName("fn"))
    return parseFunction();
  return parseNamedValue<SettingDecl>("a setting, a carry or a function");
}

Decl *Parser::parseCarry() {
  auto *carry = program.make<CarryDecl>();
  uint32_t begin = take().range.begin;
  if (!expectName(carry->name, "the name of a carry") ||
      !expect(TokenKind::Colon, "and a type after the name") ||
      !(carry->type = parseType()) ||
      !expect(TokenKind::Assign, "and the initial value after the type"))
    return nullptr;
  skipNewlines();
  if (!(carry->init = parseExpr()))
    return nullptr;
  carry->range = rangeFrom(begin);
  return carry;
}
