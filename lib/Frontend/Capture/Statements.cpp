// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements and calls of functions of the file.
#include "Limits.h"
#include "Loop.h"
#include "llvm/Support/SaveAndRestore.h"

using llvm::dyn_cast;

namespace sinter::capturing {

void Interpreter::run(const ast::Block &block) {
  for (const ast::Stmt *stmt : block.statements) {
    if (frame->returned || hasFailed())
      return;
    run(*stmt);
  }
}

/// The name a bare name gives to what it returns.
static std::string nameOfArgument(const ast::Argument &argument) {
  if (argument.name)
    return argument.name.name.str();
  if (auto *name = dyn_cast<ast::NameExpr>(argument.value))
    return name->name.str();
  return "";
}

void Interpreter::run(const ast::Stmt &stmt) {
  llvm::SaveAndRestore<unsigned> inside(nesting, nesting + 1);
  if (!mayNest(stmt.range) || !session.mayRun(stmt.range)) {
    frame->results = {{"", Poison{}, stmt.range}};
    frame->returned = true;
    return;
  }
  switch (stmt.kind) {
  case ast::StmtKind::Return:
    for (const ast::Argument &argument :
         llvm::cast<ast::ReturnStmt>(stmt).values)
      frame->results.push_back({nameOfArgument(argument),
                                evaluate(*argument.value),
                                argument.value->range});
    frame->returned = true;
    return;
  case ast::StmtKind::Yield:
    return runYield(llvm::cast<ast::YieldStmt>(stmt));
  case ast::StmtKind::If: {
    auto &branch = llvm::cast<ast::IfStmt>(stmt);
    if (auto truth = evaluateCondition(*branch.condition))
      run(*truth ? branch.thenBlock : branch.elseBlock);
    return;
  }
  case ast::StmtKind::For:
    return runFor(llvm::cast<ast::ForStmt>(stmt));
  case ast::StmtKind::Assign: {
    auto &assignment = llvm::cast<ast::AssignStmt>(stmt);
    return assign(*assignment.target, evaluate(*assignment.value),
                  assignment.value->range);
  }
  }
}

void Interpreter::bind(llvm::StringRef name, const Value &value) {
  frame->locals[name.str()] = value;
  if (loop && loop->frame == frame)
    loop->unbound.erase(name.str()), loop->boundNames.insert(name.str());
}

/// The buffer of the module whose fn is called, if the name means one.
TensorSlot *Interpreter::bufferNamed(llvm::StringRef name) const {
  TensorSlot *slot = frame->self ? frame->self->tensor(name) : nullptr;
  return slot && slot->isBuffer ? slot : nullptr;
}

/// `buffer = value`: what reads it later in the program sees the new value, and
/// the state has the last one after the call.
void Interpreter::assignBuffer(TensorSlot &buffer, llvm::StringRef name,
                               const Value &value, SourceRange range) {
  bool isExact = value.is<Tensor>() || value.is<Collected>();
  Tensor tensor = toTensor(
      value, range, isExact ? mlir::Type() : buffer.type.getElementType());
  if (!tensor)
    return;
  if (tensor.getType() == buffer.type)
    return writeTensor(buffer, tensor, range);
  session
      .error(range, "expected " + describeType(buffer.type) +
                        " for the buffer '" + name + "', but got " +
                        describeType(tensor.getType()))
      .note(buffer.range, "the type is declared here");
}

void Interpreter::assign(const ast::Pattern &pattern, const Value &value,
                         SourceRange range) {
  if (!pattern.isTuple()) {
    llvm::StringRef name = pattern.name.name;
    if (TensorSlot *buffer = bufferNamed(name))
      assignBuffer(*buffer, name, value, range);
    else if (name != "_")
      bind(name, value);
    return;
  }
  std::vector<Value> items;
  auto *tensor = value.as<Tensor>();
  if (auto *sequence = value.as<Sequence>()) {
    items = *sequence->items;
  } else if (auto *collected = value.as<Collected>()) {
    items = itemsOf(*this, *collected, range);
  } else if (tensor && rankOf(*tensor) &&
             shapeOf(*tensor)[0] == int64_t(pattern.elements.size())) {
    for (int64_t i = 0; i < shapeOf(*tensor)[0]; ++i)
      items.push_back(graph.squeeze(graph.slice(*tensor, 0, i, i + 1), 0));
  } else if (!value.isPoison()) {
    session.error(range, "expected " + llvm::Twine(pattern.elements.size()) +
                             " values to assign, but got " + value.describe());
  }
  bool fits = items.size() == pattern.elements.size();
  if ((value.is<Sequence>() || value.is<Collected>()) && !fits)
    session
        .error(range, "expected " + llvm::Twine(pattern.elements.size()) +
                          " values to assign, but got " +
                          llvm::Twine(items.size()))
        .note(pattern.range, "the names are here");
  for (auto [i, element] : llvm::enumerate(pattern.elements))
    assign(*element, fits ? items[i] : Value(), range);
}

bool Interpreter::bindParameters(const ast::FunctionDecl &decl, Frame &inner,
                                 llvm::ArrayRef<EvaluatedArgument> arguments,
                                 SourceRange range) {
  Signature signature = Signature::of(decl.name.name, decl.params);
  auto bound = bindArguments(session, signature, arguments, range);
  if (!bound)
    return false;
  llvm::SaveAndRestore<Frame *> callee(frame, &inner);
  for (auto [parameter, argument] : llvm::zip(decl.params, *bound)) {
    Value value = argument.value;
    if (!argument.given && parameter.defaultValue)
      value = evaluate(*parameter.defaultValue);
    if (parameter.type)
      value = checkType(value, *parameter.type, argument.range,
                        "'" + parameter.name.name + "' of '" + decl.name.name +
                            "'");
    inner.locals[parameter.name.name.str()] = value;
  }
  return true;
}

Value Interpreter::callFunction(const FunctionValue &function,
                                llvm::ArrayRef<EvaluatedArgument> arguments,
                                SourceRange range,
                                std::vector<ReturnedValue> *results,
                                std::map<std::string, Value> *locals) {
  const ast::FunctionDecl &decl = *function.decl;
  if (depth >= maxCallDepth)
    return poison(range, "calls are nested more than " +
                             llvm::Twine(maxCallDepth) + " deep: does '" +
                             decl.name.name + "' call itself?");
  Frame inner;
  inner.function = &decl;
  inner.self = function.self;
  inner.givesLocals = locals != nullptr;
  if (locals)
    inner.locals = *locals;
  // Defaults may call, too.
  llvm::SaveAndRestore<unsigned> deeper(depth, depth + 1);
  if (!bindParameters(decl, inner, arguments, range))
    return Poison{};
  llvm::SaveAndRestore<Frame *> callee(frame, &inner);
  std::string inside = function.self ? function.self->path : path;
  if (!inside.empty())
    inside += ".";
  llvm::SaveAndRestore<std::string> at(path, inside + decl.name.name.str());
  unsigned before = session.diagnostics.numErrors();
  run(decl.body);
  Value result = finishCall(decl, inner, range);
  if (session.diagnostics.numErrors() != before && depth > 1)
    session.noteCall(range, decl.name.name);
  if (results)
    *results = std::move(inner.results);
  if (locals)
    *locals = std::move(inner.locals);
  return result;
}

/// Checks the declared result and names the values.
Value Interpreter::finishCall(const ast::FunctionDecl &decl, Frame &inner,
                              SourceRange range) {
  auto &values = inner.results;
  if (!inner.returned)
    return poison(decl.name.range,
                  "expected 'return' at the end of '" + decl.name.name + "'");
  if (decl.result) {
    auto &fields = decl.result->fields;
    // One tuple-valued expression may stand for several results.
    if (values.size() == 1 && fields.size() > 1)
      if (auto *sequence = values[0].value.as<Sequence>()) {
        SourceRange at = values[0].range;
        auto items = sequence->items;
        values.clear();
        for (const Value &item : *items)
          values.push_back({"", item, at});
      }
    bool silent = values.size() == 1 && values[0].value.isPoison();
    if (fields.size() != values.size() && !silent)
      return poison(decl.name.range, "expected " + llvm::Twine(fields.size()) +
                                         " results of '" + decl.name.name +
                                         "', but got " +
                                         llvm::Twine(values.size()));
    for (auto [field, value] : llvm::zip(fields, values)) {
      if (field.name)
        value.name = field.name.name.str();
      value.value = checkType(value.value, *field.type, value.range,
                              "the result of '" + decl.name.name + "'");
    }
  }
  if (values.size() == 1)
    return values.front().value;
  std::vector<Value> items;
  for (const ReturnedValue &value : values)
    items.push_back(value.value);
  return makeSequence(std::move(items));
}

} // namespace sinter::capturing
