// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands in the body of a function.
#include "ParserState.h"
#include "llvm/ADT/StringExtras.h"

using namespace sinter::ptx;

void Parser::block() {
  Scope scope;
  scope.number = function->scopes.size();
  function->scopes.push_back(scopes.back().number);
  scopes.push_back(std::move(scope));
  while (!atEnd() && !is("}"))
    statement();
  expect("}");
  scopes.pop_back();
}

void Parser::statement() {
  if (accept("{"))
    return block();
  if (accept(";"))
    return;
  if (accept(".loc"))
    return sourceLocation();
  if (accept(".pragma"))
    return skipTo(";");
  if (token().kind == Token::Word && token().text.starts_with("."))
    return localDeclaration();
  if (token().kind == Token::Word && tokens[at + 1].text == ":")
    return labelled();
  instruction();
}

void Parser::localDeclaration() {
  Space space;
  if (!isSpace(token().text, space))
    return expected("a declaration");
  if (space == Space::Global || space == Space::Constant)
    return expected("a variable in .reg, .local, .param or .shared");
  declare(space, false, function->variables);
  expect(";");
}

/// A label, or what is called by one.
void Parser::labelled() {
  std::string name = word("a label");
  expect(":");
  if (accept(".branchtargets") || accept(".calltargets")) {
    std::vector<std::string> &targets = function->targets[name];
    do
      targets.push_back(word("a label"));
    while (accept(","));
    expect(";");
  } else if (accept(".callprototype")) {
    skipTo(";");
  } else {
    function->labels.push_back(
        {name, scopes.back().number, unsigned(function->body.size())});
  }
}

void Parser::instruction() {
  Instruction result;
  result.location = location;
  result.scope = scopes.back().number;
  if (accept("@")) {
    result.hasGuard = true;
    result.guard = operand();
  }
  result.position = token().position;
  llvm::SmallVector<llvm::StringRef> parts;
  std::string spelling = word("an instruction");
  llvm::StringRef(spelling).split(parts, '.');
  result.opcode = parts[0].str();
  for (llvm::StringRef modifier : llvm::ArrayRef(parts).drop_front())
    result.modifiers.push_back(modifier.str());
  if (result.opcode == "call") {
    call(result);
  } else if (!is(";")) {
    do
      result.operands.push_back(operand());
    while (accept(","));
  }
  expect(";");
  function->body.push_back(std::move(result));
}

// call (results), callee, (arguments), prototype;
void Parser::call(Instruction &instruction) {
  instruction.operands.push_back(callList());
  accept(",");
  instruction.operands.push_back(operand());
  accept(",");
  instruction.operands.push_back(callList());
  if (accept(","))
    word("a prototype");
}

Operand Parser::callList() {
  Operand result;
  result.kind = Operand::Vector;
  result.position = token().position;
  if (!accept("("))
    return result;
  if (accept(")"))
    return result;
  do
    result.elements.push_back(operand());
  while (accept(","));
  expect(")");
  return result;
}

Operand Parser::operand() {
  Operand first = simpleOperand();
  if (!accept("|"))
    return first;
  Operand pair;
  pair.kind = Operand::Pair;
  pair.position = first.position;
  pair.elements = {first, simpleOperand()};
  return pair;
}

Operand Parser::simpleOperand() {
  Operand result;
  result.position = token().position;
  if (accept("!")) {
    result = simpleOperand();
    result.negated = true;
  } else if (is("{")) {
    result = list();
  } else if (is("[")) {
    result = address();
  } else if (accept("_")) {
    result.kind = Operand::Discard;
  } else if (token().kind == Token::Word) {
    result.kind = Operand::Name;
    nameOperand(result, tokens[at++].text);
    if (is("+"))
      result.offset = integer();
  } else {
    if (token().kind != Token::Number && !is("-") && !is("+"))
      expected("an operand");
    else
      result = number();
  }
  return result;
}

Operand Parser::list() {
  Operand result;
  result.kind = Operand::Vector;
  result.position = token().position;
  expect("{");
  do
    result.elements.push_back(operand());
  while (accept(","));
  expect("}");
  return result;
}

Operand Parser::address() {
  Operand result;
  result.kind = Operand::Address;
  result.position = token().position;
  expect("[");
  if (token().kind == Token::Word)
    nameOperand(result, tokens[at++].text);
  else
    result.offset = integer();
  while (is("+") || is("-"))
    result.offset += int64_t(integer());
  if (accept(",")) // the coordinates of a tensor
    result.elements.push_back(operand());
  expect("]");
  return result;
}

Reference Parser::resolve(llvm::StringRef name) const {
  Reference result;
  result.name = name.str();
  llvm::StringRef prefix = name.rtrim("0123456789");
  unsigned number = 0;
  bool hasNumber = !name.substr(prefix.size()).getAsInteger(10, number);
  for (const Scope &scope : llvm::reverse(scopes)) {
    if (auto found = scope.names.find(name); found != scope.names.end()) {
      result.variable = found->second;
      return result;
    }
    auto found = hasNumber ? scope.ranges.find(prefix) : scope.ranges.end();
    if (found != scope.ranges.end() &&
        number < function->variables[found->second].range) {
      result.variable = found->second;
      result.element = number;
      return result;
    }
  }
  return result;
}

void Parser::nameOperand(Operand &operand, llvm::StringRef name) const {
  operand.reference = resolve(name);
  if (operand.reference.variable >= 0)
    return;
  auto [base, component] = name.rsplit('.');
  size_t index = component.size() != 1
                     ? llvm::StringRef::npos
                     : llvm::StringRef("xyzwrgba").find(component[0]);
  Reference vector = resolve(base);
  if (index == llvm::StringRef::npos || vector.variable < 0)
    return;
  operand.reference = vector;
  operand.component = index % 4;
}
