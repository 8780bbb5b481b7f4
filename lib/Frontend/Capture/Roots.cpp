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

/// `name`, unless something of the user's or another root has it: then with `_`
/// behind it.
static std::string freeName(const Session &session,
                            const std::set<std::string> &roots,
                            llvm::StringRef name) {
  std::string free = name.str();
  while (session.find(free) || roots.count(free))
    free += "_";
  return free;
}

/// The module of a block whose name no other block has; null after an error.
static const ast::ModuleDecl *moduleOf(Session &session,
                                       const ast::TrainRunDecl &block,
                                       std::set<std::string> &names) {
  auto *decl =
      llvm::dyn_cast_or_null<ast::ModuleDecl>(session.find(block.name.name));
  if (!decl) {
    session.error(block.name.range,
                  "expected a module to " +
                      llvm::Twine(block.isTrain ? "train" : "run") + ", but '" +
                      block.name.name + "' is none");
    return nullptr;
  }
  if (names.insert(block.blockName().str()).second)
    return decl;
  session.error(block.name.range, "expected another name for this block: "
                                  "add 'as NAME'");
  return nullptr;
}

static void addBlocks(Session &session, std::vector<Root> &roots) {
  std::set<std::string> names, rootNames;
  for (const ast::Decl *item : session.program.items) {
    auto *block = dyn_cast<ast::TrainRunDecl>(item);
    auto *decl = block ? moduleOf(session, *block, names) : nullptr;
    if (!decl)
      continue;
    auto settings = readTrainBlock(session, *block);
    // A block that is called as another module is not that module.
    std::string name = block->blockName().str();
    if (name != decl->name.name)
      name = freeName(session, rootNames, name);
    rootNames.insert(name);
    // Without its block the module is still captured, for its own errors.
    if (settings || block->arguments.empty())
      roots.push_back({name, decl, std::move(settings)});
  }
}

/// Modules that no block of their name trains or runs.
static void addModules(Session &session, std::vector<Root> &roots) {
  std::set<llvm::StringRef> withBlock;
  for (const ast::Decl *item : session.program.items)
    if (auto *block = dyn_cast<ast::TrainRunDecl>(item);
        block && block->blockName() == block->name.name)
      withBlock.insert(block->name.name);
  for (const ast::Decl *item : session.program.items) {
    auto *decl = dyn_cast<ast::ModuleDecl>(item);
    if (!decl || withBlock.count(decl->name.name))
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
}

std::vector<Root> FileCapture::findRoots() {
  std::vector<Root> roots;
  addBlocks(session, roots);
  addModules(session, roots);
  return roots;
}

void FileCapture::run() {
  std::vector<Root> roots = findRoots();
  std::set<std::string> rootNames;
  for (const Root &root : roots)
    rootNames.insert(root.name);
  Root file;
  file.name = freeName(session, rootNames, "file");
  StateParts parts;
  parts.header = readOptimizer(session, nullptr)->header;
  file.layout = layOut(session, file.name, std::move(parts));
  captureAll(roots, file);
  // Now it is known which parameters are trained.
  for (Root &root : roots)
    if (root.firstEntry)
      emitState(session, root.layout, root.firstEntry);
  if (file.firstEntry)
    emitState(session, file.layout, file.firstEntry);
}

void FileCapture::captureAll(std::vector<Root> &roots, Root &file) {
  bool selective = !session.options.entry.empty() || session.options.check;
  if (!selective)
    checkConstants();
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
