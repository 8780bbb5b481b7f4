// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation of expressions: literals, members and calls.
#include "Limits.h"
#include "Loop.h"
#include "Tables.h"
#include "llvm/Support/SaveAndRestore.h"
#include <cmath>

using llvm::dyn_cast;

namespace sinter::capturing {

Value Interpreter::evaluate(const ast::Expr &expr) {
  llvm::SaveAndRestore<unsigned> inside(nesting, nesting + 1);
  if (!mayNest(expr.range))
    return Poison{};
  llvm::SaveAndRestore<mlir::Location> at(graph.location,
                                          session.location(expr.range));
  return checkSize(evaluateUnchecked(expr), expr.range);
}

bool Interpreter::mayNest(SourceRange range) {
  if (nesting > maxNesting)
    session.error(range, "expected at most " + llvm::Twine(maxNesting) +
                             " levels of nesting, through all calls");
  return nesting <= maxNesting;
}

/// The value, unless it is too large to go on with.
Value Interpreter::checkSize(Value value, SourceRange range) {
  if (auto *tensor = value.as<Tensor>()) {
    std::string excess = describeExcess(typeOf(*tensor));
    return excess.empty() ? value : poison(range, excess);
  }
  auto *sequence = value.as<Sequence>();
  if (sequence && sequence->depth > maxSequenceDepth)
    return poison(range, "expected tuples and lists nested at most " +
                             llvm::Twine(maxSequenceDepth) + " deep");
  if (sequence && sequence->leaves > maxItems)
    return poison(range, "expected at most " + llvm::Twine(maxItems) +
                             " values in a tuple or list");
  return value;
}

Value Interpreter::evaluateUnchecked(const ast::Expr &expr) {
  switch (expr.kind) {
  case ast::ExprKind::Number: {
    auto &number = llvm::cast<ast::NumberExpr>(expr);
    return number.isInteger ? Value(number.integer) : Value(number.value);
  }
  case ast::ExprKind::String:
    return llvm::cast<ast::StringExpr>(expr).value.str();
  case ast::ExprKind::Bool:
    return llvm::cast<ast::BoolExpr>(expr).value;
  case ast::ExprKind::None:
    return None{};
  case ast::ExprKind::DType:
    return llvm::cast<ast::DTypeExpr>(expr).dtype;
  case ast::ExprKind::Name:
    return evaluateName(llvm::cast<ast::NameExpr>(expr));
  case ast::ExprKind::Tuple:
    return evaluateItems(llvm::cast<ast::TupleExpr>(expr).elements, false);
  case ast::ExprKind::List:
    return evaluateItems(llvm::cast<ast::ListExpr>(expr).elements, true);
  case ast::ExprKind::Unary:
    return evaluateUnary(llvm::cast<ast::UnaryExpr>(expr));
  case ast::ExprKind::Binary:
    return evaluateBinary(llvm::cast<ast::BinaryExpr>(expr));
  case ast::ExprKind::Conditional: {
    auto &conditional = llvm::cast<ast::ConditionalExpr>(expr);
    auto truth = evaluateCondition(*conditional.condition);
    return truth ? evaluate(*truth ? *conditional.thenValue
                                   : *conditional.elseValue)
                 : Value();
  }
  case ast::ExprKind::Member:
    return evaluateMember(llvm::cast<ast::MemberExpr>(expr));
  case ast::ExprKind::Call:
    return evaluateCall(llvm::cast<ast::CallExpr>(expr));
  case ast::ExprKind::Subscript:
    return subscript(llvm::cast<ast::SubscriptExpr>(expr));
  }
  llvm_unreachable("all kinds of expression are handled");
}

Value Interpreter::evaluateItems(llvm::ArrayRef<ast::Expr *> exprs,
                                 bool isList) {
  std::vector<Value> items;
  for (const ast::Expr *expr : exprs)
    items.push_back(evaluate(*expr));
  return makeSequence(std::move(items), isList);
}

Value Interpreter::evaluateUnary(const ast::UnaryExpr &expr) {
  if (expr.op != ast::UnaryOp::Not)
    return unaryOperator(expr.op, evaluate(*expr.operand), expr.range);
  auto truth = evaluateCondition(*expr.operand);
  return truth ? Value(!*truth) : Value();
}

std::vector<EvaluatedArgument>
Interpreter::evaluate(llvm::ArrayRef<ast::Argument> args) {
  std::vector<EvaluatedArgument> result;
  for (const ast::Argument &argument : args)
    result.push_back(
        {argument.name, evaluate(*argument.value), argument.value->range});
  return result;
}

std::optional<bool> Interpreter::evaluateCondition(const ast::Expr &expr) {
  Value value = evaluate(expr);
  if (value.isNumber())
    return value.toDouble() != 0;
  if (value.is<None>())
    return false;
  if (auto *text = value.as<std::string>())
    return !text->empty();
  if (auto *sequence = value.as<Sequence>())
    return !sequence->items->empty();
  if (!value.isPoison())
    session.error(expr.range, "expected a condition that is known while "
                              "compiling, but got " +
                                  value.describe());
  return std::nullopt;
}

std::optional<int64_t> Interpreter::toInteger(const Value &value,
                                              SourceRange range,
                                              llvm::StringRef what) {
  if (auto *integer = value.as<int64_t>())
    return *integer;
  if (!value.isPoison())
    session.error(range, "expected an integer that is known while compiling "
                         "as " +
                             what + ", but got " + value.describe());
  return std::nullopt;
}

/// Whether a namespace is that of functions, `F` or `nn.functional`.
static bool isFunctional(const ast::Expr &space) {
  if (auto *member = dyn_cast<ast::MemberExpr>(&space))
    return member->member.name == "functional";
  auto *name = dyn_cast<ast::NameExpr>(&space);
  return name && name->name == "F";
}

Value Interpreter::evaluateMember(const ast::MemberExpr &expr) {
  Value object = evaluate(*expr.object);
  const ast::Identifier &member = expr.member;
  if (object.isPoison())
    return object;
  if (object.is<Namespace>()) {
    if (llvm::is_contained({"nn", "functional", "optim", "lr_scheduler",
                            "utils", "rnn", "data"},
                           member.name))
      return object;
    // torch.float is a dtype there; float(x) here is the conversion.
    if (torchDType(member.name))
      return unknownDType(member, expr.range);
    std::optional<Value> value;
    // A function whose name means another one elsewhere.
    if (isFunctional(*expr.object))
      value = lookupBuiltin(("F." + member.name).str());
    if (!value)
      value = lookupBuiltin(member.name);
    return value ? *value : unknownName(member.name, member.range);
  }
  if (auto *instance = object.as<ModulePointer>()) {
    if (auto value = memberOf(*instance, member.name, member.range))
      return *value;
    std::vector<llvm::StringRef> names;
    for (auto &entry : (*instance)->members)
      names.push_back(entry.first);
    if ((*instance)->decl)
      for (const ast::Decl *entry : (*instance)->decl->members)
        names.push_back(entry->name.name);
    return poison(member.range, "module " + (*instance)->typeName +
                                    " has no member '" + member.name + "'" +
                                    didYouMean(member.name, names));
  }
  return methodOf(object, member, expr.range);
}

/// `torch.float32` where a dtype is written f32.
Value Interpreter::unknownDType(const ast::Identifier &name,
                                SourceRange range) {
  const char *meant = nameOf(*torchDType(name.name));
  session
      .error(range, llvm::Twine("expected '") + meant + "', but got '" +
                        session.program.getSource().text(range) + "'")
      .fixIt(range, meant);
  return Poison{};
}

Value Interpreter::methodOf(const Value &object, const ast::Identifier &member,
                            SourceRange range) {
  if (const AttributeRow *attribute = findAttribute(member.name))
    if (object.is<Tensor>() || object.is<Collected>()) {
      Tensor tensor = toTensor(object, range);
      return tensor ? attribute->get(*this, tensor, member.range) : Value();
    }
  if (const Builtin *builtin = findBuiltin(member.name);
      builtin && !builtin->signature.parameters.empty())
    return BuiltinValue{builtin, std::make_shared<const Value>(object)};
  return unknownName(member.name, member.range);
}

Value Interpreter::evaluateCall(const ast::CallExpr &expr) {
  Value callee = evaluate(*expr.callee);
  if (auto *type = callee.as<ObjectClass>();
      type && type->kind->signature.name == "TensorDataset")
    return dataSetOfFunction(expr);
  std::vector<EvaluatedArgument> arguments = evaluate(expr.arguments);
  return call(callee, arguments, expr.range);
}

/// `TensorDataset(f())`: the fn is an entry that training runs once.
Value Interpreter::dataSetOfFunction(const ast::CallExpr &expr) {
  if (expr.arguments.size() == 1)
    if (auto *inner = dyn_cast<ast::CallExpr>(expr.arguments[0].value))
      if (auto *name = dyn_cast<ast::NameExpr>(inner->callee);
          name && inner->arguments.empty())
        if (llvm::isa_and_nonnull<ast::FunctionDecl>(
                session.find(name->name))) {
          Options options{{"entry", Value(name->name.str())}};
          return Object{findObject("TensorDataset"),
                        std::make_shared<const Options>(std::move(options)),
                        expr.range,
                        {}};
        }
  return poison(expr.range, "expected TensorDataset(f()) where f is a fn of "
                            "the file without parameters");
}

static bool anyPoison(llvm::ArrayRef<EvaluatedArgument> arguments) {
  return llvm::any_of(arguments, [](const EvaluatedArgument &argument) {
    return argument.value.isPoison();
  });
}

Value Interpreter::call(const Value &callee,
                        llvm::ArrayRef<EvaluatedArgument> arguments,
                        SourceRange range) {
  if (callee.isPoison() || anyPoison(arguments))
    return Poison{};
  if (auto *function = callee.as<FunctionValue>())
    return callFunction(*function, arguments, range);
  if (auto *builtin = callee.as<BuiltinValue>()) {
    std::vector<EvaluatedArgument> all;
    if (builtin->self)
      all.push_back({{}, *builtin->self, range});
    llvm::append_range(all, arguments);
    return callBuiltin(*builtin->builtin, all, range);
  }
  if (auto *type = callee.as<ClassValue>()) {
    ModulePointer instance = instantiate(*type, arguments, range);
    return instance ? Value(instance) : Value();
  }
  if (auto *instance = callee.as<ModulePointer>())
    return callModule(*instance, arguments, range);
  if (auto *type = callee.as<ObjectClass>()) {
    auto bound =
        bindArguments(session, type->kind->signature, arguments, range);
    if (!bound)
      return Poison{};
    Options options;
    std::map<std::string, SourceRange> places;
    for (auto [parameter, argument] :
         llvm::zip(type->kind->signature.parameters, *bound)) {
      options[parameter.name] = argument.value;
      if (argument.given)
        places[parameter.name] = argument.range;
    }
    return Object{
        type->kind, std::make_shared<const Options>(options), range,
        std::make_shared<const std::map<std::string, SourceRange>>(places)};
  }
  return poison(range, "expected a function or module to call, but got " +
                           callee.describe());
}

} // namespace sinter::capturing
