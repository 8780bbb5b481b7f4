// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parsing of signatures and binding of arguments.
#include "Signature.h"
#include "Session.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

namespace sinter::capturing {

/// The value of a default in a signature's text.
static Value parseDefault(llvm::StringRef text) {
  if (text == "none")
    return None{};
  if (text == "true" || text == "false")
    return text == "true";
  if (text == "inf")
    return HUGE_VAL;
  if (text.consume_front("\"")) {
    text.consume_back("\"");
    return text.str();
  }
  if (text.consume_front("(")) {
    text.consume_back(")");
    llvm::SmallVector<llvm::StringRef> parts;
    text.split(parts, ',', -1, false);
    std::vector<Value> items;
    for (llvm::StringRef part : parts)
      items.push_back(parseDefault(part.trim()));
    return makeSequence(std::move(items));
  }
  int64_t integer;
  if (!text.getAsInteger(10, integer))
    return integer;
  double number = 0;
  text.getAsDouble(number);
  return number;
}

/// Where the parameter that begins at `begin` ends: at a comma that is not in
/// the brackets of its default.
static size_t endOfParameter(llvm::StringRef text, size_t begin) {
  int depth = 0;
  for (size_t at = begin; at < text.size(); ++at) {
    depth += (text[at] == '(') - (text[at] == ')');
    if (depth == 0 && text[at] == ',')
      return at;
  }
  return text.size();
}

Signature Signature::parse(llvm::StringRef text) {
  Signature signature;
  signature.text = text.str();
  auto [name, rest] = text.split('(');
  signature.name = name.str();
  rest.consume_back(")");
  llvm::SmallVector<llvm::StringRef> parts;
  for (size_t begin = 0, end = 0; begin < rest.size(); begin = end + 2) {
    end = endOfParameter(rest, begin);
    parts.push_back(rest.slice(begin, end));
  }
  bool keywordOnly = false;
  for (llvm::StringRef part : parts) {
    if (part == "*") {
      keywordOnly = true;
      continue;
    }
    SignatureParameter parameter;
    parameter.variadic = part.consume_front("*");
    auto [parameterName, defaultText] = part.split('=');
    parameter.name = parameterName.str();
    parameter.keywordOnly = keywordOnly;
    parameter.hasDefault = parameterName.size() != part.size();
    if (parameter.hasDefault)
      parameter.defaultValue = parseDefault(defaultText);
    keywordOnly |= parameter.variadic;
    signature.parameters.push_back(std::move(parameter));
  }
  return signature;
}

Signature Signature::of(llvm::StringRef name,
                        llvm::ArrayRef<ast::Parameter> parameters) {
  Signature signature;
  signature.name = name.str();
  std::vector<std::string> names;
  for (const ast::Parameter &source : parameters) {
    SignatureParameter parameter;
    parameter.name = source.name.name.str();
    parameter.hasDefault = source.defaultValue != nullptr;
    parameter.source = &source;
    names.push_back(parameter.name + (parameter.hasDefault ? "=…" : ""));
    signature.parameters.push_back(std::move(parameter));
  }
  signature.text = signature.name + "(" + llvm::join(names, ", ") + ")";
  return signature;
}

int Signature::indexOf(llvm::StringRef parameter) const {
  for (size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].name == parameter)
      return int(i);
  return -1;
}

namespace {
/// One binding in progress.
class Binder {
public:
  Binder(Session &session, const Signature &signature, SourceRange call)
      : session(session), signature(signature), call(call),
        bound(signature.parameters.size()) {}

  void bindPositional(llvm::ArrayRef<EvaluatedArgument> arguments);
  void bindNamed(llvm::ArrayRef<EvaluatedArgument> arguments);
  void fillDefaults();

  Session &session;
  const Signature &signature;
  SourceRange call;
  std::vector<BoundArgument> bound;
  bool failed = false;

private:
  void error(SourceRange range, const llvm::Twine &message) {
    session.error(range,
                  message + "; the signature is '" + signature.text + "'");
    failed = true;
  }
};
} // namespace

void Binder::bindPositional(llvm::ArrayRef<EvaluatedArgument> arguments) {
  size_t next = 0;
  std::vector<Value> rest;
  for (const EvaluatedArgument &argument : arguments) {
    if (argument.name)
      continue;
    bool fits = next < bound.size() && !signature.parameters[next].keywordOnly;
    if (!fits) {
      size_t most = llvm::count_if(signature.parameters, [](auto &parameter) {
        return !parameter.keywordOnly;
      });
      return error(argument.range, "expected at most " + llvm::Twine(most) +
                                       " positional arguments for '" +
                                       signature.name + "', but got more");
    }
    BoundArgument &slot = bound[next];
    if (signature.parameters[next].variadic) {
      slot.range = slot.given ? slot.range.to(argument.range) : argument.range;
      rest.push_back(argument.value);
    } else {
      slot.value = argument.value;
      slot.range = argument.range;
      ++next;
    }
    slot.given = true;
  }
  if (!rest.empty())
    bound[next].value = makeSequence(std::move(rest), true);
}

void Binder::bindNamed(llvm::ArrayRef<EvaluatedArgument> arguments) {
  std::vector<llvm::StringRef> names;
  for (const SignatureParameter &parameter : signature.parameters)
    names.push_back(parameter.name);
  for (const EvaluatedArgument &argument : arguments) {
    if (!argument.name)
      continue;
    llvm::StringRef name = argument.name.name;
    int index = signature.indexOf(name);
    if (index < 0) // PyTorch takes NumPy's names, too.
      index = signature.indexOf(llvm::StringSwitch<llvm::StringRef>(name)
                                    .Case("axis", "dim")
                                    .Case("keepdims", "keepdim")
                                    .Default({}));
    if (index < 0) {
      error(argument.name.range, "unknown argument '" + name + "' of '" +
                                     signature.name + "'" +
                                     didYouMean(name, names));
      continue;
    }
    if (bound[index].given) {
      error(argument.name.range, "argument '" + name + "' of '" +
                                     signature.name + "' is given twice");
      continue;
    }
    bound[index] = {true, argument.value, argument.range};
  }
}

void Binder::fillDefaults() {
  for (auto [parameter, slot] : llvm::zip(signature.parameters, bound)) {
    if (slot.given)
      continue;
    slot.range = call;
    if (parameter.variadic)
      slot.value = makeSequence({}, true);
    else if (parameter.hasDefault)
      slot.value = parameter.defaultValue;
    else
      error(call, "missing argument '" + parameter.name + "' of '" +
                      signature.name + "'");
  }
}

std::optional<std::vector<BoundArgument>>
bindArguments(Session &session, const Signature &signature,
              llvm::ArrayRef<EvaluatedArgument> arguments, SourceRange call) {
  Binder binder(session, signature, call);
  binder.bindPositional(arguments);
  binder.bindNamed(arguments);
  if (!binder.failed)
    binder.fillDefaults();
  if (binder.failed)
    return std::nullopt;
  return std::move(binder.bound);
}

} // namespace sinter::capturing
