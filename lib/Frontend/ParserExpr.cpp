// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operators, by precedence climbing, and what follows an atom: members, calls
// and subscripts.

#include "ParserImpl.h"

using namespace sinter;
using namespace sinter::ast;
using llvm::StringRef;

namespace {
struct BinaryRule {
  TokenKind token;
  BinaryOp op;
  unsigned precedence;
};
} // namespace

// Between "and" and comparisons is "not", above products the signs and powers.
static constexpr unsigned orPrecedence = 1, notPrecedence = 3,
                          comparePrecedence = 4;

static constexpr BinaryRule binaryRules[] = {
    {TokenKind::Or, BinaryOp::Or, orPrecedence},
    {TokenKind::And, BinaryOp::And, 2},
    {TokenKind::Equal, BinaryOp::Equal, comparePrecedence},
    {TokenKind::NotEqual, BinaryOp::NotEqual, comparePrecedence},
    {TokenKind::LessEqual, BinaryOp::LessEqual, comparePrecedence},
    {TokenKind::GreaterEqual, BinaryOp::GreaterEqual, comparePrecedence},
    {TokenKind::Less, BinaryOp::Less, comparePrecedence},
    {TokenKind::Greater, BinaryOp::Greater, comparePrecedence},
    {TokenKind::Plus, BinaryOp::Add, 5},
    {TokenKind::Minus, BinaryOp::Subtract, 5},
    {TokenKind::Star, BinaryOp::Multiply, 6},
    {TokenKind::SlashSlash, BinaryOp::FloorDivide, 6},
    {TokenKind::Slash, BinaryOp::Divide, 6},
    {TokenKind::Percent, BinaryOp::Modulo, 6},
    {TokenKind::At, BinaryOp::MatMul, 6},
};

static const BinaryRule *findRule(TokenKind token) {
  for (const BinaryRule &rule : binaryRules)
    if (rule.token == token)
      return &rule;
  return nullptr;
}

/// Keeps the depth of the tree: chains like a + b + … are parsed in a loop, but
/// walked by recursion.
bool Parser::checkDepth(Expr &expr, const Expr *operand) {
  if (operand)
    expr.depth = std::max(expr.depth, operand->depth + 1);
  if (expr.depth <= maxDepth)
    return true;
  stop();
  return false;
}

Expr *Parser::parseLoneExpression() {
  skipNewlines();
  Expr *expr = parseExpr();
  skipSeparators(/*commas=*/false);
  if (expr && !at(TokenKind::EndOfFile)) {
    expected("the end of the expression");
    return nullptr;
  }
  return expr;
}

Expr *Parser::parseExpr() {
  Level guard(*this);
  if (tooDeep())
    return nullptr;
  uint32_t begin = token().range.begin;
  Expr *value = parseBinary(orPrecedence);
  if (!value || !takeIf(TokenKind::If))
    return value;
  auto *conditional = program.make<ConditionalExpr>();
  conditional->thenValue = value;
  if (!(conditional->condition = parseBinary(orPrecedence)) ||
      !expect(TokenKind::Else, "after the condition") ||
      !(conditional->elseValue = parseExpr()))
    return nullptr;
  return finish(
      conditional, begin,
      {conditional->thenValue, conditional->condition, conditional->elseValue});
}

Expr *Parser::parseBinary(unsigned minPrecedence) {
  uint32_t begin = token().range.begin;
  Expr *lhs = parseUnary(/*allowNot=*/minPrecedence <= notPrecedence);
  bool compared = false;
  while (lhs) {
    const BinaryRule *rule = findRule(kind());
    if (!rule || rule->precedence < minPrecedence)
      return lhs;
    bool compares = rule->precedence == comparePrecedence;
    if (compares && compared) {
      error(token().range, "expected 'and' between two comparisons, but got '" +
                               token().text + "'");
      return nullptr;
    }
    compared = compares;
    auto *binary = program.make<BinaryExpr>();
    binary->op = rule->op;
    binary->opRange = take().range;
    skipNewlines();
    binary->lhs = lhs;
    if (!(binary->rhs = parseBinary(rule->precedence + 1)))
      return nullptr;
    lhs = finish(binary, begin, {binary->lhs, binary->rhs});
  }
  return nullptr;
}

Expr *Parser::parseUnary(bool allowNot) {
  bool isNot = allowNot && at(TokenKind::Not);
  if (!isNot && !at(TokenKind::Minus) && !at(TokenKind::Plus))
    return parsePower();
  Level guard(*this);
  if (tooDeep())
    return nullptr;
  auto *unary = program.make<UnaryExpr>();
  Token op = take();
  unary->op = isNot                         ? UnaryOp::Not
              : op.kind == TokenKind::Minus ? UnaryOp::Minus
                                            : UnaryOp::Plus;
  unary->opRange = op.range;
  unary->operand = isNot ? parseBinary(notPrecedence) : parseUnary(false);
  if (!unary->operand)
    return nullptr;
  return finish(unary, op.range.begin, {unary->operand});
}

Expr *Parser::parsePower() {
  uint32_t begin = token().range.begin;
  Expr *base = parsePostfix();
  if (!base || !at(TokenKind::StarStar))
    return base;
  Level guard(*this);
  if (tooDeep())
    return nullptr;
  auto *power = program.make<BinaryExpr>();
  power->op = BinaryOp::Power;
  power->opRange = take().range;
  skipNewlines();
  power->lhs = base;
  if (!(power->rhs = parseUnary(/*allowNot=*/false)))
    return nullptr;
  return finish(power, begin, {power->lhs, power->rhs});
}

Expr *Parser::parsePostfix() {
  Expr *expr = parseAtom();
  while (expr) {
    if (at(TokenKind::Dot))
      expr = parseMember(expr);
    else if (at(TokenKind::LeftParen))
      expr = parseCall(expr);
    else if (at(TokenKind::LeftBracket))
      expr = parseSubscript(expr);
    else
      return expr;
  }
  return nullptr;
}

Expr *Parser::parseMember(Expr *object) {
  auto *member = program.make<MemberExpr>();
  take();
  // A dtype after a point is a method: x.bool().
  if (at(TokenKind::DType)) {
    Token name = take();
    member->member = {name.text, name.range};
  } else if (!expectName(member->member, "the name of a member after '.'")) {
    return nullptr;
  }
  member->object = object;
  return finish(member, object->range.begin, {object});
}

Expr *Parser::parseCall(Expr *callee) {
  auto *call = program.make<CallExpr>();
  call->callee = callee;
  open(TokenKind::LeftParen, "");
  if (!parseArguments(call->arguments,
                      [this] { return at(TokenKind::RightParen); }) ||
      !close(TokenKind::RightParen))
    return nullptr;
  for (const Argument &argument : call->arguments)
    if (!checkDepth(*call, argument.value))
      return nullptr;
  return finish(call, callee->range.begin, {callee});
}

Expr *Parser::parseSubscript(Expr *object) {
  auto *subscript = program.make<SubscriptExpr>();
  subscript->object = object;
  List<Index> indices;
  open(TokenKind::LeftBracket, "");
  do {
    if (!parseIndex(indices.emplace_back()))
      return nullptr;
  } while (takeIf(TokenKind::Comma));
  if (!close(TokenKind::RightBracket))
    return nullptr;
  subscript->indices = program.copy<Index>(indices);
  for (const Index &index : indices)
    for (const Expr *part : {index.value, index.start, index.stop, index.step})
      if (!checkDepth(*subscript, part))
        return nullptr;
  return finish(subscript, object->range.begin, {object});
}

bool Parser::parseIndex(Index &index) {
  uint32_t begin = token().range.begin;
  if (takeIf(TokenKind::Ellipsis)) {
    index.kind = IndexKind::Ellipsis;
  } else {
    if (!at(TokenKind::Colon) && !(index.value = parseExpr()))
      return false;
    if (takeIf(TokenKind::Colon)) {
      index.kind = IndexKind::Slice;
      std::swap(index.start, index.value);
      if (!parseSliceEnd(index.stop) ||
          (takeIf(TokenKind::Colon) && !parseSliceEnd(index.step)))
        return false;
    }
  }
  index.range = rangeFrom(begin);
  return true;
}

/// What follows a ':' in a slice, which may be nothing.
bool Parser::parseSliceEnd(Expr *&bound) {
  if (at(TokenKind::Colon) || at(TokenKind::Comma) ||
      at(TokenKind::RightBracket))
    return true;
  return (bound = parseExpr()) != nullptr;
}
