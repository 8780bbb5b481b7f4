// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instances of modules and layers, and the keys of their tensors.
#include "Call.h"
#include "Limits.h"
#include "llvm/Support/SaveAndRestore.h"

using llvm::dyn_cast;

namespace sinter::capturing {

ModulePointer
Interpreter::instantiate(const ClassValue &type,
                         llvm::ArrayRef<EvaluatedArgument> arguments,
                         SourceRange range) {
  if (depth >= maxCallDepth) {
    session.error(range, "modules are nested more than " +
                             llvm::Twine(maxCallDepth) +
                             " deep: does one contain itself?");
    return nullptr;
  }
  if (!mayAddModule(range))
    return nullptr;
  llvm::SaveAndRestore<unsigned> deeper(depth, depth + 1);
  if (type.decl)
    return instantiateDecl(*type.decl, arguments, range);
  if (type.layer->signature.name == "Sequential")
    return makeSequential(arguments, range);
  return instantiateLayer(*type.layer, arguments, range);
}

bool Interpreter::mayAddModule(SourceRange range) {
  if (session.hasTooManyModules)
    return false;
  if (++modules > maxModules) {
    session.error(range, "expected at most " + llvm::Twine(maxModules) +
                             " modules and tensors in a model");
    session.hasTooManyModules = true;
  }
  return !session.hasTooManyModules;
}

ModulePointer
Interpreter::instantiateDecl(const ast::ModuleDecl &decl,
                             llvm::ArrayRef<EvaluatedArgument> arguments,
                             SourceRange range) {
  Signature signature = Signature::of(decl.name.name, decl.params);
  auto bound = bindArguments(session, signature, arguments, range);
  if (!bound)
    return nullptr;
  auto instance = std::make_shared<ModuleInstance>();
  instance->typeName = decl.name.name.str();
  instance->decl = &decl;
  Frame inner;
  inner.self = instance;
  llvm::SaveAndRestore<Frame *> scope(frame, &inner);
  for (auto [parameter, argument] : llvm::zip(decl.params, *bound)) {
    Value value = argument.value;
    if (!argument.given && parameter.defaultValue)
      value = evaluate(*parameter.defaultValue);
    instance->options[parameter.name.name.str()] = value;
  }
  if (!decl.value) {
    for (const ast::Decl *member : decl.members)
      addMember(instance, *member);
    return instance;
  }
  Value value = evaluate(*decl.value);
  auto *made = value.as<ModulePointer>();
  if (!made) {
    if (!value.isPoison())
      session.error(decl.value->range, "expected a module as the value of '" +
                                           decl.name.name + "', but got " +
                                           value.describe());
    return nullptr;
  }
  if (decl.input || decl.result)
    (*made)->signature = &decl;
  return *made;
}

static bool hasTensors(const ModuleInstance &instance) {
  if (!instance.tensors.empty())
    return true;
  return llvm::any_of(instance.members, [](auto &member) {
    auto *inner = member.second.template as<ModulePointer>();
    return inner && hasTensors(**inner);
  });
}

/// A list holds no parameters, as in PyTorch, where they would be missed in
/// silence.
static void checkIsNoList(Session &session, const ast::SubmoduleDecl &submodule,
                          const Value &value) {
  auto *list = value.as<Sequence>();
  if (!list || llvm::none_of(*list->items, [](const Value &item) {
        auto *module = item.as<ModulePointer>();
        return module && hasTensors(**module);
      }))
    return;
  SourceRange range = submodule.value->range;
  Diagnostic &problem = session.error(
      range, "expected a module as '" + submodule.name.name + "', but got " +
                 value.describe() +
                 " modules: a Sequential holds several, and its parts are " +
                 submodule.name.name + "[0], " + submodule.name.name +
                 "[1], … as well");
  llvm::StringRef text = session.program.getSource().text(range);
  if (text.consume_front("[") && text.consume_back("]"))
    problem.fixIt(range, "Sequential(" + text + ")");
}

void Interpreter::addMember(const ModulePointer &instance,
                            const ast::Decl &member) {
  std::string name = member.name.name.str();
  if (auto *submodule = dyn_cast<ast::SubmoduleDecl>(&member)) {
    Value value = evaluate(*submodule->value);
    checkIsNoList(session, *submodule, value);
    instance->members.insert({name, std::move(value)});
    return;
  }
  auto *tensor = dyn_cast<ast::TensorDecl>(&member);
  if (!tensor)
    return;
  mlir::RankedTensorType type = resolveType(*tensor->type);
  if (!type)
    return;
  if (!tensor->isBuffer && type.getElementType() != session.defaultFloat())
    session.error(tensor->type->range,
                  "expected a parameter of f32, but got " + describeType(type));
  auto slot = std::make_shared<TensorSlot>();
  slot->type = type;
  slot->isBuffer = tensor->isBuffer;
  slot->range = member.name.range;
  slot->owner = instance.get();
  if (tensor->init)
    slot->init = {InitKind::Expression, 0, -1, tensor->init};
  if (mayAddModule(member.name.range))
    instance->tensors.insert({name, std::move(slot)});
}

ModulePointer
Interpreter::instantiateLayer(const LayerKind &layer,
                              llvm::ArrayRef<EvaluatedArgument> arguments,
                              SourceRange range) {
  auto bound = bindArguments(session, layer.signature, arguments, range);
  if (!bound)
    return nullptr;
  auto instance = std::make_shared<ModuleInstance>();
  instance->typeName = layer.signature.name;
  instance->layer = &layer;
  for (auto [parameter, argument] :
       llvm::zip(layer.signature.parameters, *bound))
    instance->options[parameter.name] = argument.value;
  if (layer.construct) {
    Call call(*this, layer.signature, std::move(*bound), range, instance.get());
    layer.construct(call);
    if (call.failed())
      return nullptr;
  }
  return instance;
}

ModulePointer
Interpreter::makeSequential(llvm::ArrayRef<EvaluatedArgument> arguments,
                            SourceRange range) {
  auto instance = std::make_shared<ModuleInstance>();
  instance->typeName = "Sequential";
  bool failed = false;
  for (const EvaluatedArgument &argument : arguments) {
    if (!argument.value.is<ModulePointer>()) {
      session.error(argument.range,
                    "expected a module in Sequential, but got " +
                        argument.value.describe());
      failed = true;
    }
    std::string name = argument.name ? argument.name.name.str()
                                     : std::to_string(instance->members.size());
    if (!instance->members.insert({name, argument.value}).second) {
      session.error(argument.range,
                    "'" + llvm::Twine(name) + "' is given twice");
      failed = true;
    }
    instance->places.push_back(argument.range);
  }
  return failed ? nullptr : instance;
}

Value Interpreter::evaluateInitializer(const TensorSlot &slot) {
  Frame inner;
  // The instance outlives the frame: its root holds it.
  inner.self = ModulePointer(slot.owner, [](ModuleInstance *) {});
  llvm::SaveAndRestore<Frame *> scope(frame, &inner);
  return evaluate(*slot.init.expression);
}

/// Names the tensors below; false if there are too many names.
static bool attach(const ModulePointer &instance, const std::string &path,
                   int64_t &keys) {
  constexpr int64_t maxKeys = 1 << 20;
  bool isShared = instance->attached;
  if (!isShared)
    instance->path = path;
  instance->attached = true;
  std::string prefix = path.empty() ? "" : path + ".";
  for (auto &[name, slot] : instance->tensors) {
    if (isShared)
      slot->aliases.push_back(prefix + name);
    else
      slot->key = prefix + name;
  }
  // Modules that share modules have exponentially many names.
  if ((keys += instance->tensors.size() + 1) > maxKeys)
    return false;
  for (auto &[name, member] : instance->members)
    if (auto *inner = member.as<ModulePointer>())
      if (!attach(*inner, prefix + name, keys))
        return false;
  return true;
}

bool attachKeys(Session &session, const ModulePointer &root,
                SourceRange range) {
  int64_t keys = 0;
  if (attach(root, "", keys))
    return true;
  session.error(range, "expected fewer names of shared modules: the state of "
                       "'" +
                           llvm::Twine(root->typeName) + "' has too many");
  return false;
}

static void collect(const ModulePointer &instance, bool buffers,
                    std::set<const ModuleInstance *> &seen,
                    std::vector<SlotPointer> &slots) {
  if (!seen.insert(instance.get()).second)
    return;
  for (auto &[name, slot] : instance->tensors)
    if (slot->isBuffer == buffers)
      slots.push_back(slot);
  for (auto &[name, member] : instance->members)
    if (auto *inner = member.as<ModulePointer>())
      collect(*inner, buffers, seen, slots);
}

std::vector<SlotPointer> collectTensors(const ModulePointer &root) {
  std::vector<SlotPointer> slots;
  for (bool buffers : {false, true}) {
    std::set<const ModuleInstance *> seen;
    collect(root, buffers, seen, slots);
  }
  return slots;
}

} // namespace sinter::capturing
