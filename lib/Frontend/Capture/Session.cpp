// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of the file, diagnostics and types.
#include "Session.h"
#include "Tables.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace sinter::capturing {

Session::Session(const ast::Program &program, MLIRContext &context,
                 const CaptureOptions &options, Diagnostics &diagnostics)
    : program(program), context(context), options(options),
      diagnostics(diagnostics),
      module(ModuleOp::create(location(SourceRange{}))) {
  for (const ast::Decl *item : program.items)
    declare(item);
  for (auto &[name, extents] : options.dims)
    if (!isDim(name))
      error({}, "unknown dim '" + name + "' on the command line" +
                    didYouMean(name, names()));
}

void Session::declare(const ast::Decl *decl) {
  auto declareDim = [&](const ast::Dim &dim) {
    if (!dimDefaults.try_emplace(dim.name.name.str(), dim.defaultExtent).second)
      error(dim.name.range, "dim '" + dim.name.name + "' is declared twice");
    else
      dims.push_back(dim.name.name.str());
  };
  if (auto *list = llvm::dyn_cast<ast::DimsDecl>(decl))
    return (void)llvm::for_each(list->dims, declareDim);
  if (llvm::isa<ast::TrainRunDecl>(decl))
    return;
  auto [entry, isNew] = items.try_emplace(decl->name.name, decl);
  if (!isNew)
    error(decl->name.range, "'" + decl->name.name + "' is declared twice")
        .note(entry->second->name.range, "the first one is here");
  else if (findBuiltin(decl->name.name) || findLayer(decl->name.name))
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

bool Session::mayRun(SourceRange range) {
  constexpr int64_t maxStatements = 1 << 20;
  if (++statements == maxStatements)
    error(range, "expected at most " + llvm::Twine(maxStatements) +
                     " statements to run while compiling, with loops and "
                     "calls unrolled");
  return statements < maxStatements;
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

Type Session::defaultFloat() {
  return options.dtype == "f64" ? Type(Float64Type::get(&context))
                                : Type(Float32Type::get(&context));
}

Type Session::elementType(ast::DType dtype, SourceRange range) {
  switch (dtype) {
  case ast::DType::F64:
    return Float64Type::get(&context);
  case ast::DType::F32:
    return defaultFloat();
  case ast::DType::I64:
    return IntegerType::get(&context, 64);
  case ast::DType::I32:
    return IntegerType::get(&context, 32);
  case ast::DType::Bool:
    return IntegerType::get(&context, 1);
  default:
    error(range, "tensors of dtype " + ast::spelling(dtype) +
                     " are not supported yet");
    return {};
  }
}

std::vector<llvm::StringRef> Session::names() const {
  std::vector<llvm::StringRef> all(dims.begin(), dims.end());
  for (auto &entry : items)
    all.push_back(entry.first());
  return all;
}

} // namespace sinter::capturing
