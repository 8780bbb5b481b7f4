// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `sinter compile` gives a C programmer: object, archive, header and
// initial weights in one folder.

#include "Commands.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include "sinter/Execution/HeaderEmission.h"
#include "sinter/Execution/ObjectFile.h"
#include "sinter/Training/Checkpoint.h"
#include "sinter/Training/Settings.h"
#include <filesystem>
#include <fmt/format.h>

namespace sinter::driver {

namespace {

/// A folder that is there while this lives; if it was not before, it goes again
/// unless keep() is called.
class OutputFolder {
public:
  explicit OutputFolder(const std::filesystem::path &path) {
    std::error_code code;
    for (auto at = path; !at.empty() && !std::filesystem::exists(at, code);
         at = at.parent_path())
      created.push_back(at);
    std::filesystem::create_directories(path, code);
    if (!code && !std::filesystem::is_directory(path, code) && !code)
      code = std::make_error_code(std::errc::not_a_directory);
    if (code) {
      remove();
      throw Error(fmt::format("{}: cannot create the folder: {}", path.string(),
                              code.message()));
    }
  }
  ~OutputFolder() { remove(); }
  void keep() { created.clear(); }

private:
  void remove() {
    std::error_code ignored;
    for (const std::filesystem::path &path : created)
      std::filesystem::remove(path, ignored);
  }

  std::vector<std::filesystem::path> created; ///< the innermost first
};

/// One state with its first values.
struct InitialState {
  const StateTable *table;
  AlignedBuffer state;
};

} // namespace

/// The seed of the train block that works on the state, else 0.
static int64_t seedOf(const Model &model, const StateTable &table) {
  for (auto &[name, text] : model.trainBlocks)
    if (Settings settings = parseSettings(text); settings.state == table.name)
      return settings.seed;
  return 0;
}

/// The states that have weights, after their module's `init`.
static std::vector<InitialState>
initialStates(const Model &model, const std::optional<int64_t> &seed) {
  std::vector<InitialState> states;
  for (const StateTable &table : model.states) {
    bool hasWeights = false;
    for (const Segment &segment : table.segments)
      hasWeights |= isWeight(segment.kind);
    const Entry *init = model.findEntry(table.name, EntryRole::Init);
    if (!hasWeights || !init)
      continue;
    AlignedBuffer state = makeState(table, seed ? *seed : seedOf(model, table));
    AlignedBuffer workspace(init->workspaceBytes);
    int32_t status = callEntry(*init, init->instances.front(), nullptr,
                               state.data(), {}, {}, workspace.data());
    if (status != SINTER_OK)
      throw Error(
          fmt::format("{}: {}", init->name, sinter_status_text(status)));
    states.push_back({&table, std::move(state)});
  }
  return states;
}

BundlePlace bundlePlace(const std::string &output, const std::string &file) {
  namespace fs = std::filesystem;
  fs::path folder = output.empty() ? fs::path(file).stem() : fs::path(output);
  // "build/mlp/" is the same folder as "build/mlp".
  folder = fs::path(folder.string() + "/").lexically_normal();
  if (!folder.has_filename())
    folder = folder.parent_path();
  // "." and ".." have names, too.
  std::error_code code;
  fs::path whole = fs::absolute(folder, code).lexically_normal();
  if (code)
    throw Error(fmt::format("{}: cannot create the folder: {}", folder.string(),
                            code.message()));
  if (!whole.has_filename())
    whole = whole.parent_path();
  std::string stem = whole.filename().string();
  if (stem.empty())
    throw UsageError(fmt::format(
        "-o: expected a folder whose name the files get, but got '{}'",
        output));
  return {folder.string(), stem};
}

bool writeBundle(Compiler &compiler, const BundlePlace &place,
                 const InitialWeights &weights) {
  std::string object, archive, error;
  const Model *model =
      weights.wanted ? compiler.loadInitializers() : compiler.describe();
  if (!model || !compiler.emit("obj", object))
    return false;
  if (!makeArchive(place.stem + ".o", object, archive, error))
    throw Error(error);
  std::string header = emitHeader(*model);
  std::vector<InitialState> states;
  if (weights.wanted)
    states = initialStates(*model, weights.seed);
  else if (!model->states.empty())
    fmt::print(stderr,
               "sinter: note: no weights are written: they take running the "
               "dump's code, which --trust allows\n");

  OutputFolder folder(place.folder);
  auto path = [&](const std::string &name) {
    return (std::filesystem::path(place.folder) / name).string();
  };
  FileSet files;
  files.add(path(place.stem + ".o"), {object});
  files.add(path("lib" + place.stem + ".a"), {archive});
  files.add(path(place.stem + ".h"), {header});
  for (const InitialState &initial : states)
    addState(files, *initial.table, initial.state,
             path(place.stem +
                  (states.size() == 1 ? "" : "_" + initial.table->name) +
                  ".safetensors"),
             StateContent::Weights);
  files.commit();
  folder.keep();
  return true;
}

} // namespace sinter::driver
