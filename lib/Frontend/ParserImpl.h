// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recursive-descent parser. A function that returns null or false has
// reported the error; statements and items recover from it, everything inside
// them passes it on.

#ifndef SINTER_LIB_FRONTEND_PARSERIMPL_H
#define SINTER_LIB_FRONTEND_PARSERIMPL_H

#include "sinter/Frontend/Lexer.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace sinter {

class Parser {
public:
  Parser(ast::Program &program, Diagnostics &diagnostics);

  void parseFile();
  ast::Expr *parseLoneExpression();

private:
  template <typename T> using List = llvm::SmallVector<T, 8>;

  // Tokens. Newlines are invisible inside parentheses and brackets.
  const Token &token();
  TokenKind kind() { return token().kind; }
  bool at(TokenKind wanted) { return kind() == wanted; }
  bool atName(llvm::StringRef text);
  /// At two names in a row, the first of which is one of the keywords that
  /// begin an item of the file: never legal inside an item.
  bool atItem();
  const Token &rawAt(size_t place) const;
  /// The kind of the token after the current one.
  TokenKind nextKind();
  Token take();
  bool takeIf(TokenKind wanted);
  bool expect(TokenKind wanted, const llvm::Twine &where);
  bool expectName(ast::Identifier &name, const llvm::Twine &what);
  bool open(TokenKind bracket, const llvm::Twine &where);
  bool close(TokenKind bracket);
  void skipNewlines();
  void skipSeparators(bool commas);
  bool firstOnLine(size_t place) const;
  SourceRange rangeFrom(uint32_t begin) const;

  // Errors and recovery.
  Diagnostic &error(SourceRange range, const llvm::Twine &message);
  Diagnostic &expected(const llvm::Twine &what);
  std::string found();
  std::string habit();
  void recover(size_t start);
  void recoverBrackets();
  void skipBraces();
  bool recoverToBlock();
  bool tooDeep();
  void stop();

  /// Counts one level of recursion while it lives.
  struct Level {
    explicit Level(Parser &parser) : parser(parser) { ++parser.level; }
    ~Level() { --parser.level; }
    Parser &parser;
  };

  // Items (Parser.cpp).
  ast::Decl *parseItem();
  ast::Decl *parseDims();
  ast::Decl *parseConst();
  ast::FunctionDecl *parseFunction();
  ast::Decl *parseModule();
  bool parseModuleValue(ast::ModuleDecl &module);
  ast::Decl *parseMember();
  ast::Decl *parseTensor();
  ast::Decl *parseTrainRun();
  ast::Decl *parseEntry();
  ast::Decl *parseCarry();
  template <typename Node> Node *parseNamedValue(llvm::StringRef what);
  bool parseDecls(llvm::ArrayRef<ast::Decl *> &decls, bool isModule);
  bool parseParams(llvm::ArrayRef<ast::Parameter> &params);
  bool parseParam(ast::Parameter &param);
  bool parseResult(std::optional<ast::Result> &result);
  bool parseField(ast::ResultField &field);
  ast::TypeExpr *parseType();
  ast::TypeExpr *parseTupleType();

  // Statements (ParserStmt.cpp).
  bool parseBlock(ast::Block &block);
  bool missingBrace(SourceRange brace);
  bool atBlockEnd(SourceRange brace, bool &ok);
  ast::Stmt *parseStatement();
  ast::Stmt *parseIf();
  bool isPythonRange(const ast::Expr *bounds);
  ast::Stmt *parseFor(ast::Pattern *target, uint32_t begin);
  ast::Stmt *parseAssign();
  ast::Stmt *parseUnusedValue();
  template <typename Node> ast::Stmt *parseValues();
  bool atPattern();
  ast::Pattern *parsePattern();
  ast::Pattern *parseTarget();

  // Expressions (ParserExpr.cpp).
  ast::Expr *parseExpr();
  ast::Expr *parseBinary(unsigned minPrecedence);
  ast::Expr *parseUnary(bool allowNot);
  ast::Expr *parsePower();
  ast::Expr *parsePostfix();
  ast::Expr *parseMember(ast::Expr *object);
  ast::Expr *parseCall(ast::Expr *callee);
  ast::Expr *parseSubscript(ast::Expr *object);
  bool parseIndex(ast::Index &index);
  bool parseSliceEnd(ast::Expr *&bound);
  ast::Expr *parseAtom();
  ast::Expr *parseLiteral();
  ast::Expr *parseParenthesized();
  ast::Expr *parseList();
  bool parseElements(TokenKind closing, List<ast::Expr *> &elements,
                     bool *trailingComma);
  bool parseArgument(ast::Argument &argument);
  bool parseArguments(llvm::ArrayRef<ast::Argument> &arguments,
                      llvm::function_ref<bool()> atEnd);
  template <typename Node> Node *finish(Node *expr, uint32_t begin);
  template <typename Node>
  Node *finish(Node *expr, uint32_t begin,
               std::initializer_list<const ast::Expr *> operands);
  bool checkDepth(ast::Expr &expr, const ast::Expr *operand);

  struct OpenBracket {
    TokenKind closing;
    SourceRange range;
  };

  ast::Program &program;
  Diagnostics &diagnostics;
  std::vector<Token> tokens;
  size_t index = 0;
  uint32_t previousEnd = 0;
  List<OpenBracket> openBrackets;
  unsigned level = 0;
  unsigned loops = 0;
  /// Set by an error after which nothing can be parsed: the rest is skipped.
  bool stopped = false;
  /// Where the last error was: one error a token is enough.
  size_t lastError = ~size_t(0);
  Diagnostic discarded;
};

template <typename Node> Node *Parser::finish(Node *expr, uint32_t begin) {
  expr->range = rangeFrom(begin);
  return expr;
}

template <typename Node>
Node *Parser::finish(Node *expr, uint32_t begin,
                     std::initializer_list<const ast::Expr *> operands) {
  expr->range = rangeFrom(begin);
  for (const ast::Expr *operand : operands)
    if (!checkDepth(*expr, operand))
      return nullptr;
  return expr;
}

template <typename Node> Node *Parser::parseNamedValue(llvm::StringRef what) {
  auto *decl = program.make<Node>();
  decl->range = token().range;
  if (!expectName(decl->name, what) ||
      !expect(TokenKind::Assign, "after the name '" + decl->name.name + "'"))
    return nullptr;
  skipNewlines();
  if (!(decl->value = parseExpr()))
    return nullptr;
  decl->range = rangeFrom(decl->range.begin);
  return decl;
}

} // namespace sinter

#endif // SINTER_LIB_FRONTEND_PARSERIMPL_H
