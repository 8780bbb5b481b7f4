// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of the file, diagnostics and types.
#include "Session.h"
#include "Limits.h"
#include "Tables.h"
#include "mlir/IR/Builders.h"
#include "sinter/Dialect/NN/IR/ElementTypes.h"

using namespace mlir;

namespace sinter::capturing {

/// Parameters of a fn have names of their own.
static void checkParameters(Session &session,
                            llvm::ArrayRef<ast::Parameter> parameters) {
  llvm::StringMap<SourceRange> places;
  for (const ast::Parameter &parameter : parameters) {
    auto [place, isNew] =
        places.try_emplace(parameter.name.name, parameter.name.range);
    if (!isNew)
      session
          .error(parameter.name.range,
                 "parameter '" + parameter.name.name + "' is declared twice")
          .note(place->second, "the first one is here");
  }
}

/// Parameters of all fns among declarations.
static void checkFunctions(Session &session,
                           llvm::ArrayRef<ast::Decl *> declarations) {
  for (const ast::Decl *decl : declarations)
    if (auto *function = llvm::dyn_cast<ast::FunctionDecl>(decl))
      checkParameters(session, function->params);
}

Session::Session(const ast::Program &program, MLIRContext &context,
                 const CaptureOptions &options, Diagnostics &diagnostics)
    : program(program), context(context), options(options),
      diagnostics(diagnostics),
      module(ModuleOp::create(location(SourceRange{}))) {
  for (const ast::Decl *item : program.items)
    declare(item);
  checkFunctions(*this, program.items);
  for (auto &[name, extents] : options.dims)
    if (!isDim(name))
      error({}, "unknown dim '" + name + "' on the command line" +
                    didYouMean(name, names()));
}

/// Each name of a module stands for one thing: an argument, a tensor, a
/// submodule or a fn. A parameter of a fn hides no buffer.
void Session::checkMembers(const ast::ModuleDecl &decl) {
  llvm::StringMap<SourceRange> places;
  auto add = [&](const ast::Identifier &name) {
    auto [place, isNew] = places.try_emplace(name.name, name.range);
    if (!isNew)
      error(name.range, "'" + name.name + "' is declared twice in this module")
          .note(place->second, "the first one is here");
  };
  llvm::StringMap<SourceRange> buffers;
  for (const ast::Parameter &parameter : decl.params)
    add(parameter.name);
  for (const ast::Decl *member : decl.members) {
    add(member->name);
    auto *tensor = llvm::dyn_cast<ast::TensorDecl>(member);
    if (tensor && tensor->isBuffer)
      buffers[tensor->name.name] = tensor->name.range;
  }
  for (const ast::Decl *member : decl.members)
    if (auto *function = llvm::dyn_cast<ast::FunctionDecl>(member))
      for (const ast::Parameter &parameter : function->params)
        if (auto buffer = buffers.find(parameter.name.name);
            buffer != buffers.end())
          reportHiddenBuffer(parameter.name, buffer->second);
}

void Session::reportHiddenBuffer(const ast::Identifier &name,
                                 SourceRange buffer) {
  error(name.range, "expected another name than '" + name.name +
                        "', which would hide the module's buffer")
      .note(buffer, "the buffer is declared here");
}

void Session::declare(const ast::Decl *decl) {
  auto isTwice = [&](const ast::Identifier &name) {
    auto [place, isNew] = places.try_emplace(name.name, name.range);
    if (!isNew)
      error(name.range, "'" + name.name + "' is declared twice")
          .note(place->second, "the first one is here");
    return !isNew;
  };
  if (auto *list = llvm::dyn_cast<ast::DimsDecl>(decl)) {
    for (const ast::Dim &dim : list->dims)
      if (!isTwice(dim.name)) {
        dimDefaults[dim.name.name.str()] = dim.defaultExtent;
        dims.push_back(dim.name.name.str());
      }
    return;
  }
  if (auto *block = llvm::dyn_cast<ast::TrainRunDecl>(decl))
    return checkFunctions(*this, block->entries);
  if (auto *type = llvm::dyn_cast<ast::ModuleDecl>(decl)) {
    checkMembers(*type);
    checkFunctions(*this, type->members);
  }
  if (isTwice(decl->name))
    return;
  items[decl->name.name] = decl;
  if (findBuiltin(decl->name.name) || findLayer(decl->name.name) ||
      findObject(decl->name.name) || findConstant(decl->name.name))
    warning(decl->name.range,
            "'" + decl->name.name + "' hides the built-in of that name; 'nn." +
                decl->name.name + "' still means the built-in");
}

Diagnostic &Session::error(SourceRange range, const llvm::Twine &message) {
  ++errorsMet;
  if (!range.empty() && !errorPlaces.insert(range.begin).second)
    return repeated = Diagnostic();
  lastError = &diagnostics.error(range, message);
  return *lastError;
}

void Session::rollBack(const Mark &mark) {
  diagnostics.rollBack(mark.diagnostics);
  errorPlaces = mark.errorPlaces;
  remarks = mark.remarks;
  statements = mark.statements;
  errorsMet = mark.errorsMet;
  lastError = mark.lastError;
}

bool Session::mayRun(SourceRange range, int64_t count) {
  if (uint64_t(count) < maxStatements - statements) {
    statements += count;
    return true;
  }
  // What is one too many is reported once and ends all; many at once are not
  // made.
  if (count == 1 && statements < maxStatements)
    statements = maxStatements;
  else if (count == 1)
    return false;
  error(range, "expected at most " + llvm::Twine(maxStatements) +
                   " statements to run while compiling, with loops and "
                   "calls unrolled and each part of a split tensor counted");
  return false;
}

void Session::noteCall(SourceRange range, llvm::StringRef function) {
  constexpr size_t maxNotes = 4;
  if (lastError && lastError->notes.size() < maxNotes)
    lastError->note(range, "in the call of '" + function + "' here");
}

Diagnostic &Session::warning(SourceRange range, const llvm::Twine &message) {
  return diagnostics.warning(range, message);
}

void Session::warnOnce(SourceRange range, const llvm::Twine &message) {
  // Shapes in the message may differ from instance to instance.
  if (remarks.insert("warning at " + std::to_string(range.begin)).second)
    warning(range, message);
}

void Session::remark(SourceRange range, const llvm::Twine &message) {
  if (remarks.insert(message.str()).second)
    diagnostics.warning(range, message).severity = Severity::Note;
}

Location Session::location(SourceRange range) {
  const Source &source = program.getSource();
  LineColumn position = source.position(range.begin);
  return FileLineColLoc::get(&context, source.name(), position.line,
                             position.column);
}

SourceRange Session::rangeAt(Location location) {
  auto place = location->findInstanceOf<FileLineColLoc>();
  if (!place)
    return {};
  uint32_t offset =
      program.getSource().offset({place.getLine(), place.getColumn()});
  return {offset, offset + 1};
}

Type Session::defaultFloat() {
  return elementTypeOf(*dtypeNamed(options.dtype), &context);
}

Type Session::elementType(DType dtype, SourceRange range) {
  if (dtype == DType::F32)
    return defaultFloat();
  if (infoOf(dtype).inModels)
    return elementTypeOf(dtype, &context);
  error(range, llvm::Twine("tensors of dtype ") + nameOf(dtype) +
                   " are not supported yet");
  return {};
}

const ast::FunctionDecl *Session::functionOf(const ast::ModuleDecl &module,
                                             llvm::StringRef name) {
  auto [known, isNew] = functions.try_emplace(&module);
  if (isNew)
    for (const ast::Decl *member : module.members)
      if (auto *function = llvm::dyn_cast<ast::FunctionDecl>(member))
        known->second.try_emplace(function->name.name, function);
  return known->second.lookup(name);
}

std::vector<llvm::StringRef> Session::names() const {
  std::vector<llvm::StringRef> all(dims.begin(), dims.end());
  for (auto &entry : items)
    all.push_back(entry.first());
  return all;
}

} // namespace sinter::capturing
