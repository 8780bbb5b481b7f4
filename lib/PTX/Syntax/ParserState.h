// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parser: one class, whose parts stand in files by what they read.
#ifndef SINTER_PTX_PARSERSTATE_H
#define SINTER_PTX_PARSERSTATE_H

#include "Lexer.h"

namespace sinter::ptx {

/// A recursive descent. After an error the current token is the end of the
/// text, where every loop stops; so the first error is the one that is told.
class Parser {
public:
  Parser(std::vector<Token> tokens, llvm::StringRef name)
      : tokens(std::move(tokens)) {
    module.name = name.str();
  }

  void parseModule();

  Module module;
  /// Empty unless something is wrong.
  std::string error;
  Position errorPosition;

private:
  // Tokens.
  const Token &token() const { return tokens[at]; }
  bool atEnd() const { return token().kind == Token::End; }
  bool is(llvm::StringRef text) const {
    return (token().kind == Token::Word ||
            token().kind == Token::Punctuation) &&
           token().text == text;
  }
  bool accept(llvm::StringRef text);
  void expect(llvm::StringRef text);
  /// Says what was expected instead of the current token.
  void expected(const llvm::Twine &what);
  void fail(Position position, const llvm::Twine &message);
  std::string word(const llvm::Twine &what);
  void skipTo(llvm::StringRef text);
  void skipLine();
  void skipBraces();

  // Numbers.
  Operand number();
  uint64_t integer();

  // Declarations.
  void declare(Space space, bool isExternal, std::vector<Variable> &variables);
  Variable declarationHead(Space space);
  void declarator(Variable variable, std::vector<Variable> &variables);
  void initialiser(Variable &variable);
  void initialValue(Variable &variable);
  /// Reads the list "(.param …)" of a function.
  std::vector<unsigned> parameterList();
  bool isSpace(llvm::StringRef word, Space &space) const;
  void functionDirectives();
  void parseFunction(bool isEntry);
  void directive();
  void sourceLocation();

  // Bodies.
  void block();
  void statement();
  void localDeclaration();
  void labelled();
  void instruction();
  void call(Instruction &instruction);
  Operand callList();
  Operand operand();
  Operand simpleOperand();
  Operand address();
  Operand list();

  // Names.
  struct Scope {
    unsigned number;
    llvm::StringMap<unsigned> names, ranges;
  };
  /// The variable that `name` means here, or the bare name.
  Reference resolve(llvm::StringRef name) const;
  /// A name that may end in a component: "%v.x".
  void nameOperand(Operand &operand, llvm::StringRef name) const;

  std::vector<Token> tokens;
  size_t at = 0;
  unsigned location = 0;
  Function *function = nullptr;
  std::vector<Scope> scopes;
};

} // namespace sinter::ptx
#endif
