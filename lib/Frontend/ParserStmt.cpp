// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks, statements and patterns.

#include "ParserImpl.h"

using namespace sinter;
using namespace sinter::ast;
using llvm::StringRef;

bool Parser::missingBrace(SourceRange brace) {
  expected("'}'").note(brace, "to match this '{'");
  return false;
}

/// At the end of a block, or where it can only have been forgotten; `ok` is
/// false then.
bool Parser::atBlockEnd(SourceRange brace, bool &ok) {
  if (takeIf(TokenKind::RightBrace))
    return true;
  if (!at(TokenKind::EndOfFile) && !atItem())
    return false;
  ok = missingBrace(brace);
  return true;
}

/// Always leaves behind the block's end; false if the block could not be found
/// or closed. Errors in its statements are no reason to stop.
bool Parser::parseBlock(Block &block) {
  Level guard(*this);
  if (tooDeep())
    return false;
  SourceRange brace = token().range;
  if (!expect(TokenKind::LeftBrace, "at the beginning of a block"))
    return false;
  List<Stmt *> statements;
  bool ok = true;
  for (skipSeparators(false); !atBlockEnd(brace, ok); skipSeparators(false)) {
    size_t start = index;
    if (atName("fn") && nextKind() == TokenKind::Name)
      return missingBrace(brace);
    Stmt *statement = parseStatement();
    if (statement)
      statements.push_back(statement);
    else
      recover(start);
    if (!at(TokenKind::Newline) && !at(TokenKind::Semicolon) &&
        !at(TokenKind::RightBrace) && !at(TokenKind::EndOfFile) && statement) {
      expected("a new line or ';' after the statement");
      recover(start);
    }
  }
  block.range = rangeFrom(brace.begin);
  block.statements = program.copy<Stmt *>(statements);
  return ok;
}

Stmt *Parser::parseStatement() {
  switch (kind()) {
  case TokenKind::Return:
    return parseValues<ReturnStmt>();
  case TokenKind::Yield:
    if (loops == 0)
      error(token().range, "expected 'yield' only inside a 'for', but got it "
                           "outside of one");
    return parseValues<YieldStmt>();
  case TokenKind::If:
    return parseIf();
  case TokenKind::For:
    return parseFor(nullptr, token().range.begin);
  default:
    return atPattern() ? parseAssign() : parseUnusedValue();
  }
}

/// return and yield, without values (return alone) or with some.
template <typename Node> Stmt *Parser::parseValues() {
  auto *statement = program.make<Node>();
  Token keyword = take();
  auto atEnd = [this] {
    return at(TokenKind::Newline) || at(TokenKind::Semicolon) ||
           at(TokenKind::RightBrace) || at(TokenKind::EndOfFile);
  };
  if (std::is_same_v<Node, YieldStmt> && atEnd()) {
    expected("a value after 'yield'");
    return nullptr;
  }
  if (!parseArguments(statement->values, atEnd))
    return nullptr;
  statement->range = rangeFrom(keyword.range.begin);
  return statement;
}

Stmt *Parser::parseIf() {
  Level guard(*this);
  if (tooDeep())
    return nullptr;
  auto *branch = program.make<IfStmt>();
  uint32_t begin = take().range.begin;
  branch->condition = parseExpr();
  if (!branch->condition && !recoverToBlock())
    return nullptr;
  if (!parseBlock(branch->thenBlock))
    return nullptr;
  if (takeIf(TokenKind::Else)) {
    branch->hasElse = true;
    if (at(TokenKind::If)) {
      Stmt *nested = parseIf();
      if (!nested)
        return nullptr;
      branch->elseBlock.range = nested->range;
      branch->elseBlock.statements = program.copy<Stmt *>({nested});
    } else if (!parseBlock(branch->elseBlock)) {
      return nullptr;
    }
  }
  branch->range = rangeFrom(begin);
  return branch;
}

/// Reports `range(n)` where bounds are written `0..n`.
bool Parser::isPythonRange(const Expr *bounds) {
  auto *call = llvm::dyn_cast<CallExpr>(bounds);
  auto *name = call ? llvm::dyn_cast<NameExpr>(call->callee) : nullptr;
  if (at(TokenKind::DotDot) || !name || name->name != "range")
    return false;
  const Source &source = program.getSource();
  Diagnostic &problem =
      error(call->range, "expected bounds such as '0..n', but got '" +
                             source.text(call->range) + "'");
  if (call->arguments.size() == 1)
    problem.fixIt(call->range, "0.." + source.text(call->arguments[0].range));
  if (call->arguments.size() == 2)
    problem.fixIt(call->range, source.text(call->arguments[0].range) + ".." +
                                   source.text(call->arguments[1].range));
  return true;
}

/// At "for"; `begin` is where the statement begins.
Stmt *Parser::parseFor(Pattern *target, uint32_t begin) {
  auto *loop = program.make<ForStmt>();
  loop->target = target;
  take();
  bool header = expectName(loop->variable, "the name of the loop variable") &&
                expect(TokenKind::In, "after the loop variable") &&
                (loop->begin = parseExpr()) && !isPythonRange(loop->begin) &&
                expect(TokenKind::DotDot, "between the bounds of the loop") &&
                (loop->end = parseExpr());
  if (!header && !recoverToBlock())
    return nullptr;
  ++loops;
  bool body = parseBlock(loop->body);
  --loops;
  if (!body)
    return nullptr;
  loop->range = rangeFrom(begin);
  return loop;
}

Stmt *Parser::parseAssign() {
  uint32_t begin = token().range.begin;
  Pattern *target = parsePattern();
  if (!target || !expect(TokenKind::Assign, "after what is assigned to"))
    return nullptr;
  skipNewlines();
  if (at(TokenKind::For))
    return parseFor(target, begin);
  auto *assign = program.make<AssignStmt>();
  assign->target = target;
  if (!(assign->value = parseExpr()))
    return nullptr;
  assign->range = rangeFrom(begin);
  return assign;
}

/// An expression where a statement is expected: an error, with what was most
/// likely meant.
Stmt *Parser::parseUnusedValue() {
  static constexpr TokenKind starts[] = {
      TokenKind::Name,        TokenKind::Number,    TokenKind::String,
      TokenKind::LeftBracket, TokenKind::LeftParen, TokenKind::Minus,
      TokenKind::DType,       TokenKind::Not,       TokenKind::None};
  if (!llvm::is_contained(starts, kind())) {
    expected("a statement");
    return nullptr;
  }
  Expr *value = parseExpr();
  if (!value)
    return nullptr;
  if (at(TokenKind::Assign)) {
    error(value->range, "expected a name or names in front of '=', but got an "
                        "expression");
    return nullptr;
  }
  Diagnostic &problem =
      error(value->range, "expected a statement, but got an expression whose "
                          "value is not used");
  // x.mul_(y): values are pure, so this is x = x.mul(y).
  auto *call = llvm::dyn_cast<CallExpr>(value);
  auto *method = call ? llvm::dyn_cast<MemberExpr>(call->callee) : nullptr;
  auto *object = method ? llvm::dyn_cast<NameExpr>(method->object) : nullptr;
  if (object && method->member.name.size() > 1 &&
      method->member.name.ends_with("_")) {
    uint32_t end = method->member.range.end;
    problem
        .fixIt({value->range.begin, value->range.begin}, object->name + " = ")
        .fixIt({end - 1, end}, "");
  }
  return nullptr;
}

/// Whether what follows is a pattern and '=': looks ahead over names, commas
/// and parentheses.
bool Parser::atPattern() {
  // Bounded, or a file of "a," lines would take quadratic time.
  constexpr size_t longest = 4096;
  unsigned depth = 0;
  bool afterComma = false;
  for (size_t place = index; place < index + longest; ++place) {
    TokenKind next = rawAt(place).kind;
    if (next == TokenKind::LeftParen)
      ++depth;
    else if (next == TokenKind::RightParen && depth > 0)
      --depth;
    else if (next == TokenKind::Newline
                 ? depth == 0 && !afterComma
                 : next != TokenKind::Name && next != TokenKind::Comma)
      return next == TokenKind::Assign && depth == 0 && place > index &&
             rawAt(index + 1).kind != TokenKind::LeftParen;
    if (next != TokenKind::Newline)
      afterComma = next == TokenKind::Comma;
  }
  return false;
}

Pattern *Parser::parsePattern() {
  Level guard(*this);
  if (tooDeep())
    return nullptr;
  uint32_t begin = token().range.begin;
  List<Pattern *> targets;
  do {
    skipNewlines();
    Pattern *target = parseTarget();
    if (!target)
      return nullptr;
    targets.push_back(target);
  } while (takeIf(TokenKind::Comma));
  if (targets.size() == 1)
    return targets.front();
  auto *pattern = program.make<Pattern>();
  pattern->range = rangeFrom(begin);
  pattern->elements = program.copy<Pattern *>(targets);
  return pattern;
}

Pattern *Parser::parseTarget() {
  if (at(TokenKind::LeftParen)) {
    uint32_t begin = token().range.begin;
    open(TokenKind::LeftParen, "");
    Pattern *inner = parsePattern();
    if (!inner || !close(TokenKind::RightParen))
      return nullptr;
    inner->range = rangeFrom(begin);
    return inner;
  }
  auto *pattern = program.make<Pattern>();
  pattern->range = token().range;
  if (!expectName(pattern->name, "a name to assign to"))
    return nullptr;
  return pattern;
}
