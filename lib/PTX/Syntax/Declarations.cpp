// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables, registers, parameters and the heads of functions.
#include "ParserState.h"
#include "llvm/ADT/StringSwitch.h"

using namespace sinter::ptx;

bool Parser::isSpace(llvm::StringRef word, Space &space) const {
  llvm::StringRef first = word.drop_front().split('.').first;
  space = llvm::StringSwitch<Space>(first)
              .Case("reg", Space::Register)
              .Case("param", Space::Parameter)
              .Case("local", Space::Local)
              .Case("shared", Space::Shared)
              .Case("shared::cta", Space::Shared)
              .Case("global", Space::Global)
              .Case("const", Space::Constant)
              .Default(Space::Generic);
  return word.starts_with(".") && space != Space::Generic;
}

/// Reads ".space .align N .v4 .type" up to the name. Parts may be one word.
Variable Parser::declarationHead(Space space) {
  Variable variable;
  variable.space = space;
  variable.position = token().position;
  uint64_t alignment = 0;
  bool first = true;
  while (token().kind == Token::Word && token().text.starts_with(".")) {
    Position position = token().position;
    llvm::SmallVector<llvm::StringRef> parts;
    tokens[at++].text.drop_front().split(parts, '.');
    for (llvm::StringRef part : parts) {
      if (std::exchange(first, false))
        continue; // the space itself
      if (part == "align" || part == "ptr") {
        if (part == "align")
          alignment = integer();
      } else if (part == "v2" || part == "v4" || part == "v8") {
        variable.vector = part[1] - '0';
      } else if (Type type = Type::named(part)) {
        variable.type = type;
      } else if (Space other; part == "attribute") {
        skipTo(")");
      } else if (!isSpace(("." + part).str(), other)) { // .ptr .global
        fail(position, "expected a type, but got '." + part + "'");
      }
    }
  }
  if (!variable.type)
    expected("a type");
  variable.alignment =
      alignment ? alignment : variable.type.bytes() * variable.vector;
  if (!llvm::isPowerOf2_64(variable.alignment))
    fail(variable.position, "expected an alignment that is a power of two");
  return variable;
}

void Parser::declare(Space space, bool isExternal,
                     std::vector<Variable> &variables) {
  Variable head = declarationHead(space);
  head.isExternal = isExternal;
  do
    declarator(head, variables);
  while (accept(","));
}

/// Reads "name", "name<N>" or "name[N][M] = …".
void Parser::declarator(Variable variable, std::vector<Variable> &variables) {
  variable.position = token().position;
  variable.name = word("a name");
  variable.size = uint64_t(variable.type.bytes()) * variable.vector;
  bool isArray = false;
  if (variable.space == Space::Register && accept("<")) {
    variable.range = integer();
    expect(">");
  }
  while (accept("[")) {
    isArray = true;
    Position position = token().position;
    uint64_t extent = is("]") ? 0 : integer();
    if (extent && variable.size > (uint64_t(1) << 40) / extent)
      fail(position, "expected an array of less than a terabyte");
    variable.size *= extent;
    expect("]");
  }
  if (accept("="))
    initialiser(variable);
  variable.size =
      std::max<uint64_t>(variable.size, variable.initialiser.size());
  variable.isExternal |= isArray && !variable.size;
  if (function && variable.name != "_") {
    Scope &scope = scopes.back();
    (variable.range ? scope.ranges : scope.names)[variable.name] =
        variables.size();
  }
  variables.push_back(std::move(variable));
}

void Parser::initialiser(Variable &variable) {
  if (!accept("{"))
    return initialValue(variable);
  while (!atEnd() && !is("}")) {
    initialiser(variable);
    if (!accept(","))
      break;
  }
  expect("}");
}

void Parser::initialValue(Variable &variable) {
  unsigned bytes = variable.type.bytes();
  uint64_t offset = variable.initialiser.size();
  variable.initialiser.resize(offset + bytes);
  if (token().kind == Token::Word) { // the address of another variable
    std::string symbol = word("a name");
    if (symbol == "generic") {
      expect("(");
      symbol = word("a name");
      expect(")");
    }
    int64_t addend = accept("+") ? integer() : 0;
    variable.relocations.push_back({offset, symbol, addend});
    return;
  }
  Operand value = number();
  if (value.isDecimal && variable.type.bits == 32)
    value.bits =
        llvm::bit_cast<uint32_t>(float(llvm::bit_cast<double>(value.bits)));
  for (unsigned i = 0; i < std::min(bytes, 8u); ++i)
    variable.initialiser[offset + i] = value.bits >> 8 * i;
}

std::vector<unsigned> Parser::parameterList() {
  std::vector<unsigned> result;
  if (!accept("("))
    return result;
  while (!atEnd() && !is(")")) {
    Space space;
    if (token().kind != Token::Word || !isSpace(token().text, space)) {
      expected("a parameter");
      break;
    }
    result.push_back(function->variables.size());
    declarator(declarationHead(space), function->variables);
    if (!accept(","))
      break;
  }
  expect(")");
  return result;
}

/// Reads .maxntid 128, 1, 1 and the like, up to the body.
void Parser::functionDirectives() {
  while (token().kind == Token::Word) {
    std::string name = word("a directive");
    uint64_t product = 1;
    while (token().kind == Token::Number || token().kind == Token::String) {
      if (token().kind == Token::String)
        ++at;
      else
        product *= integer();
      accept(",");
    }
    if (name == ".maxntid")
      function->maximumThreads = product;
    else if (name == ".reqntid")
      function->requiredThreads = product;
    else if (name == ".pragma")
      expect(";");
  }
}

void Parser::parseFunction(bool isEntry) {
  Function result;
  result.isEntry = isEntry;
  function = &result;
  scopes.assign(1, {});
  scopes.back().number = 0;
  result.scopes = {0};
  result.results = parameterList();
  result.position = token().position;
  result.name = word("the name of a function");
  result.parameters = parameterList();
  functionDirectives();
  location = 0;
  if (accept("{")) {
    result.hasBody = true;
    while (!atEnd() && !is("}"))
      statement();
    expect("}");
  } else {
    expect(";");
  }
  function = nullptr;
  scopes.clear();
  // A declaration may stand before the definition.
  for (Function &other : module.functions)
    if (other.name == result.name) {
      if (other.hasBody && result.hasBody)
        return fail(result.position, "expected one body of function '" +
                                         result.name + "', but got two");
      if (result.hasBody)
        other = std::move(result);
      return;
    }
  module.functions.push_back(std::move(result));
}
