// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which modules and fns of a file are captured.
#include "Entries.h"
#include "llvm/ADT/StringExtras.h"

using llvm::dyn_cast;

namespace sinter::capturing {

void FileCapture::captureFile(Root &file) {
  for (const ast::Decl *item : session.program.items)
    if (auto *function = dyn_cast<ast::FunctionDecl>(item))
      captureFunction(file, *function);
}

bool FileCapture::isWanted(llvm::StringRef entry) {
  knownEntries.push_back(entry.str());
  llvm::StringRef wanted = session.options.entry;
  return wanted.empty() || wanted == entry || wanted == entry.split('.').second;
}

/// "; did you mean 'M.forward'?", or all names.
static std::string suggestEntry(llvm::StringRef wanted,
                                llvm::ArrayRef<std::string> entries) {
  // Last parts alone are names too.
  std::vector<llvm::StringRef> names(entries.begin(), entries.end());
  for (llvm::StringRef entry : entries)
    names.push_back(entry.split('.').second);
  std::string hint = didYouMean(wanted, names);
  if (!hint.empty() || entries.empty())
    return hint;
  return "; there " + std::string(entries.size() == 1 ? "is " : "are ") +
         llvm::join(entries, ", ");
}

void FileCapture::checkEntryExists() {
  llvm::StringRef wanted = session.options.entry;
  if (wanted.empty())
    return;
  std::vector<std::string> matches;
  for (const std::string &entry : knownEntries)
    if (entry == wanted)
      return;
    else if (llvm::StringRef(entry).split('.').second == wanted)
      matches.push_back(entry);
  if (matches.empty())
    session.error({}, "unknown entry '" + wanted + "'" +
                          suggestEntry(wanted, knownEntries));
  if (matches.size() > 1)
    session.error({}, "expected one entry, but '" + wanted + "' is " +
                          matches[0] + " and " + matches[1]);
}

/// Evaluates every const, so that all errors are found.
void FileCapture::checkConstants() {
  Interpreter in(session, firstBinding({}), nullptr, false);
  in.beginFunction("constants", session.location({}));
  for (const ast::Decl *item : session.program.items)
    if (auto *constant = dyn_cast<ast::ConstDecl>(item))
      in.evaluateConst(*constant);
  in.function->erase();
}

std::vector<Root> FileCapture::findRoots() {
  std::vector<Root> roots;
  std::set<std::string> names{"file"};
  for (const ast::Decl *item : session.program.items) {
    auto *block = dyn_cast<ast::TrainRunDecl>(item);
    if (!block)
      continue;
    auto *decl =
        llvm::dyn_cast_or_null<ast::ModuleDecl>(session.find(block->name.name));
    if (!decl) {
      session.error(block->name.range,
                    "expected a module to " +
                        llvm::Twine(block->isTrain ? "train" : "run") +
                        ", but '" + block->name.name + "' is none");
      continue;
    }
    if (!names.insert(block->blockName().str()).second) {
      session.error(block->name.range, "expected another name for this block: "
                                       "add 'as NAME'");
      continue;
    }
    auto settings = readTrainBlock(session, *block);
    // Without its block the module is still captured, for its own errors.
    if (settings || block->arguments.empty())
      roots.push_back({block->blockName().str(), decl, std::move(settings)});
  }
  for (const ast::Decl *item : session.program.items) {
    auto *decl = dyn_cast<ast::ModuleDecl>(item);
    if (!decl || names.count(decl->name.name.str()))
      continue;
    bool complete = llvm::all_of(decl->params, [](const auto &parameter) {
      return parameter.defaultValue != nullptr;
    });
    bool hasEntries = decl->input != nullptr;
    for (const ast::Decl *member : decl->members)
      if (auto *function = dyn_cast<ast::FunctionDecl>(member))
        hasEntries |= isEntry(*function);
    if (complete && hasEntries)
      roots.push_back({decl->name.name.str(), decl, std::nullopt});
  }
  return roots;
}

void FileCapture::run() {
  bool selective = !session.options.entry.empty() || session.options.check;
  if (!selective)
    checkConstants();
  Root file;
  file.name = "file";
  file.layout = layOut(session, "file", nullptr,
                       readOptimizer(session, nullptr)->header, {});
  std::vector<Root> roots = findRoots();
  bool trains = llvm::any_of(roots, [](const Root &root) {
    return root.block && root.block->decl->isTrain;
  });
  if (session.options.check && session.options.cotangents.count("*"))
    return captureGradientChecks(roots, file);
  if (session.options.check && !trains)
    return captureCheck(roots, file);
  captureFile(file);
  for (Root &root : roots)
    if (!selective || wantsAnyOf(root))
      captureRoot(root);
  noteSkipped();
  if (session.options.check)
    return;
  checkEntryExists();
  if (!capturedAny && !session.diagnostics.hasErrors())
    session.error({}, "expected an entry that can be compiled: a fn whose "
                      "parameters have types");
}

/// Whether --entry may name an entry of this root.
bool FileCapture::wantsAnyOf(const Root &root) const {
  auto [first, second] = llvm::StringRef(session.options.entry).split('.');
  return second.empty() || first == root.name;
}

} // namespace sinter::capturing
