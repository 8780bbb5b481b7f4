// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Members of modules, and calls of modules, layers and built-ins.
#include "Call.h"
#include "llvm/Support/SaveAndRestore.h"

namespace sinter::capturing {

std::optional<Value> Interpreter::memberOf(const ModulePointer &instance,
                                           llvm::StringRef name,
                                           SourceRange range) {
  if (TensorSlot *slot = instance->tensor(name))
    return readTensor(*slot, range);
  auto member = instance->members.find(name.str());
  if (member != instance->members.end())
    return member->second;
  if (!instance->decl)
    return std::nullopt;
  if (auto *function = session.functionOf(*instance->decl, name))
    return FunctionValue{function, instance};
  auto option = instance->options.find(name.str());
  if (option != instance->options.end())
    return option->second;
  return std::nullopt;
}

Value Interpreter::callModule(const ModulePointer &instance,
                              llvm::ArrayRef<EvaluatedArgument> arguments,
                              SourceRange range) {
  if (!session.mayRun(range))
    return Poison{};
  const ast::ModuleDecl *signature = instance->signature;
  std::vector<EvaluatedArgument> checked(arguments.begin(), arguments.end());
  if (signature && signature->input && checked.size() == 1) {
    checked[0].value =
        checkType(checked[0].value, *signature->input, checked[0].range,
                  "the input of '" + signature->name.name + "'");
    if (checked[0].value.isPoison())
      return Poison{};
  }
  Value result;
  if (instance->layer) {
    result = callLayer(instance, checked, range);
  } else if (instance->decl) {
    auto forward = memberOf(instance, "forward", range);
    auto *function = forward ? forward->as<FunctionValue>() : nullptr;
    if (!function)
      return poison(range, "module " + instance->typeName +
                               " has no fn 'forward', so it cannot be called");
    result = callFunction(*function, checked, range);
  } else {
    if (checked.size() != 1)
      return poison(range, "expected one argument for Sequential, but got " +
                               llvm::Twine(checked.size()));
    result = callSequential(*instance, checked[0].value, range);
  }
  if (signature && signature->result && signature->result->fields.size() == 1)
    result = checkType(result, *signature->result->fields[0].type, range,
                       "the result of '" + signature->name.name + "'");
  return result;
}

Value Interpreter::callSequential(const ModuleInstance &instance, Value value,
                                  SourceRange range) {
  for (auto [member, place] : llvm::zip(instance.members, instance.places)) {
    auto *inner = member.second.as<ModulePointer>();
    if (!inner || value.isPoison())
      return Poison{};
    unsigned before = session.diagnostics.numErrors();
    llvm::SaveAndRestore<mlir::Location> at(graph.location,
                                            session.location(place));
    value = callModule(*inner, {{{}, value, place}}, place);
    if (session.diagnostics.numErrors() != before)
      session.noteCall(range, instance.typeName);
  }
  return value;
}

Value Interpreter::callLayer(const ModulePointer &instance,
                             llvm::ArrayRef<EvaluatedArgument> arguments,
                             SourceRange range) {
  const LayerKind &layer = *instance->layer;
  if (!instance->tensors.empty() && !instance->attached)
    return poison(range, "a layer with parameters must be a member of a "
                         "module, but " +
                             layer.signature.name +
                             " is made inside a fn or a list");
  llvm::SaveAndRestore<std::string> at(
      path,
      instance->attached ? instance->path : path + "." + layer.signature.name);
  if (!layer.function) {
    auto bound =
        bindArguments(session, layer.forwardSignature, arguments, range);
    if (!bound)
      return Poison{};
    Call call(*this, layer.forwardSignature, std::move(*bound), range,
              instance.get());
    return layer.forward(call);
  }
  std::vector<EvaluatedArgument> all(arguments.begin(), arguments.end());
  for (auto &[name, value] : instance->options)
    if (layer.function->signature.indexOf(name) >= 0)
      all.push_back({{name, range}, value, range});
  if (layer.function->signature.indexOf("training") >= 0)
    all.push_back({{"training", range}, training, range});
  return callBuiltin(*layer.function, all, range);
}

Value Interpreter::callBuiltin(const Builtin &builtin,
                               llvm::ArrayRef<EvaluatedArgument> arguments,
                               SourceRange range, ModuleInstance *self) {
  for (const EvaluatedArgument &argument : arguments)
    if (argument.value.isPoison())
      return Poison{};
  auto bound = bindArguments(session, builtin.signature, arguments, range);
  if (!bound)
    return Poison{};
  llvm::SaveAndRestore<mlir::Location> at(graph.location,
                                          session.location(range));
  Call call(*this, builtin.signature, std::move(*bound), range, self);
  Value result = builtin.build(call);
  return call.failed() ? Value() : result;
}

} // namespace sinter::capturing
