// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens, numbers, and the directives of a module.
#include "sinter/PTX/Parser.h"
#include "ParserState.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace sinter::ptx;

bool Parser::accept(llvm::StringRef text) {
  if (!is(text))
    return false;
  ++at;
  return true;
}

void Parser::expect(llvm::StringRef text) {
  if (!accept(text))
    expected("'" + text + "'");
}

void Parser::expected(const llvm::Twine &what) {
  std::string got =
      atEnd() ? "the end of the file" : "'" + token().text.str() + "'";
  fail(token().position, "expected " + what + ", but got " + got);
}

void Parser::fail(Position position, const llvm::Twine &message) {
  if (error.empty()) {
    error = message.str();
    errorPosition = position;
  }
  at = tokens.size() - 1;
}

std::string Parser::word(const llvm::Twine &what) {
  if (token().kind != Token::Word) {
    expected(what);
    return "";
  }
  return tokens[at++].text.str();
}

void Parser::skipTo(llvm::StringRef text) {
  while (!atEnd() && !is(text))
    ++at;
  expect(text);
}

void Parser::skipLine() {
  for (unsigned line = token().position.line;
       !atEnd() && token().position.line == line;)
    ++at;
}

void Parser::skipBraces() {
  expect("{");
  for (unsigned depth = 1; depth && !atEnd(); ++at)
    depth += is("{") ? 1 : is("}") ? -1 : 0;
}

/// A number of `digits` hexadecimal digits behind 0f or 0d.
static bool isHexFloat(llvm::StringRef text, char letter, size_t digits) {
  return text.size() == digits + 2 && text[0] == '0' &&
         llvm::toLower(text[1]) == letter;
}

Operand Parser::number() {
  Operand result;
  result.kind = Operand::Immediate;
  result.position = token().position;
  bool negative = false;
  while (is("-") || is("+"))
    negative ^= tokens[at++].text == "-";
  if (token().kind != Token::Number) {
    expected("a number");
    return result;
  }
  llvm::StringRef text = token().text;
  bool valid = true;
  if (isHexFloat(text, 'f', 8) || isHexFloat(text, 'd', 16)) {
    valid = !text.drop_front(2).getAsInteger(16, result.bits);
    result.bits ^= negative ? uint64_t(1) << (text.size() == 10 ? 31 : 63) : 0;
  } else if (text.contains('.')) {
    double value = 0;
    valid = !text.getAsDouble(value);
    result.isDecimal = true;
    result.bits = llvm::bit_cast<uint64_t>(negative ? -value : value);
  } else {
    text.consume_back("U");
    valid = !text.getAsInteger(0, result.bits);
    result.bits = negative ? -result.bits : result.bits;
  }
  if (!valid)
    expected("a number");
  else
    ++at;
  return result;
}

uint64_t Parser::integer() {
  Operand value = number();
  if (value.isDecimal)
    fail(value.position, "expected an integer, but got a fraction");
  return value.bits;
}

// .loc file line column [, function_name label, inlined_at file line column]
void Parser::sourceLocation() {
  auto place = [&] {
    SourceLocation result;
    result.file = integer();
    result.line = integer();
    result.column = integer();
    return result;
  };
  SourceLocation here = place();
  if (accept(",")) {
    expect("function_name");
    word("a label");
    if (accept("+"))
      integer();
    expect(",");
    expect("inlined_at");
    SourceLocation outer = place();
    // The call is a place of an earlier .loc, which knows its own call.
    for (unsigned i = module.locations.size(); --i && !here.inlinedAt;) {
      const SourceLocation &other = module.locations[i];
      if (other.file == outer.file && other.line == outer.line &&
          other.column == outer.column)
        here.inlinedAt = i;
    }
    if (!here.inlinedAt) {
      here.inlinedAt = module.locations.size();
      module.locations.push_back(outer);
    }
  }
  location = module.locations.size();
  module.locations.push_back(here);
}

void Parser::directive() {
  bool isExternal = false;
  while (is(".visible") || is(".extern") || is(".weak") || is(".common"))
    isExternal |= tokens[at++].text == ".extern";
  Space space;
  if (accept(".version")) {
    module.version = token().text.str();
    skipLine();
  } else if (accept(".target")) {
    module.target = token().text.str();
    skipLine();
  } else if (accept(".address_size")) {
    Position position = token().position;
    if (integer() != 64)
      fail(position, "expected addresses of 64 bits");
  } else if (accept(".file")) {
    unsigned number = integer();
    if (token().kind != Token::String)
      return expected("the name of a file");
    module.files[number] = token().text.str();
    skipLine();
  } else if (accept(".loc")) {
    sourceLocation();
  } else if (accept(".section")) {
    word("the name of a section");
    skipBraces();
  } else if (accept(".pragma")) {
    skipTo(";");
  } else if (is(".entry") || is(".func")) {
    parseFunction(tokens[at++].text == ".entry");
  } else if (token().kind == Token::Word && isSpace(token().text, space)) {
    declare(space, isExternal, module.variables);
    expect(";");
  } else if (!accept(";")) {
    expected("a directive");
  }
}

void Parser::parseModule() {
  while (!atEnd())
    directive();
}

std::string sinter::ptx::diagnostic(llvm::StringRef text, llvm::StringRef name,
                                    Position position,
                                    const llvm::Twine &message) {
  llvm::SourceMgr sources;
  unsigned buffer = sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, name), llvm::SMLoc());
  llvm::SMLoc place =
      sources.FindLocForLineAndColumn(buffer, position.line, position.column);
  std::string result;
  llvm::raw_string_ostream stream(result);
  sources.PrintMessage(stream, place, llvm::SourceMgr::DK_Error, message, {},
                       {}, false);
  return result;
}

llvm::Expected<Module> sinter::ptx::parse(llvm::StringRef text,
                                          llvm::StringRef name) {
  Parser parser(tokenize(text), name);
  parser.parseModule();
  if (parser.error.empty())
    return std::move(parser.module);
  return llvm::createStringError(
      llvm::StringRef(
          text.empty()
              ? (name + ": error: " + parser.error).str()
              : diagnostic(text, name, parser.errorPosition, parser.error))
          .rtrim()
          .str());
}
