// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model that a compiler describes, and its entries as functions to call.

#include "CompilerImplementation.h"
#include "sinter/Execution/ObjectEmission.h"
#include "sinter/Execution/ProgramEmission.h"
#include "sinter/Execution/TargetMachine.h"
#include "sinter/Pipelines/ModelTable.h"

using namespace mlir;

namespace sinter {

/// Compiles up to the llvm phase, whose description of the model becomes the
/// table.
bool Compiler::Implementation::describe() {
  if (!table.entries.empty())
    return true;
  if (!captureModule())
    return false;
  if (phase == Phase::Graph)
    recordFacts();
  if (!advance(Phase::Llvm))
    return false;
  FailureOr<Model> read = readModelTable(*module);
  if (succeeded(read))
    table = std::move(*read);
  return succeeded(read);
}

/// Loads object code and binds to it the entries that `wanted` accepts.
bool Compiler::Implementation::loadCode(
    llvm::ArrayRef<char> bytes,
    llvm::function_ref<bool(const Entry &)> wanted) {
  auto loaded = loadObject(bytes);
  if (!loaded)
    return fail(llvm::toString(loaded.takeError()));
  object = std::move(*loaded);
  for (Entry &entry : table.entries) {
    if (!wanted(entry))
      continue;
    llvm::Expected<void *> address = object->lookup(entry.symbol);
    if (!address)
      return fail(llvm::toString(address.takeError()));
    entry.function = reinterpret_cast<sinter_entry>(*address);
  }
  return true;
}

/// Binds all entries to the runner.
bool Compiler::Implementation::loadElsewhere(llvm::StringRef bytes) {
  auto created = RemoteObject::create(options.runner, bytes);
  if (!created)
    return fail(llvm::toString(created.takeError()));
  remote = std::move(*created);
  for (Entry &entry : table.entries) {
    const StateTable *state = table.findState(entry.state);
    entry.function = remote->bind(entry, state ? state->bytes : 0);
  }
  return true;
}

const Model *Compiler::describe() {
  Implementation &state = *implementation;
  return reporting(state, [&] { return state.describe(); }) ? &state.table
                                                            : nullptr;
}

const Model *Compiler::load() {
  Implementation &state = *implementation;
  bool isHere = state.options.runner.empty();
  std::string why;
  if (isHere && !runsOnHost(*state.machine, why))
    return fail(why), nullptr;
  std::string bytes;
  bool good = reporting(
      state, [&] { return state.describe() && state.compileObject(bytes); });
  auto all = [](const Entry &) { return true; };
  good = good && (isHere ? state.loadCode({bytes.data(), bytes.size()}, all)
                         : state.loadElsewhere(bytes));
  return good ? &state.table : nullptr;
}

bool Compiler::makeProgram(const std::string &file) {
  const Model *model = describe();
  std::string object, main, why;
  if (!model || !emit("obj", object))
    return false;
  llvm::TargetMachine &machine = *implementation->machine;
  const std::string triple = machine.getTargetTriple().str();
  if (!emitProgramMain(*model, machine, main))
    return fail("the target " + triple + " cannot emit a program");
  return linkProgram({main, object}, triple, file, why) || fail(why);
}

static bool isInitializer(const Entry &entry) {
  return entry.role == EntryRole::Init;
}

/// The target does not matter: initial values have the same bits on all.
bool Compiler::Implementation::compileInitializers(
    llvm::SmallVectorImpl<char> &bytes) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> host =
      createTargetMachine({}, options.optimize);
  if (!host)
    return fail(llvm::toString(host.takeError()));
  std::vector<std::string> symbols;
  for (const Entry &entry : table.entries)
    if (isInitializer(entry))
      symbols.push_back(entry.symbol);
  auto emitted = emitObject(*module, **host, &symbols);
  if (succeeded(emitted))
    bytes.assign(emitted->begin(), emitted->end());
  return succeeded(emitted);
}

const Model *Compiler::loadInitializers() {
  Implementation &state = *implementation;
  llvm::SmallVector<char, 0> bytes;
  bool good = reporting(state, [&] {
    return state.describe() && state.compileInitializers(bytes);
  });
  return good && state.loadCode(bytes, isInitializer) ? &state.table : nullptr;
}

} // namespace sinter
