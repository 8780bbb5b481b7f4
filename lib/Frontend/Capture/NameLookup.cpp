// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What names mean: local values, declarations of the file, built-ins; and hints
// for those that mean nothing.
#include "Limits.h"
#include "Loop.h"
#include "Tables.h"
#include "llvm/Support/SaveAndRestore.h"

namespace sinter::capturing {

using llvm::dyn_cast;

Value Interpreter::evaluateName(const ast::NameExpr &expr) {
  if (auto value = lookup(expr.name, expr.range))
    return *value;
  return unknownName(expr.name, expr.range);
}

/// A name that steps of loops read before they bind it is carried by them.
void Interpreter::noteRead(const std::string &name) {
  for (LoopBody *body = loop; body && body->frame == frame;
       body = body->around) {
    if (body->boundNames.count(name))
      return;
    if (body->unbound.count(name))
      body->carried.insert(name);
  }
}

std::optional<Value> Interpreter::lookup(llvm::StringRef name,
                                         SourceRange range) {
  if (frame) {
    auto local = frame->locals.find(name.str());
    if (local != frame->locals.end()) {
      noteRead(name.str());
      return local->second;
    }
    if (frame->self)
      if (auto member = memberOf(frame->self, name, range))
        return member;
  }
  return lookupTopLevel(name);
}

std::optional<Value> Interpreter::lookupTopLevel(llvm::StringRef name) {
  if (session.isDim(name)) {
    auto bound = dims.find(name.str());
    if (bound != dims.end())
      return bound->second;
    unboundDim = name.str();
    return Poison{};
  }
  if (const ast::Decl *decl = session.find(name)) {
    if (auto *constant = dyn_cast<ast::ConstDecl>(decl))
      return evaluateConst(*constant);
    if (auto *function = dyn_cast<ast::FunctionDecl>(decl))
      return FunctionValue{function, nullptr};
    return ClassValue{llvm::cast<ast::ModuleDecl>(decl), nullptr};
  }
  if (llvm::is_contained({"nn", "F", "torch", "optim"}, name))
    return Namespace{};
  if (name == "training")
    return training;
  return lookupBuiltin(name);
}

std::optional<Value> Interpreter::lookupBuiltin(llvm::StringRef name) {
  if (const LayerKind *layer = findLayer(name))
    return ClassValue{nullptr, layer};
  if (const Builtin *builtin = findBuiltin(name))
    return BuiltinValue{builtin, nullptr};
  if (const ObjectKind *object = findObject(name))
    return ObjectClass{object};
  if (const ConstantRow *constant = findConstant(name))
    return constant->value(*this);
  return std::nullopt;
}

/// Reports a name of Python or PyTorch that is written otherwise here, with
/// what is meant; false if it is none.
bool Interpreter::reportHabit(llvm::StringRef name, SourceRange range) {
  if (const AbsentRow *row = findAbsent(name)) {
    session.error(range,
                  row->isPlanned
                      ? "'" + name + "' is not supported yet: " + row->reason
                      : "there is no '" + name + "': " + row->reason);
    return true;
  }
  auto replace = [&](llvm::StringRef meant) {
    session.error(range, "expected '" + meant + "', but got '" + name + "'")
        .fixIt(range, meant);
    return true;
  };
  if (name == "True" || name == "False" || name == "None")
    return replace(name == "True"    ? "true"
                   : name == "False" ? "false"
                                     : "none");
  if (std::optional<DType> dtype = torchDType(name))
    return replace(nameOf(*dtype));
  llvm::StringRef base = name.drop_back();
  if (name.ends_with("_") && findBuiltin(base)) {
    session
        .error(range, "values are pure: expected '" + base +
                          "', which gives a new value, but got the in-place '" +
                          name + "'")
        .fixIt(range, base);
    return true;
  }
  if (name != "self")
    return false;
  Diagnostic &problem = session.error(
      range, "unknown name 'self': a fn knows the members of its module by "
             "their names alone");
  SourceRange withDot{range.begin, range.end + 1};
  if (session.program.getSource().text(withDot) == "self.")
    problem.fixIt(withDot, "");
  return true;
}

Value Interpreter::unknownName(llvm::StringRef name, SourceRange range) {
  if (reportHabit(name, range))
    return Poison{};
  std::vector<llvm::StringRef> candidates = session.names();
  llvm::append_range(candidates, builtinNames());
  if (frame) {
    for (auto &local : frame->locals)
      candidates.push_back(local.first);
    if (frame->self) {
      for (auto &member : frame->self->members)
        candidates.push_back(member.first);
      for (auto &tensor : frame->self->tensors)
        candidates.push_back(tensor.first);
      if (frame->self->decl)
        for (const ast::Decl *member : frame->self->decl->members)
          candidates.push_back(member->name.name);
    }
  }
  return poison(range,
                "unknown name '" + name + "'" + didYouMean(name, candidates));
}

Value Interpreter::evaluateConst(const ast::ConstDecl &decl) {
  auto [entry, isNew] = constants.try_emplace(&decl);
  if (!isNew)
    return entry->second;
  // Constants see neither locals nor members, and draw by their own name.
  llvm::SaveAndRestore<Frame *> noFrame(frame, nullptr);
  llvm::SaveAndRestore<std::string> noPath(path,
                                           "const " + decl.name.name.str());
  llvm::SaveAndRestore<const ast::ConstDecl *> inside(currentConst, &decl);
  // And stand before loops that read them.
  llvm::SaveAndRestore<DrawTime> noTime(drawTime, DrawTime());
  llvm::SaveAndRestore<mlir::OpBuilder> outside(graph.builder,
                                                graphBeforeLoops().builder);
  llvm::SaveAndRestore<LoopBody *> noLoop(loop, nullptr);
  Value value = evaluate(*decl.value);
  constants[&decl] = value;
  return value;
}

} // namespace sinter::capturing
