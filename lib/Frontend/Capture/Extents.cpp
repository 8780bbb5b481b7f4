// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which dims an entry has, and the extents it is captured for.
#include "Entries.h"

using llvm::dyn_cast;

namespace sinter::capturing {

/// Adds the dims that occur in an expression of a type.
static void collectDims(Session &session, const ast::Expr *expr,
                        std::set<std::string> &dims) {
  if (!expr)
    return;
  if (auto *name = dyn_cast<ast::NameExpr>(expr)) {
    if (session.isDim(name->name))
      dims.insert(name->name.str());
  } else if (auto *unary = dyn_cast<ast::UnaryExpr>(expr)) {
    collectDims(session, unary->operand, dims);
  } else if (auto *binary = dyn_cast<ast::BinaryExpr>(expr)) {
    collectDims(session, binary->lhs, dims);
    collectDims(session, binary->rhs, dims);
  } else if (auto *conditional = dyn_cast<ast::ConditionalExpr>(expr)) {
    collectDims(session, conditional->thenValue, dims);
    collectDims(session, conditional->condition, dims);
    collectDims(session, conditional->elseValue, dims);
  }
}

static void collectDims(Session &session, const ast::TypeExpr &type,
                        std::set<std::string> &dims) {
  for (const ast::Expr *dim : type.dims)
    collectDims(session, dim, dims);
  for (const ast::TypeExpr *element : type.elements)
    collectDims(session, *element, dims);
}

static std::vector<std::string> inOrder(Session &session,
                                        const std::set<std::string> &dims) {
  std::vector<std::string> ordered;
  for (const std::string &dim : session.dims)
    if (dims.count(dim))
      ordered.push_back(dim);
  return ordered;
}

std::vector<std::string> dimsOf(Session &session,
                                llvm::ArrayRef<ast::Parameter> params) {
  std::set<std::string> dims;
  for (const ast::Parameter &parameter : params)
    if (parameter.type)
      collectDims(session, *parameter.type, dims);
  return inOrder(session, dims);
}

std::vector<std::string> dimsOf(Session &session, const ast::TypeExpr &type) {
  std::set<std::string> dims;
  collectDims(session, type, dims);
  return inOrder(session, dims);
}

bool isEntry(const ast::FunctionDecl &decl) {
  return llvm::all_of(decl.params, [](const ast::Parameter &parameter) {
    return parameter.type != nullptr;
  });
}

FileCapture::ExtentChoices
FileCapture::choicesFor(const ExtentChoices &batch) const {
  ExtentChoices choices;
  for (auto &[name, extent] : session.dimDefaults)
    if (extent)
      choices[name] = {*extent};
  for (auto &[name, extents] : session.options.dims)
    choices[name] = extents;
  for (auto &[name, extents] : batch) {
    // The command line adds instances to those of the batches.
    std::vector<int64_t> all = extents;
    if (session.options.dims.count(name))
      llvm::append_range(all, session.options.dims.at(name));
    std::set<int64_t> seen;
    llvm::erase_if(all,
                   [&](int64_t extent) { return !seen.insert(extent).second; });
    choices[name] = all;
  }
  return choices;
}

DimBinding FileCapture::firstBinding(const ExtentChoices &batch) const {
  DimBinding binding;
  for (auto &[name, extents] : choicesFor(batch))
    if (!extents.empty())
      binding[name] = extents.front();
  return binding;
}

void FileCapture::reportUnbound(llvm::StringRef entry, llvm::StringRef dim,
                                SourceRange range) {
  std::string text = "entry '" + entry.str() + "' has no extent for dim '" +
                     dim.str() + "': give one with --dim " + dim.str() + "=N";
  if (session.options.entry.empty())
    skipped.push_back({range, "skipped: " + text, capturedBlock});
  else
    session.error(range, text);
}

/// Tells of entries that were left out, as far as they were asked for.
void FileCapture::noteSkipped() {
  auto isWanted = [&](const Skipped &entry) {
    switch (session.options.skippedNotes) {
    case SkippedNotes::All:
      return true;
    case SkippedNotes::OfBlocks:
      return entry.block != nullptr;
    case SkippedNotes::OfCall:
      return entry.block ? !entry.block->isTrain : !capturedFunction;
    }
    llvm_unreachable("all kinds are handled");
  };
  // Behind errors they would only be in the way.
  if (session.diagnostics.hasErrors())
    return;
  for (const Skipped &entry : skipped)
    if (isWanted(entry))
      session.remark(entry.range, entry.text);
}

std::vector<DimBinding> FileCapture::bindings(llvm::ArrayRef<std::string> dims,
                                              const ExtentChoices &batch,
                                              llvm::StringRef entry,
                                              SourceRange range) {
  ExtentChoices choices = choicesFor(batch);
  std::vector<DimBinding> all{firstBinding(batch)};
  for (const std::string &dim : dims) {
    auto found = choices.find(dim);
    if (found == choices.end()) {
      reportUnbound(entry, dim, range);
      return {};
    }
    std::vector<DimBinding> next;
    for (const DimBinding &binding : all)
      for (int64_t extent : found->second) {
        next.push_back(binding);
        next.back()[dim] = extent;
      }
    all = std::move(next);
  }
  return all;
}

std::optional<std::pair<std::string, int64_t>>
solveForDim(Session &session, const ast::Expr *expr, int64_t extent) {
  using ast::BinaryOp;
  while (auto *binary = dyn_cast<ast::BinaryExpr>(expr)) {
    auto *left = dyn_cast<ast::NumberExpr>(binary->lhs);
    auto *right = dyn_cast<ast::NumberExpr>(binary->rhs);
    auto *number = left ? left : right;
    if (!number || !number->isInteger || std::abs(number->integer) >= 1LL << 40)
      return std::nullopt;
    expr = left ? binary->rhs : binary->lhs;
    if (binary->op == BinaryOp::Add)
      extent -= number->integer;
    else if (binary->op == BinaryOp::Subtract)
      extent = left ? number->integer - extent : extent + number->integer;
    else if (binary->op == BinaryOp::Multiply && number->integer > 0 &&
             extent % number->integer == 0)
      extent /= number->integer;
    else
      return std::nullopt;
  }
  auto *name = dyn_cast<ast::NameExpr>(expr);
  if (!name || !session.isDim(name->name) || extent < 0)
    return std::nullopt;
  return std::make_pair(name->name.str(), extent);
}

/// Binds dims in the types of inputs to the shapes that the caller has, beside
/// extents that they have already.
void FileCapture::bindInputShapes(llvm::ArrayRef<ast::Parameter> params,
                                  ExtentChoices &choices) const {
  const CaptureOptions &options = session.options;
  auto unnamed = options.unnamedInputShapes.begin();
  for (const ast::Parameter &parameter : params) {
    auto named = options.inputShapes.find(parameter.name.name.str());
    const std::vector<int64_t> *given = nullptr;
    if (named != options.inputShapes.end())
      given = &named->second;
    else if (unnamed != options.unnamedInputShapes.end())
      given = &*unnamed++;
    if (!given || !parameter.type ||
        parameter.type->dims.size() != given->size())
      continue;
    for (auto [expr, extent] : llvm::zip(parameter.type->dims, *given))
      if (auto solved = solveForDim(session, expr, extent)) {
        std::vector<int64_t> &extents = choices[solved->first];
        if (!llvm::is_contained(extents, solved->second))
          extents.insert(extents.begin(), solved->second);
      }
  }
}

} // namespace sinter::capturing
